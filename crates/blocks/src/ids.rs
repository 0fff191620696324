//! Opaque ids in the few bytes that they say something with.
//!
//! Ids of SkyWalking's Java agents are `process.thread.number`: 32 hexadecimal digits, and the number is milliseconds
//! times 10,000 plus a counter. Ids of W3C are 32 or 16 hexadecimal digits. Others are text.

mod read;
mod write;

pub(crate) use read::{Found, IdReader, Near};
pub(crate) use write::IdWriter;

use crate::decimal::{decimal, put_decimal};

/// What the columns hold for an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Empty = 0,
    Java = 1,
    Hex32 = 2,
    Hex16 = 3,
    Text = 4,
    /// The id of another row: segments or spans, by what the columns are for.
    Row = 5,
}

/// Counts of [`Kind`].
pub(crate) const KINDS: usize = 6;

/// The milliseconds of a number and a counter.
pub(crate) const PER_MILLI: u64 = 10_000;

/// An id, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Id<'a> {
    Empty,
    Java { process: [u8; 16], thread: u32, number: u64 },
    Hex32([u8; 16]),
    Hex16([u8; 8]),
    Text(&'a [u8]),
}

/// An id whose process has a code, counted from 1, and whose text is a `T`: a place, or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CodedId<T> {
    Empty,
    Java { process: u32, thread: u32, number: u64 },
    Hex32([u8; 16]),
    Hex16([u8; 8]),
    Text(T),
}

impl<T> CodedId<T> {
    /// The same with another text.
    pub(crate) fn map<U>(self, text: impl FnOnce(T) -> U) -> CodedId<U> {
        match self {
            Self::Empty => CodedId::Empty,
            Self::Java { process, thread, number } => CodedId::Java { process, thread, number },
            Self::Hex32(bytes) => CodedId::Hex32(bytes),
            Self::Hex16(bytes) => CodedId::Hex16(bytes),
            Self::Text(of) => CodedId::Text(text(of)),
        }
    }
}

/// What no digit stands for.
const NO_DIGIT: u8 = 0xff;

/// Values of lower-case hexadecimal digits, by byte.
static DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        let byte = if value < 10 { b'0' + value } else { b'a' + value - 10 };
        digits[byte as usize] = value;
        value += 1;
    }
    digits
};

/// Bytes from twice as many lower-case hexadecimal digits.
fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let value = |digit: u8| DIGITS.get(usize::from(digit)).copied().unwrap_or(NO_DIGIT);
    let mut bytes = [0; N];
    let mut seen = 0;
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (value(*high), value(*low));
        seen |= high | low;
        *byte = high << 4 | low;
    }
    (seen < 16).then_some(bytes)
}

fn put_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let of = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
    out.extend(bytes.iter().flat_map(|byte| [of(byte >> 4), of(byte & 15)]));
}

impl<'a> Id<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Self {
        let split = match text.len() {
            0 => Some(Self::Empty),
            16 => hex(text).map(Self::Hex16),
            32 => hex(text).map(Self::Hex32),
            _ => Self::java(text),
        };
        split.unwrap_or(Self::Text(text))
    }

    fn java(text: &[u8]) -> Option<Self> {
        let (process, rest) = text.split_at_checked(32)?;
        let rest = rest.strip_prefix(b".")?;
        let dot = rest.iter().position(|byte| *byte == b'.')?;
        let (thread, number) = rest.split_at_checked(dot)?;
        let number = decimal(number.strip_prefix(b".")?)?;
        let thread = u32::try_from(decimal(thread)?).ok()?;
        Some(Self::Java { process: hex(process)?, thread, number })
    }

    /// Appends the text that it was.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Empty => {}
            Self::Java { process, thread, number } => {
                put_hex(process, out);
                out.push(b'.');
                put_decimal(u64::from(*thread), out);
                out.push(b'.');
                put_decimal(*number, out);
            }
            Self::Hex32(bytes) => put_hex(bytes, out),
            Self::Hex16(bytes) => put_hex(bytes, out),
            Self::Text(text) => out.extend_from_slice(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_apart_only_where_they_come_back() {
        let java = b"0123456789abcdef0123456789abcdef.7.17000000000001234";
        assert!(matches!(
            Id::parse(java),
            Id::Java { thread: 7, number: 17_000_000_000_001_234, .. }
        ));
        assert!(matches!(Id::parse(b"0123456789abcdef"), Id::Hex16(_)));
        assert!(matches!(Id::parse(b"0123456789abcdef0123456789abcdef"), Id::Hex32(_)));
        let texts: [&[u8]; 9] = [
            b"0123456789ABCDEF",
            b"0123456789abcdef0123456789abcdef.07.17",
            b"0123456789abcdef0123456789abcdef.7.017",
            b"0123456789abcdef0123456789abcdef.7.1234567890123456789",
            b"0123456789abcdef0123456789abcdef.4294967296.1",
            b"0123456789abcdef0123456789abcdef.7.",
            b"0123456789abcdef0123456789abcdef.7",
            b"0123456789abcdeg0123456789abcdef.7.1",
            b"x",
        ];
        for text in texts {
            assert_eq!(Id::parse(text), Id::Text(text));
        }
        let zero = b"0123456789abcdef0123456789abcdef.0.0";
        for text in texts.into_iter().chain([&java[..], &zero[..], b"", &java[..16], &java[..32]]) {
            let mut back = Vec::new();
            Id::parse(text).put(&mut back);
            assert_eq!(back, text);
        }
    }
}
