//! Reading protobuf in place, with the rules of prost: what it refuses is
//! refused, what it takes is taken.

mod glance;

use std::fmt;

pub use self::glance::{Elements, Glance, glance};

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// A variable-length integer is cut off, too long or too large.
    Varint,
    /// A field number is 0 or above 2^29 - 1.
    Key,
    /// A wire type does not exist, or is not the one of the field.
    WireType,
    /// A length reaches beyond the message.
    Length,
    /// A group ends that did not begin, or does not end.
    Group,
    /// Groups nest deeper than 100 levels.
    Depth,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Varint => "an integer is cut off or too large",
            Self::Key => "a field number is out of range",
            Self::WireType => "a field has the wrong wire type",
            Self::Length => "a length reaches beyond the message",
            Self::Group => "a group does not end where it should",
            Self::Depth => "groups nest deeper than 100 levels",
        })
    }
}

impl std::error::Error for Malformed {}

/// Levels that prost goes down: the message itself and 99 below it.
pub const DEPTH: u32 = 100;

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const START_GROUP: u64 = 3;
const END_GROUP: u64 = 4;
const FIXED32: u64 = 5;

/// -1, which is written as the largest unsigned number.
const MINUS_ONE: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
const SIX_BYTES: u64 = 0x0000_ffff_ffff_ffff;
const SIX_ENDS: u64 = 0x0000_8080_8080_8080;
const SIX_CONTINUE: u64 = 0x0000_0080_8080_8080;

/// The key of an integer field.
pub const fn int(field: u64) -> u64 {
    field << 3 | VARINT
}

/// The key of a field with a length: text, bytes or a message.
pub const fn len(field: u64) -> u64 {
    field << 3 | BYTES
}

/// The key of a field of eight bytes.
pub const fn fixed64(field: u64) -> u64 {
    field << 3 | FIXED64
}

/// The key of a field of four bytes.
pub const fn fixed32(field: u64) -> u64 {
    field << 3 | FIXED32
}

/// Reads the fields of one message from front to back. What it gives are parts
/// of the message, so that their place in it can be told.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Over a message.
    #[inline]
    pub fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// What is not read yet.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The key of the next field; none at the end. Whether such a field can be
    /// is asked where it is passed over: a key that is known is one that can.
    #[inline]
    pub fn key(&mut self) -> Result<Option<u64>, Malformed> {
        match self.rest {
            [] => Ok(None),
            [key @ 0..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(Some(u64::from(*key)))
            }
            _ => {
                let (key, rest) = long_key(self.rest)?;
                self.rest = rest;
                Ok(Some(key))
            }
        }
    }

    /// Passes the key of the next field if it is this one, written in one byte.
    #[inline(always)]
    pub fn is_next(&mut self, key: u64) -> bool {
        match self.rest {
            [next, rest @ ..] if u64::from(*next) == key => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Whether the key of the next field is this one, written in one byte.
    #[inline(always)]
    pub fn is_at(&self, key: u64) -> bool {
        self.rest.first().is_some_and(|next| u64::from(*next) == key)
    }

    /// Passes so many bytes; to the end when there are fewer.
    #[inline]
    pub fn advance_by(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// An integer.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        match self.rest {
            [byte @ 0..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            [low, high @ 0..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*low & 0x7f) | u64::from(*high) << 7)
            }
            _ => {
                let (value, rest) = long_varint(self.rest)?;
                self.rest = rest;
                Ok(value)
            }
        }
    }

    /// Reads fields whose key and integer take one byte each, those of them that
    /// come next in the order given. What is longer or elsewhere stays.
    #[inline(always)]
    pub fn small_ints<const N: usize>(&mut self, fields: [(u64, &mut i32); N]) {
        const { assert!(2 * N <= 8, "more than a word") };
        let Some(word) = self.rest.first_chunk() else { return };
        let mut word = u64::from_le_bytes(*word);
        let mut read = 0;
        for (key, value) in fields {
            if word & 0x80ff == key {
                *value = (word >> 8 & 0x7f) as i32;
                word >>= 16;
                read += 2;
            }
        }
        self.advance_by(read);
    }

    /// Two integers of six bytes each, the second one with this key, if that is
    /// what comes next: times in milliseconds between the years 1971 and 2109.
    #[inline(always)]
    pub fn two_times(&mut self, second: u64) -> Option<(u64, u64)> {
        let (bytes, rest) = self.rest.split_first_chunk::<13>()?;
        let one = u64::from_le_bytes(*bytes.first_chunk()?);
        let other = u64::from_le_bytes(*bytes.last_chunk()?) >> 16;
        let is_next = (one >> 48) & 0xff == second
            && one & SIX_ENDS == SIX_CONTINUE
            && other & SIX_ENDS == SIX_CONTINUE;
        if !is_next {
            return None;
        }
        self.rest = rest;
        Some((squeeze(one & SIX_BYTES), squeeze(other & SIX_BYTES)))
    }

    /// A truth value.
    #[inline]
    pub fn bool(&mut self) -> Result<bool, Malformed> {
        Ok(self.varint()? != 0)
    }

    /// The bytes of a field with a length.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = usize::try_from(self.varint()?).map_err(|_| Malformed::Length)?;
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(Malformed::Length)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// A number of eight bytes.
    #[inline]
    pub fn eight_bytes(&mut self) -> Result<u64, Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Malformed::Length)?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*bytes))
    }

    /// A number of four bytes.
    #[inline]
    pub fn four_bytes(&mut self) -> Result<u32, Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Malformed::Length)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*bytes))
    }

    /// Passes a field that is not read. Fields up to `known` are those of the
    /// message, so that one of them here has the wrong wire type. `depth` is
    /// how many levels are left, as prost counts them.
    #[inline]
    pub fn skip(&mut self, key: u64, known: u64, depth: u32) -> Result<(), Malformed> {
        *self = self.behind(key, known, depth)?;
        Ok(())
    }

    #[inline(never)]
    fn behind(mut self, key: u64, known: u64, depth: u32) -> Result<Self, Malformed> {
        if (1..=known).contains(&(key >> 3)) {
            return Err(Malformed::WireType);
        }
        self.skip_value(key, depth)?;
        Ok(self)
    }

    fn skip_value(&mut self, key: u64, depth: u32) -> Result<(), Malformed> {
        if depth == 0 {
            return Err(Malformed::Depth);
        }
        if key >> 3 == 0 {
            return Err(Malformed::Key);
        }
        match key & 7 {
            VARINT => self.varint().map(drop),
            FIXED64 => self.advance(8),
            BYTES => self.bytes().map(drop),
            START_GROUP => self.skip_group(key >> 3, depth),
            FIXED32 => self.advance(4),
            END_GROUP => Err(Malformed::Group),
            _ => Err(Malformed::WireType),
        }
    }

    fn skip_group(&mut self, field: u64, depth: u32) -> Result<(), Malformed> {
        loop {
            let key = self.key()?.ok_or(Malformed::Group)?;
            if key & 7 == END_GROUP {
                return if key >> 3 == field { Ok(()) } else { Err(Malformed::Group) };
            }
            self.skip_value(key, depth - 1)?;
        }
    }

    fn advance(&mut self, count: usize) -> Result<(), Malformed> {
        self.rest = self.rest.get(count..).ok_or(Malformed::Length)?;
        Ok(())
    }
}

