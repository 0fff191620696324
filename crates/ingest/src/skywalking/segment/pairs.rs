//! Tags of spans and data of logs: `KeyStringValuePair`.

use skytrail_model::span::{Attribute, Value};
use skytrail_model::text::NameId;

use super::bytes::is_ascii;
use super::decode::Run;
use super::names::cut;
use crate::skywalking::wire::{Cursor, Malformed, len};
use crate::symbols::{HEAD, Head};

const KEY: u64 = len(1);
const VALUE: u64 = len(2);
const LAST_FIELD: u64 = 2;
/// Bytes that are looked at in one go: those before a key, the longest key
/// that is guessed, those between it and the value, and up to a power of two.
const WINDOW: usize = 64;
const HEAD_U8: u8 = HEAD as u8;
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
    /// The keys that followed it before.
    guesses: [u32; 2],
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
        let guesses = self.symbols.next_keys(before);
        Pairs { depth, before, guesses, left, is_ascii, is_long: false }
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

    /// Appends the pairs that come next under `tag`, as long as each has a key
    /// that followed the one before it lately: asking whether a key is the
    /// expected one is cheaper than asking which one it is. Stops before the
    /// first pair that is in any way unusual.
    pub(super) fn expected_pairs(&mut self, tag: u64, cursor: &mut Cursor<'_>, pairs: &mut Pairs) {
        let longest_key = self.limits.key_bytes as usize;
        let longest_value = self.limits.value_bytes as usize;
        while pairs.left > 0 {
            let Some(pair) = ShortPair::at(cursor.rest(), self.window_of(cursor.rest()), tag)
            else {
                return;
            };
            let is_within = pair.key_len <= longest_key && pair.value.len() <= longest_value;
            if !is_within || !(pairs.is_ascii || is_ascii(pair.value)) {
                return;
            }
            let Some(key) = self.symbols.guess(pairs.guesses, &pair.key, pair.key_len) else {
                return;
            };
            let value = Value::Text(self.text_at(pair.value));
            self.batch.attributes.push(Attribute { key: key.local, value });
            (pairs.before, pairs.guesses) = (key.symbol, key.next);
            pairs.left -= 1;
            cursor.advance_by(pair.len);
        }
    }

    /// The next bytes of the message, also those behind the part `rest` of it.
    #[inline(always)]
    fn window_of(&self, rest: &[u8]) -> Option<&[u8; WINDOW]> {
        let offset = rest.as_ptr().addr().wrapping_sub(self.message.as_ptr().addr());
        self.message.get(offset..).and_then(<[u8]>::first_chunk)
    }

    fn pair_key(&mut self, key: &[u8], pairs: &mut Pairs) -> NameId {
        let (name, symbol) = self.key(key);
        self.symbols.note_next_key(pairs.before, symbol);
        (pairs.before, pairs.guesses) = (symbol, self.symbols.next_keys(symbol));
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

/// What one look at a window tells about the pair that it begins with.
struct ShortPair<'a> {
    key: Head,
    key_len: usize,
    value: &'a [u8],
    /// Bytes of the pair with its tag.
    len: usize,
}

impl<'a> ShortPair<'a> {
    /// None when it is anything but a short key and a short value under `tag`.
    #[inline(always)]
    fn at(rest: &'a [u8], window: Option<&[u8; WINDOW]>, tag: u64) -> Option<Self> {
        let window = window?;
        let [next, len @ 0..0x80, SHORT_KEY, key_len @ 0..HEAD_U8, key @ ..] = window else {
            return None;
        };
        let (len, key_len) = (usize::from(*len) + 2, usize::from(*key_len));
        let [value_tag, value_len] = [4, 5].map(|place| window[(place + key_len) % WINDOW]);
        let start = key_len + 6;
        let is_usual = u64::from(*next) == tag
            && value_tag == SHORT_VALUE
            && start + usize::from(value_len) == len;
        if !is_usual {
            return None;
        }
        let value = rest.get(start..len)?;
        Some(Self { key: Head::within(key.first_chunk()?, key_len), key_len, value, len })
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
