//! Arguments of a root field, as the schema coerced them.

use apollo_compiler::response::JsonMap;
use apollo_compiler::response::serde_json_bytes::{self, Value};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, Unexpected, Visitor};

use super::error::FieldError;

/// Arguments by name. Defaults are filled in, required ones are present, enum values are strings;
/// the content of the custom scalar `Long` is the only thing that the schema does not check.
#[derive(Clone, Debug, Default)]
pub struct Arguments(JsonMap);

impl Arguments {
    pub(crate) fn new(values: JsonMap) -> Self {
        Self(values)
    }

    /// An argument as `T`; an absent one is read like null, so optional ones are `Option`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the argument, when the value is none of `T`.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, FieldError> {
        let value = self.0.get(name).cloned().unwrap_or(Value::Null);
        serde_json_bytes::from_value(value)
            .map_err(|error| FieldError::invalid(format!("argument {name}: {error}")))
    }
}

/// Input of the scalar `Long`: a JSON integer or a decimal string of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Long(pub i64);

impl<'de> Deserialize<'de> for Long {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Integer;
        impl Visitor<'_> for Integer {
            type Value = Long;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a 64-bit integer")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Long, E> {
                Ok(Long(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Long, E> {
                let wrong = |_| E::invalid_value(Unexpected::Unsigned(value), &self);
                i64::try_from(value).map(Long).map_err(wrong)
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Long, E> {
                let wrong = |_| E::invalid_value(Unexpected::Str(value), &self);
                value.parse().map(Long).map_err(wrong)
            }
        }
        deserializer.deserialize_any(Integer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(json: &str) -> Arguments {
        Arguments::new(serde_json::from_str(json).expect("json"))
    }

    #[test]
    fn absent_and_null_are_none() {
        let arguments = arguments(r#"{"keyword": null, "limit": 20}"#);
        assert_eq!(arguments.get::<Option<String>>("keyword"), Ok(None));
        assert_eq!(arguments.get::<Option<String>>("layer"), Ok(None));
        assert_eq!(arguments.get::<i32>("limit"), Ok(20));
    }

    #[test]
    fn a_wrong_value_names_its_argument() {
        let error = arguments(r#"{"start": "soon"}"#).get::<Long>("start").expect_err("no number");
        assert!(error.message.starts_with("argument start: "), "{error}");
        assert!(error.message.contains("64-bit integer"), "{error}");
    }

    #[test]
    fn a_long_may_be_a_string() {
        let arguments = arguments(r#"{"a": "1569124528392", "b": -1, "c": 18446744073709551615}"#);
        assert_eq!(arguments.get("a"), Ok(Long(1_569_124_528_392)));
        assert_eq!(arguments.get("b"), Ok(Long(-1)));
        assert!(arguments.get::<Long>("c").is_err());
    }
}
