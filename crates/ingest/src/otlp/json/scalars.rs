//! Numbers, names, ids and bytes as senders write them.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// A whole number, written as one or as text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Whole(pub(super) i128);

impl Whole {
    pub(super) fn unsigned(number: Option<Self>) -> u64 {
        number.map_or(0, |number| number.0.clamp(0, u64::MAX.into()) as u64)
    }

    pub(super) fn small(number: Option<Self>) -> u32 {
        number.map_or(0, |number| number.0.clamp(0, u32::MAX.into()) as u32)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or one as text")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Whole, E> {
                Ok(Whole(number.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number.into()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole, E> {
                match number.fract() == 0.0 {
                    true => Ok(Whole(number as i128)),
                    false => Err(E::invalid_value(de::Unexpected::Float(number), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Whole, E> {
                let number = text.trim().parse().map(Whole);
                number.map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// One of several names, written as its number or as text.
struct Choice(&'static [&'static str]);

impl Visitor<'_> for Choice {
    type Value = i32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or the name of one")
    }

    fn visit_u64<E>(self, number: u64) -> Result<i32, E> {
        Ok(i32::try_from(number).unwrap_or(0))
    }

    fn visit_i64<E>(self, number: i64) -> Result<i32, E> {
        Ok(i32::try_from(number).unwrap_or(0))
    }

    fn visit_str<E>(self, name: &str) -> Result<i32, E> {
        Ok(self.0.iter().position(|known| *known == name).unwrap_or(0) as i32)
    }
}

/// A kind of span.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kind(pub(super) i32);

/// In the order of their numbers.
const KINDS: [&str; 6] = [
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Choice(&KINDS)).map(Self)
    }
}

/// A status code.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Code(pub(super) i32);

/// In the order of their numbers.
const CODES: [&str; 3] = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Choice(&CODES)).map(Self)
    }
}

/// An id in hexadecimal. What is none is nothing, so that its span is left out and
/// the others are taken.
#[derive(Debug, Default)]
pub(super) struct HexId(Vec<u8>);

impl HexId {
    pub(super) fn bytes(id: Option<Self>) -> bytes::Bytes {
        id.unwrap_or_default().0.into()
    }
}

impl<'de> Deserialize<'de> for HexId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let byte = |[high, low]: &[u8; 2]| Some((digit(*high)? << 4 | digit(*low)?) as u8);
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        Ok(Self(bytes.filter(|_| rest.is_empty()).unwrap_or_default()))
    }
}

/// A number that may be written as text: `NaN`, `Infinity`, `-Infinity`.
#[derive(Debug)]
pub(super) struct Float(pub(super) f64);

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = Float;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or one as text")
            }

            fn visit_f64<E>(self, number: f64) -> Result<Float, E> {
                Ok(Float(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Float, E> {
                Ok(Float(number as f64))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Float, E> {
                Ok(Float(number as f64))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Float, E> {
                let number = text.parse().map(Float);
                number.map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// Bytes in base64; what is none is nothing.
#[derive(Debug)]
pub(super) struct Base64(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE};
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(&text).or_else(|_| URL_SAFE.decode(&text));
        bytes.map(Self).map_err(|_| de::Error::custom("bytesValue is not base64"))
    }
}
