//! Attributes and their values.

use skytrail_model::span::{Attribute, Value};

use super::glance::pair;
use crate::decode::{Run, cut};
use crate::wire::{Cursor, DEPTH, Elements, Malformed, fixed64, int, len};

const STRING: u64 = len(1);
const BOOL: u64 = int(2);
const INT: u64 = int(3);
const DOUBLE: u64 = fixed64(4);
const ARRAY: u64 = len(5);
const MAP: u64 = len(6);
const BYTES: u64 = len(7);
const LAST_FIELD: u64 = 7;

/// Elements of an array or map.
const ELEMENT: u64 = len(1);

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
        if *left == 0 {
            self.notes.left_out_attributes += 1;
            return Ok(());
        }
        *left -= 1;
        let (name, symbol) = self.key(key);
        let meaning = self.otlp.meaning(symbol, key);
        let value = self.value(value, of == Of::Event || meaning.is_long())?;
        self.batch.attributes.push(Attribute { key: name, value });
        if of == Of::Subject {
            self.otlp.asked.put(meaning, value);
        }
        Ok(())
    }

    /// A value; of several kinds at once the last one, and null where there is none.
    fn value(&mut self, body: &[u8], is_long: bool) -> Result<Value, Malformed> {
        let mut cursor = Cursor::new(body);
        let mut value = None;
        while let Some(key) = cursor.key()? {
            value = Some(match key {
                STRING => {
                    let text = self.within(cursor.bytes()?, is_long, true);
                    Value::Text(self.text(text))
                }
                BOOL => Value::Bool(cursor.bool()?),
                INT => Value::Int((cursor.varint()? as i64).into()),
                DOUBLE => Value::Float(f64::from_bits(cursor.eight_bytes()?).into()),
                BYTES => {
                    let bytes = self.within(cursor.bytes()?, is_long, false);
                    Value::Bytes(self.text_at(bytes))
                }
                ARRAY | MAP => self.nested(key, cursor.bytes()?, is_long)?,
                _ => {
                    cursor.skip(key, LAST_FIELD, DEPTH)?;
                    continue;
                }
            });
        }
        Ok(value.unwrap_or_else(|| Value::Json(self.made_text("null"))))
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
    fn nested(&mut self, key: u64, body: &[u8], is_long: bool) -> Result<Value, Malformed> {
        let mut json = String::new();
        write_nested(key, body, &mut json, NESTED)?;
        let kept = self.within(json.as_bytes(), is_long, true).len();
        let is_whole = kept == json.len();
        json.truncate(kept);
        let text = self.made_text(&json);
        Ok(if is_whole { Value::Json(text) } else { Value::Text(text) })
    }
}

/// Levels of arrays and maps within each other, as many as prost goes down: it
/// counts two for each, and a value stands five levels below the message.
const NESTED: u32 = (DEPTH - 5) / 2 + 1;

fn write_nested(key: u64, body: &[u8], into: &mut String, depth: u32) -> Result<(), Malformed> {
    let Some(depth) = depth.checked_sub(1) else { return Err(Malformed::Depth) };
    let is_map = key == MAP;
    into.push(if is_map { '{' } else { '[' });
    for (place, element) in Elements::among(body, ELEMENT).enumerate() {
        if place > 0 {
            into.push(',');
        }
        if is_map {
            let (name, value) = pair(element?)?;
            write_text(name, into);
            into.push(':');
            write_value(value, into, depth)?;
        } else {
            write_value(element?, into, depth)?;
        }
    }
    into.push(if is_map { '}' } else { ']' });
    Ok(())
}

fn write_value(body: &[u8], into: &mut String, depth: u32) -> Result<(), Malformed> {
    use std::fmt::Write;
    let begin = into.len();
    let mut cursor = Cursor::new(body);
    while let Some(key) = cursor.key()? {
        if (1..=LAST_FIELD).contains(&(key >> 3)) {
            into.truncate(begin);
        }
        // A string takes everything that is written.
        let _ = match key {
            STRING => {
                write_text(cursor.bytes()?, into);
                Ok(())
            }
            BOOL => write!(into, "{}", cursor.bool()?),
            INT => write!(into, "{}", cursor.varint()? as i64),
            DOUBLE => write_float(f64::from_bits(cursor.eight_bytes()?), into),
            BYTES => {
                use base64::Engine;
                let bytes = cursor.bytes()?;
                write!(into, "\"{}\"", base64::engine::general_purpose::STANDARD.encode(bytes))
            }
            ARRAY | MAP => {
                write_nested(key, cursor.bytes()?, into, depth)?;
                Ok(())
            }
            _ => {
                cursor.skip(key, LAST_FIELD, DEPTH)?;
                Ok(())
            }
        };
    }
    if into.len() == begin {
        into.push_str("null");
    }
    Ok(())
}

/// With a point or an exponent, so that it can be told from a whole number;
/// what JSON has no number for is text, as in protobuf's JSON.
fn write_float(value: f64, into: &mut String) -> std::fmt::Result {
    use std::fmt::Write;
    if value.is_finite() {
        write!(into, "{value:?}")
    } else if value.is_nan() {
        into.write_str("\"NaN\"")
    } else {
        into.write_str(if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" })
    }
}

fn write_text(bytes: &[u8], into: &mut String) {
    use std::fmt::Write;
    into.push('"');
    for letter in String::from_utf8_lossy(bytes).chars() {
        match letter {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            // A string takes everything that is written.
            control if control < ' ' => drop(write!(into, "\\u{:04x}", u32::from(control))),
            other => into.push(other),
        }
    }
    into.push('"');
}
