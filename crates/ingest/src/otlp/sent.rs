//! Values as they are sent, and as JSON where they are arrays or maps.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::glance::pair;
use crate::wire::{Cursor, DEPTH, Elements, Malformed, fixed64, int, len};

/// An `AnyValue`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sent<'a> {
    Nothing,
    Text(&'a [u8]),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(&'a [u8]),
    Array(&'a [u8]),
    Map(&'a [u8]),
}

const TEXT: u64 = len(1);
const BOOL: u64 = int(2);
const INT: u64 = int(3);
const DOUBLE: u64 = fixed64(4);
const ARRAY: u64 = len(5);
const MAP: u64 = len(6);
const BYTES: u64 = len(7);
const LAST_FIELD: u64 = 7;

/// Elements of an array or map.
const ELEMENT: u64 = len(1);

impl<'a> Sent<'a> {
    /// The last one of those in a message.
    pub(super) fn last(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let mut last = Self::Nothing;
        while let Some(key) = cursor.key()? {
            last = match key {
                TEXT => Self::Text(cursor.bytes()?),
                BOOL => Self::Bool(cursor.bool()?),
                INT => Self::Int(cursor.varint()? as i64),
                DOUBLE => Self::Double(f64::from_bits(cursor.eight_bytes()?)),
                BYTES => Self::Bytes(cursor.bytes()?),
                ARRAY => Self::Array(cursor.bytes()?),
                MAP => Self::Map(cursor.bytes()?),
                _ => {
                    cursor.skip(key, LAST_FIELD, DEPTH)?;
                    continue;
                }
            };
        }
        Ok(last)
    }
}

/// Levels of arrays and maps within each other, as many as prost goes down: it
/// counts two for each, and a value stands five levels below the message.
const NESTED: u32 = (DEPTH - 5) / 2 + 1;

/// An array or map as text, no more of it than is asked for.
#[derive(Debug)]
pub(super) struct Json {
    pub(super) text: String,
    /// Whether it ends before its end, or something within is deeper than is kept.
    pub(super) is_cut: bool,
    limit: usize,
}

impl Json {
    pub(super) fn of(sent: Sent<'_>, limit: usize) -> Result<Self, Malformed> {
        let mut json = Self { text: String::new(), is_cut: false, limit };
        json.value(sent, NESTED)?;
        if json.text.len() > limit {
            json.is_cut = true;
            json.text.truncate(json.text.floor_char_boundary(limit));
        }
        Ok(json)
    }

    fn value(&mut self, sent: Sent<'_>, depth: u32) -> Result<(), Malformed> {
        match sent {
            Sent::Nothing => self.text.push_str("null"),
            Sent::Text(text) => self.quoted(text),
            Sent::Bool(value) => self.put(format_args!("{value}")),
            Sent::Int(value) => self.put(format_args!("{value}")),
            Sent::Double(value) => self.double(value),
            Sent::Bytes(bytes) => {
                let most = self.limit.saturating_sub(self.text.len());
                let kept = bytes.get(..most).unwrap_or(bytes);
                self.put(format_args!("\"{}\"", STANDARD.encode(kept)));
                self.is_cut |= kept.len() < bytes.len();
            }
            Sent::Array(_) | Sent::Map(_) if depth == 0 => {
                self.is_cut = true;
                self.text.push_str("null");
            }
            Sent::Array(body) => self.array(body, depth - 1)?,
            Sent::Map(body) => self.map(body, depth - 1)?,
        }
        Ok(())
    }

    fn array(&mut self, body: &[u8], depth: u32) -> Result<(), Malformed> {
        self.text.push('[');
        for (place, element) in Elements::among(body, ELEMENT).enumerate() {
            if self.is_full() {
                break;
            }
            if place > 0 {
                self.text.push(',');
            }
            self.value(Sent::last(element?)?, depth)?;
        }
        self.text.push(']');
        Ok(())
    }

    fn map(&mut self, body: &[u8], depth: u32) -> Result<(), Malformed> {
        self.text.push('{');
        for (place, element) in Elements::among(body, ELEMENT).enumerate() {
            if self.is_full() {
                break;
            }
            if place > 0 {
                self.text.push(',');
            }
            let (name, value) = pair(element?)?;
            self.quoted(name);
            self.text.push(':');
            self.value(Sent::last(value)?, depth)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn is_full(&mut self) -> bool {
        let is_full = self.text.len() > self.limit;
        self.is_cut |= is_full;
        is_full
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // A string takes everything that is written.
        let _ = self.text.write_fmt(what);
    }

    /// With a point or an exponent, so that it can be told from a whole number;
    /// what JSON has no number for is text, as in protobuf's JSON.
    fn double(&mut self, value: f64) {
        if value.is_finite() {
            self.put(format_args!("{value:?}"));
        } else if value.is_nan() {
            self.text.push_str("\"NaN\"");
        } else {
            self.text.push_str(if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" });
        }
    }

    fn quoted(&mut self, bytes: &[u8]) {
        let most = self.limit.saturating_sub(self.text.len());
        let kept = bytes.get(..most).unwrap_or(bytes);
        self.is_cut |= kept.len() < bytes.len();
        self.text.push('"');
        for letter in String::from_utf8_lossy(kept).chars() {
            match letter {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                control if control < ' ' => self.put(format_args!("\\u{:04x}", u32::from(control))),
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }
}
