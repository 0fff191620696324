//! How files of frames begin and end.
//!
//! | place | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic of the kind of file |
//! | 8 | 4 | version of the format |
//! | 12 | 4 | 0 |
//! | 16 | | frames |
//! | end - 40 | 8 | place of the footer, a frame that says where the others are |
//! | end - 32 | 8 | bytes of the footer |
//! | end - 24 | 8 | bytes of the file |
//! | end - 16 | 8 | checksum (XXH3, seed 0) of the first 16 bytes, then the 24 before it |
//! | end - 8 | 8 | the magic |

use std::ops::Range;

use xxhash_rust::xxh3::Xxh3;

use crate::error::{Error, Result};
use crate::fetch::Fetch;
use crate::read::Reader;

/// Bytes of a header.
pub const HEADER: usize = 16;
/// Bytes of a trailer.
pub const TRAILER: usize = 40;

/// A kind of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileKind {
    /// What it is called in errors.
    pub what: &'static str,
    /// Its first and its last bytes.
    pub magic: [u8; 8],
    /// The oldest version that can be read.
    pub oldest: u32,
    /// The version that is written, and the newest that can be read.
    pub version: u32,
}

/// Where a file says that its footer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// The version of its format.
    pub version: u32,
    /// The frame that says where the others are.
    pub place: Range<u64>,
}

impl FileKind {
    fn header_of(&self, version: u32) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        let bytes = self.magic.into_iter().chain(version.to_le_bytes());
        header.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        header
    }

    /// The first bytes of a file.
    pub fn header(&self) -> [u8; HEADER] {
        self.header_of(self.version)
    }

    /// The last bytes of a file whose footer, at a place, stands right before them.
    pub fn trailer(&self, footer: &Range<u64>) -> [u8; TRAILER] {
        let len = footer.end.saturating_add(TRAILER as u64);
        let numbers = [footer.start, footer.end.saturating_sub(footer.start), len];
        let numbers = numbers.map(u64::to_le_bytes);
        let checksum = checksum(&self.header(), numbers.as_flattened()).to_le_bytes();
        let bytes = numbers.into_iter().chain([checksum, self.magic]).flatten();
        let mut trailer = [0; TRAILER];
        trailer.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        trailer
    }

    /// Checks how a file of `len` bytes begins and ends.
    pub fn open(&self, fetch: &dyn Fetch, len: u64) -> Result<Footer> {
        let wrong = |problem: &str| Error::corrupt(format!("{}: {problem}", self.what));
        let end = len.checked_sub(TRAILER as u64).filter(|end| *end >= HEADER as u64);
        let end = end.ok_or_else(|| wrong(&format!("{len} bytes are too few")))?;
        let header = fetch.fetch(0..HEADER as u64)?;
        let trailer = fetch.fetch(end..len)?;
        let mut reader = Reader::new(self.what, &header);
        if reader.array()? != self.magic {
            return Err(wrong("not a file of this kind"));
        }
        let version = reader.u32()?;
        let mut reader = Reader::new(self.what, &trailer);
        let numbers: [u8; 24] = reader.array()?;
        let is_right =
            reader.u64()? == checksum(&header, &numbers) && reader.array()? == self.magic;
        let mut reader = Reader::new(self.what, &numbers);
        let (start, footer) = (reader.u64()?, reader.u64()?);
        if !is_right || reader.u64()? != len || start.checked_add(footer) != Some(end) {
            return Err(wrong("wrong trailer"));
        }
        // Only of a header that the checksum vouches for.
        if !(self.oldest..=self.version).contains(&version) {
            let (what, oldest, newest) = (self.what, self.oldest, self.version);
            let told =
                format!("{what}: version {version}, this program reads {oldest} to {newest}");
            return Err(Error::version(told));
        }
        Ok(Footer { version, place: start..end })
    }
}

fn checksum(header: &[u8], numbers: &[u8]) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(header);
    hasher.update(numbers);
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const KIND: FileKind =
        FileKind { what: "test file", magic: *b"SKYTRTST", oldest: 2, version: 3 };

    fn file(kind: &FileKind) -> Vec<u8> {
        let mut file = kind.header().to_vec();
        file.extend_from_slice(b"footer");
        file.extend_from_slice(&kind.trailer(&(16..22)));
        file
    }

    fn open(file: Vec<u8>) -> Result<Footer> {
        let len = file.len() as u64;
        KIND.open(&Bytes::from(file), len)
    }

    #[test]
    fn footers_are_found_in_versions_that_can_be_read() {
        assert_eq!(open(file(&KIND)), Ok(Footer { version: 3, place: 16..22 }));
        assert_eq!(
            open(file(&FileKind { version: 2, ..KIND })),
            Ok(Footer { version: 2, place: 16..22 })
        );
        for version in [1, 4] {
            assert!(open(file(&FileKind { version, ..KIND })).is_err());
        }
    }

    #[test]
    fn every_flipped_byte_and_every_other_length_is_detected() {
        let file = file(&KIND);
        for place in (0..16).chain(22..file.len()) {
            let mut damaged = file.clone();
            damaged[place] ^= 0x10;
            assert!(open(damaged).is_err(), "byte {place}");
        }
        for len in 0..file.len() {
            assert!(open(file[..len].to_vec()).is_err(), "length {len}");
        }
        assert!(open([file.as_slice(), b"x"].concat()).is_err());
    }
}