// What is seldom needed takes and gives what is left by value: a cursor whose
// address is taken would have to be kept in memory.

#[inline(never)]
fn long_key(rest: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    let mut cursor = Cursor::new(rest);
    let key = cursor.varint()?;
    if key > u64::from(u32::MAX) { Err(Malformed::Key) } else { Ok((key, cursor.rest)) }
}

#[inline(never)]
fn long_varint(bytes: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    // The parent of every first span.
    if let Some((&MINUS_ONE, rest)) = bytes.split_first_chunk() {
        return Ok((u64::MAX, rest));
    }
    if let Some(word) = bytes.first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let ends = !word & 0x8080_8080_8080_8080;
        if ends != 0 {
            let bits = ends.trailing_zeros() + 1;
            let rest = bytes.get(bits as usize / 8..).unwrap_or_default();
            return Ok((squeeze(word & (u64::MAX >> (64 - bits))), rest));
        }
    }
    slow_varint(bytes)
}

#[inline(never)]
fn slow_varint(bytes: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (at * 7);
        if *byte < 0x80 {
            // The tenth byte has room for one bit.
            if at == 9 && *byte > 1 {
                break;
            }
            return Ok((value, bytes.get(at + 1..).unwrap_or_default()));
        }
    }
    Err(Malformed::Varint)
}

/// Closes the gaps that the continuation bits of up to eight bytes leave.
#[inline]
fn squeeze(word: u64) -> u64 {
    let x = word & 0x7f7f_7f7f_7f7f_7f7f;
    let x = x & 0x007f_007f_007f_007f | (x & 0x7f00_7f00_7f00_7f00) >> 1;
    let x = x & 0x0000_3fff_0000_3fff | (x & 0x3fff_0000_3fff_0000) >> 2;
    x & 0x0000_0000_0fff_ffff | (x & 0x0fff_ffff_0000_0000) >> 4
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::Cursor;

    proptest! {
        #[test]
        fn integers_read_as_prost_reads_them(
            value: u64,
            shift in 0..64_u32,
            junk in prop::collection::vec(any::<u8>(), 0..12),
        ) {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(value >> shift, &mut bytes);
            bytes.extend(&junk);
            let mut ours = Cursor::new(&bytes);
            assert_eq!(ours.varint(), Ok(value >> shift));
            assert_eq!(ours.rest(), junk);
            let mut theirs = junk.as_slice();
            let expected = prost::encoding::decode_varint(&mut theirs).ok();
            let mut ours = Cursor::new(&junk);
            assert_eq!(ours.varint().ok(), expected);
            if expected.is_some() {
                assert_eq!(ours.rest(), theirs);
            }
        }
    }

    #[test]
    fn two_times_read_as_two_integers() {
        for (one, other) in [(1 << 35, (1 << 42) - 1), (1_750_000_000_123, 1_750_000_000_200)] {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(one, &mut bytes);
            bytes.push(0x20);
            prost::encoding::encode_varint(other, &mut bytes);
            bytes.push(0x77);
            let mut cursor = Cursor::new(&bytes);
            assert_eq!(cursor.two_times(0x20), Some((one, other)));
            assert_eq!(cursor.rest(), [0x77]);
            assert_eq!(Cursor::new(&bytes).two_times(0x28), None);
            assert_eq!(Cursor::new(&bytes[..12]).two_times(0x20), None);
        }
        for (one, other) in [((1 << 35) - 1, 1 << 36), (1 << 36, 1 << 42), (u64::MAX, 1 << 36)] {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(one, &mut bytes);
            bytes.push(0x20);
            prost::encoding::encode_varint(other, &mut bytes);
            assert_eq!(Cursor::new(&bytes).two_times(0x20), None);
        }
    }
}
