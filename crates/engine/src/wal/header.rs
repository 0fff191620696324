//! What a segment of the log begins with.

use crate::bytes::{checksum, put, u32_at, u64_at};

/// Bytes before the first record, and of the copy behind the last: a sector,
/// which a disk writes whole.
pub(super) const HEADER_BYTES: usize = 512;

const MAGIC: u64 = u64::from_le_bytes(*b"SKYTRWAL");
const VERSION: u32 = 1;

const VERSION_AT: usize = 8;
const GENERATION_AT: usize = 16;
const FIRST_AT: usize = 24;
const PREVIOUS_END_AT: usize = 32;
const REWRITTEN_AT: usize = 40;
const SALT_AT: usize = 48;
const CHECKSUM_AT: usize = 56;

/// Which part of the log a segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Grows by one per segment, so that what a recycled file still holds of its
    /// last use is told from what was written since.
    pub(super) generation: u64,
    /// Position of its first record.
    pub(super) first: u64,
    /// Last position of the segments before it. What they hold beyond it was
    /// never durable, and is void.
    pub(super) previous_end: u64,
    /// Up to here it holds once more what segments before it hold, because nobody
    /// knew whether the disk had it. Until all of that is there, the segment does
    /// not count. Below `first` where there is no such thing.
    pub(super) rewritten: u64,
    /// Goes into the checksums of its frames: a number that no client knows, so
    /// that no payload can hold what would be taken for a frame when the frame
    /// around it is torn.
    pub(super) salt: u64,
}

/// What the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// A segment.
    Header(Header),
    /// Nothing was written to it as yet.
    Blank,
    /// Something else, or damaged.
    Damaged,
    /// A segment of another version of the format.
    Version(u32),
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        put(&mut bytes, 0, MAGIC.to_le_bytes());
        put(&mut bytes, VERSION_AT, VERSION.to_le_bytes());
        put(&mut bytes, GENERATION_AT, self.generation.to_le_bytes());
        put(&mut bytes, FIRST_AT, self.first.to_le_bytes());
        put(&mut bytes, PREVIOUS_END_AT, self.previous_end.to_le_bytes());
        put(&mut bytes, REWRITTEN_AT, self.rewritten.to_le_bytes());
        put(&mut bytes, SALT_AT, self.salt.to_le_bytes());
        let sum = checksum(bytes.get(..CHECKSUM_AT).unwrap_or_default(), 0);
        put(&mut bytes, CHECKSUM_AT, sum.to_le_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Read {
        if bytes.iter().all(|byte| *byte == 0) {
            return Read::Blank;
        }
        let sum = checksum(bytes.get(..CHECKSUM_AT).unwrap_or_default(), 0);
        let rest = bytes.get(CHECKSUM_AT + size_of::<u64>()..HEADER_BYTES).unwrap_or(&[1]);
        let is_whole = u64_at(bytes, CHECKSUM_AT) == sum && rest.iter().all(|byte| *byte == 0);
        if u64_at(bytes, 0) != MAGIC || !is_whole {
            return Read::Damaged;
        }
        let version = u32_at(bytes, VERSION_AT);
        if version != VERSION {
            return Read::Version(version);
        }
        let header = Self {
            generation: u64_at(bytes, GENERATION_AT),
            first: u64_at(bytes, FIRST_AT),
            previous_end: u64_at(bytes, PREVIOUS_END_AT),
            rewritten: u64_at(bytes, REWRITTEN_AT),
            salt: u64_at(bytes, SALT_AT),
        };
        if header.previous_end < header.first { Read::Header(header) } else { Read::Damaged }
    }
}

#[cfg(test)]
mod tests {
    use super::{HEADER_BYTES, Header, Read};

    #[test]
    fn every_flipped_bit_is_seen() {
        let header =
            Header { generation: 7, first: 100, previous_end: 98, rewritten: 102, salt: 77 };
        let bytes = header.encode();
        assert_eq!(Header::read(&bytes), Read::Header(header));
        for bit in 0..HEADER_BYTES * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::read(&damaged), Read::Damaged, "bit {bit}");
        }
        assert_eq!(Header::read(&[0; HEADER_BYTES]), Read::Blank);
        assert_eq!(Header::read(&bytes[..100]), Read::Damaged);
    }
}
