//! Tags of spans and data of logs: `KeyStringValuePair`.

use skytrail_model::span::{Attribute, Value};
use skytrail_model::text::NameId;

use super::decode::Run;
use super::names::cut;
use crate::skywalking::wire::{Cursor, Malformed, len};
use crate::symbols::Follow;

const KEY: u64 = len(1);
const VALUE: u64 = len(2);
const LAST_FIELD: u64 = 2;
const SHORT_KEY: u8 = KEY as u8;
const SHORT_VALUE: u8 = VALUE as u8;

/// The one attribute of a span whose value may be long.
const STATEMENT: &[u8] = b"db.statement";

/// What is known about a run of pairs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs {
    /// Levels left below a pair.
    pub(super) depth: u32,
    /// The name before the next key.
    before: u32,
    /// The key that followed it last time.
    guess: u32,
    /// Rows that may still be added.
    left: u32,
    /// Whether all that is read here is ASCII.
    is_ascii: bool,
    /// Whether every value may be long.
    is_long: bool,
}

impl Run<'_> {
    /// Pairs that follow the name `before`, at most `left` of them.
    pub(super) fn pairs(&self, depth: u32, before: u32, left: u32, is_ascii: bool) -> Pairs {
        let guess = self.symbols.follower(before, Follow::Key);
        Pairs { depth, before, guess, left, is_ascii, is_long: false }
    }

    /// Pairs whose values may be long.
    pub(super) fn long_pairs(&self, depth: u32, before: u32, left: u32) -> Pairs {
        Pairs { is_long: true, ..self.pairs(depth, before, left, false) }
    }

    /// Appends one attribute.
    #[inline(always)]
    pub(super) fn pair(&mut self, body: &[u8], pairs: &mut Pairs) -> Result<(), Malformed> {
        let (key, mut value) = split(body, pairs.depth)?;
        if pairs.left == 0 {
            self.notes.left_out_attributes += 1;
            return Ok(());
        }
        pairs.left -= 1;
        let name = self.pair_key(key, pairs);
        if value.len() > self.limits.value_bytes as usize {
            value = self.cut_value(key, value, pairs.is_long);
        }
        let text = if pairs.is_ascii { self.text_at(value) } else { self.text(value) };
        self.batch.attributes.push(Attribute { key: name, value: Value::Text(text) });
        Ok(())
    }

    #[inline(always)]
    fn pair_key(&mut self, key: &[u8], pairs: &mut Pairs) -> NameId {
        if key.len() <= self.limits.key_bytes as usize
            && let Some((name, next)) = self.symbols.step(pairs.guess, key, Follow::Key)
        {
            (pairs.before, pairs.guess) = (pairs.guess, next);
            return name;
        }
        let (name, symbol) = self.key(key, pairs.guess);
        if symbol != pairs.guess {
            self.symbols.set_follower(pairs.before, Follow::Key, symbol);
        }
        (pairs.before, pairs.guess) = (symbol, self.symbols.follower(symbol, Follow::Key));
        name
    }

    #[inline(never)]
    fn cut_value<'v>(&mut self, key: &[u8], value: &'v [u8], is_long: bool) -> &'v [u8] {
        let is_long = is_long || key == STATEMENT;
        let limit = if is_long { self.limits.long_value_bytes } else { self.limits.value_bytes };
        if value.len() <= limit as usize {
            return value;
        }
        self.notes.cut_values += 1;
        cut(value, limit)
    }
}

/// Key and value of a pair. Every agent writes key, value and nothing else,
/// and mostly both are short; anything different goes the long way.
#[inline]
fn split(body: &[u8], depth: u32) -> Result<(&[u8], &[u8]), Malformed> {
    if let [SHORT_KEY, key_len @ 0..0x80, rest @ ..] = body
        && let Some((key, [SHORT_VALUE, len, value @ ..])) =
            rest.split_at_checked(usize::from(*key_len))
        && usize::from(*len) == value.len()
        && *len < 0x80
    {
        return Ok((key, value));
    }
    split_any(body, depth)
}

#[inline(never)]
fn split_any(body: &[u8], depth: u32) -> Result<(&[u8], &[u8]), Malformed> {
    let mut cursor = Cursor::new(body);
    let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
    while let Some(tag) = cursor.key()? {
        match tag {
            KEY => key = cursor.bytes()?,
            VALUE => value = cursor.bytes()?,
            _ => cursor.skip(tag, LAST_FIELD, depth)?,
        }
    }
    Ok((key, value))
}
