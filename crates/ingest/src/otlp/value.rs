//! Attributes and their values.

use skytrail_model::span::{Attribute, Value};

use super::glance::pair;
use super::sent::{Json, Sent};
use crate::decode::{Run, cut};
use crate::wire::Malformed;

/// Whose attributes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A span or resource: some of them are asked for.
    Subject,
    /// An event: values may be long.
    Event,
    /// A link or scope.
    Other,
}

impl Run<'_> {
    /// Appends an attribute, if there may be one more.
    pub(super) fn attribute(
        &mut self,
        body: &[u8],
        of: Of,
        left: &mut u32,
    ) -> Result<(), Malformed> {
        let (key, value) = pair(body)?;
        if *left == 0 || !self.otlp.take_rows(1) {
            self.notes.left_out_attributes += 1;
            return Ok(());
        }
        *left -= 1;
        let (name, symbol) = self.key(key);
        // Of what is kept of the key: that is what its symbol stands for.
        let meaning = self.otlp.meaning(symbol, cut(key, self.limits.key_bytes));
        let value = self.value(value, of == Of::Event || meaning.is_long())?;
        self.batch.attributes.push(Attribute { key: name, value });
        if of == Of::Subject {
            self.otlp.asked.put(meaning, value);
        }
        Ok(())
    }

    /// A value; of several at once the last one, and null where there is none.
    fn value(&mut self, body: &[u8], is_long: bool) -> Result<Value, Malformed> {
        Ok(match Sent::last(body)? {
            Sent::Nothing => Value::Json(self.made_text("null")),
            Sent::Text(text) => {
                let text = self.within(text, is_long, true);
                Value::Text(self.text(text))
            }
            Sent::Bool(value) => Value::Bool(value),
            Sent::Int(value) => Value::Int(value.into()),
            Sent::Double(value) => Value::Float(value.into()),
            Sent::Bytes(bytes) => {
                let bytes = self.within(bytes, is_long, false);
                Value::Bytes(self.text_at(bytes))
            }
            nested @ (Sent::Array(_) | Sent::Map(_)) => self.nested(nested, is_long)?,
        })
    }

    /// As much of a value as may be kept.
    fn within<'v>(&mut self, value: &'v [u8], is_long: bool, is_text: bool) -> &'v [u8] {
        let limit = if is_long { self.limits.long_value_bytes } else { self.limits.value_bytes };
        if value.len() <= limit as usize {
            return value;
        }
        self.notes.cut_values += 1;
        if is_text { cut(value, limit) } else { value.get(..limit as usize).unwrap_or(value) }
    }

    /// An array or map as JSON; as text where it had to be cut, which is no JSON any more.
    fn nested(&mut self, sent: Sent<'_>, is_long: bool) -> Result<Value, Malformed> {
        let limit = if is_long { self.limits.long_value_bytes } else { self.limits.value_bytes };
        let json = Json::of(sent, limit as usize)?;
        let text = self.made_text(&json.text);
        if json.is_cut {
            self.notes.cut_values += 1;
            return Ok(Value::Text(text));
        }
        Ok(Value::Json(text))
    }
}
