//! Numbers and pieces out of bytes, each checked against what is there.

use crate::error::{Error, Result};
use crate::write::unzigzag;

/// Reads bytes from front to back.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
    len: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte; `what` says in errors what is read.
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes, len: bytes.len() }
    }

    /// Bytes read so far.
    pub fn place(&self) -> usize {
        self.len - self.rest.len()
    }

    /// Whether everything is read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// An error about this place.
    pub fn wrong(&self, problem: &str) -> Error {
        Error::corrupt(format!("{}: {problem} at byte {}", self.what, self.place()))
    }

    /// The next bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (bytes, rest) =
            self.rest.split_at_checked(count).ok_or_else(|| self.wrong("too few bytes"))?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The next bytes, as many as an array holds.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) =
            self.rest.split_first_chunk::<N>().ok_or_else(|| self.wrong("too few bytes"))?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// A byte.
    pub fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Sixteen bytes.
    pub fn u128(&mut self) -> Result<u128> {
        Ok(u128::from_le_bytes(self.array()?))
    }

    /// A varint of ten bytes at most.
    pub fn varint(&mut self) -> Result<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            if shift == 63 && byte > 1 {
                return Err(self.wrong("a number of more than 64 bits"));
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(self.wrong("a number of more than 64 bits"))
    }

    /// A varint that is at most `limit`.
    pub fn count(&mut self, limit: u64) -> Result<usize> {
        let number = self.varint()?;
        if number > limit {
            return Err(self.wrong(&format!("a count of {number}, more than {limit},")));
        }
        usize::try_from(number).map_err(|_| self.wrong("a count of more than 64 bits"))
    }

    /// A signed varint.
    pub fn signed(&mut self) -> Result<i64> {
        Ok(unzigzag(self.varint()?))
    }

    /// A length and so many bytes.
    pub fn sized(&mut self) -> Result<&'a [u8]> {
        let len = self.count(self.rest.len() as u64)?;
        self.bytes(len)
    }
}
