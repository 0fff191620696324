//! Tags of spans and data of logs: `KeyStringValuePair`.

use skytrail_model::span::{Attribute, Value};
use skytrail_model::text::{Name, NameId, Text};

use crate::decode::{Run, cut};
use crate::symbols::{EMPTY, HEAD};
use crate::wire::{Cursor, Malformed, len};

const KEY: u64 = len(1);
const VALUE: u64 = len(2);
const LAST_FIELD: u64 = 2;
/// Bytes that are looked at in one go: those before a key, the longest key
/// that is guessed, those between it and the value, and up to a power of two.
const WINDOW: usize = 64;
/// Bytes of the shortest pair that is read this way: two tags and lengths around
/// an empty key, its own tag and length, and a value of one byte.
const SHORTEST: usize = 7;
/// A length that takes more than one byte.
const LONG: u8 = 0x80;
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
    /// Whether every value may be long.
    is_long: bool,
}

impl Run<'_> {
    /// Pairs that follow the name `before`, at most `left` of them.
    pub(super) fn pairs(&self, depth: u32, before: u32, left: u32) -> Pairs {
        let guesses = self.symbols.next_keys(before);
        Pairs { depth, before, guesses, left, is_long: false }
    }

    /// Pairs whose values may be long.
    pub(super) fn long_pairs(&self, depth: u32, before: u32, left: u32) -> Pairs {
        Pairs { is_long: true, ..self.pairs(depth, before, left) }
    }

    /// Appends one attribute.
    #[inline(never)]
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
        let text = self.text(value);
        self.batch.attributes.push(Attribute { key: name, value: Value::Text(text) });
        Ok(())
    }

    /// Appends the pairs that come next under `tag` in a part of the message that
    /// is all ASCII, as long as each has a key that followed the one before it
    /// lately: asking whether a key is the expected one is cheaper than asking
    /// which one it is. Stops before the first pair that is in any way unusual,
    /// and tells how many bytes it read.
    #[inline(never)]
    pub(super) fn expected_pairs(&mut self, tag: u8, plain: &[u8], pairs: &mut Pairs) -> usize {
        // Limits that allow every short pair need not be asked for each of them.
        if self.limits.key_bytes < HEAD as u32 || self.limits.value_bytes < u32::from(LONG) {
            return 0;
        }
        // So few bytes have room for no more pairs than may be added.
        let most = (pairs.left as usize).saturating_mul(SHORTEST);
        let plain = plain.get(..most).unwrap_or(plain);
        let known = self.symbols.known();
        let offset = plain.as_ptr().addr().wrapping_sub(self.message.as_ptr().addr());
        // A window may reach beyond the part of the message that is read.
        let first = self.message.get(offset..).unwrap_or_default();
        let beyond = first.len().wrapping_sub(plain.len());
        let end = self.place.wrapping_add(self.message.len() as u32);
        let attributes = &mut self.batch.attributes;
        let count = attributes.len();
        let (mut left, mut guesses) = (first, pairs.guesses);
        while let Some(window) = left.first_chunk() {
            let Some(pair) = ShortPair::at(window, tag) else { break };
            let Some(key) = known.guess(guesses, pair.key, pair.key_len) else { break };
            let Some(next) = left.get(pair.len..) else { break };
            if next.len() < beyond || pair.value_len == 0 {
                break;
            }
            let start = end.wrapping_sub(next.len() as u32).wrapping_sub(pair.value_len);
            let value = Value::Text(Text { start, len: pair.value_len });
            attributes.push(Attribute { key: key.local, value });
            (left, guesses) = (next, key.next);
        }
        if let Some(last) = attributes.get(count..).and_then(<[Attribute]>::last) {
            pairs.before = symbol_of(&self.batch.names, last.key);
            pairs.guesses = guesses;
            pairs.left -= (attributes.len() - count) as u32;
        }
        first.len() - left.len()
    }

    fn pair_key(&mut self, key: &[u8], pairs: &mut Pairs) -> NameId {
        if let Some(window) = self.window_of(key)
            && key.len() <= self.limits.key_bytes as usize
            && let Some(guessed) = self.symbols.known().guess(pairs.guesses, window, key.len())
        {
            pairs.before = symbol_of(&self.batch.names, guessed.local);
            pairs.guesses = guessed.next;
            return guessed.local;
        }
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
struct ShortPair<'w> {
    /// The key and what follows it.
    key: &'w [u8; HEAD],
    key_len: usize,
    value_len: u32,
    /// Bytes of the pair with its tag.
    len: usize,
}

impl<'w> ShortPair<'w> {
    /// None when it is anything but a short key and a short value under `tag`.
    #[inline(always)]
    fn at(window: &'w [u8; WINDOW], tag: u8) -> Option<Self> {
        let (start, rest) = window.split_first_chunk::<4>()?;
        let start = u32::from_le_bytes(*start);
        let (pair_len, key_len) = (start >> 8 & 0xff, start as usize >> 24);
        // The bytes of the lengths do not count, but for the bit that says that
        // there is more of a length.
        let usual = u32::from_le_bytes([tag, 0, SHORT_KEY, 0]);
        if start & 0x00ff_80ff != usual || key_len >= HEAD {
            return None;
        }
        let value_len = pair_len.wrapping_sub(key_len as u32 + 4);
        let found = u16::from_le_bytes([rest[key_len], rest[key_len + 1]]);
        if u32::from(found) != value_len << 8 | u32::from(SHORT_VALUE) {
            return None;
        }
        Some(Self { key: rest.first_chunk()?, key_len, value_len, len: pair_len as usize + 2 })
    }
}

fn symbol_of(names: &[Name], local: NameId) -> u32 {
    names.get(local.0 as usize).map_or(EMPTY, |name| name.symbol.0)
}

/// Key and value of a pair. Every agent writes key, value and nothing else, with
/// lengths of one byte or two; anything different goes the long way.
#[inline]
fn split(body: &[u8], depth: u32) -> Result<(&[u8], &[u8]), Malformed> {
    if let [SHORT_KEY, key_len @ 0..LONG, rest @ ..] = body
        && let Some((key, [SHORT_VALUE, low, rest @ ..])) =
            rest.split_at_checked(usize::from(*key_len))
    {
        if *low < LONG && usize::from(*low) == rest.len() {
            return Ok((key, rest));
        }
        if *low >= LONG
            && let [high @ 0..LONG, value @ ..] = rest
            && usize::from(*low - LONG) | usize::from(*high) << 7 == value.len()
        {
            return Ok((key, value));
        }
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
