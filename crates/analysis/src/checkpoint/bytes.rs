//! Numbers and texts as bytes, and back. Bytes that are read come from a disk:
//! no length in them is believed.

use crate::error::{Error, Result};

/// Seven bits to the byte, the lowest first.
pub(crate) fn put_number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Numbers near zero, on either side of it, take few bytes.
pub(crate) fn put_signed(into: &mut Vec<u8>, number: i64) {
    put_number(into, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// Its length, then the text.
pub(crate) fn put_text(into: &mut Vec<u8>, text: &str) {
    put_number(into, text.len() as u64);
    into.extend_from_slice(text.as_bytes());
}

/// Reads what was put, in the same order.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

fn cut() -> Error {
    Error::invalid("checkpoint: state cannot be read: it is cut off")
}

fn wrong(what: &str) -> Error {
    Error::invalid(format!("checkpoint: state cannot be read: {what}"))
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(cut)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// So many bytes, as they are.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk::<N>().ok_or_else(cut)?;
        self.rest = rest;
        Ok(*array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn number(&mut self) -> Result<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(wrong("a number is too large"))
    }

    /// A number of things. It says nothing about how many there are: callers
    /// allocate as they read.
    pub(crate) fn count(&mut self) -> Result<usize> {
        usize::try_from(self.number()?).map_err(|_| wrong("a number is too large"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(crate) fn text(&mut self) -> Result<&'a str> {
        let len = self.count()?;
        std::str::from_utf8(self.bytes(len)?).map_err(|_| wrong("a text is not UTF-8"))
    }

    /// That nothing is left.
    pub(crate) fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(wrong("bytes are left over")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Reader, put_number, put_signed, put_text};

    proptest! {
        #[test]
        fn what_is_put_reads_back_and_a_cut_is_an_error(
            number: u64,
            signed: i64,
            text: String,
            cut: prop::sample::Index,
        ) {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            put_signed(&mut bytes, signed);
            put_text(&mut bytes, &text);
            let read = |bytes: &[u8]| -> crate::Result<(u64, i64, String)> {
                let mut reader = Reader::new(bytes);
                let read = (reader.number()?, reader.signed()?, reader.text()?.to_owned());
                reader.end().map(|()| read)
            };
            prop_assert_eq!(read(&bytes).unwrap(), (number, signed, text));
            prop_assert!(read(&bytes[..cut.index(bytes.len())]).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while reader.end().is_err() {
                if reader.number().is_err() || reader.text().is_err() || reader.signed().is_err() {
                    break;
                }
            }
        }
    }
}
