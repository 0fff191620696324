//! A record as it stands in a segment.

use std::borrow::Cow;

use skytrail_base::journal::Record;

use super::buffer::Buffer;
use super::header::Header;
use crate::bytes::{checksum, put, u16_at, u32_at, u64_at};

/// Bytes before a payload.
pub(super) const FRAME_HEADER: usize = 64;

/// Frames begin at multiples of this, so that one behind a damaged one is found.
pub(super) const ALIGNMENT: usize = 8;

const MAGIC: u32 = u32::from_le_bytes(*b"WREC");

const LEN_AT: usize = 4;
const GENERATION_AT: usize = 8;
const POSITION_AT: usize = 16;
const DURABLE_AT: usize = 24;
const ARRIVAL_AT: usize = 32;
const SHARD_AT: usize = 40;
const DECODER_AT: usize = 42;
const PAYLOAD_SUM_AT: usize = 48;
const HEADER_SUM_AT: usize = 56;

/// Bytes of a frame with a payload of so many.
pub(super) fn frame_bytes(payload: usize) -> usize {
    (FRAME_HEADER + payload).next_multiple_of(ALIGNMENT)
}

/// Appends a record that is still to be sealed.
pub(super) fn push(into: &mut Buffer, position: u64, record: &Record<'_>) {
    let mut header = [0; FRAME_HEADER];
    put(&mut header, 0, MAGIC.to_le_bytes());
    put(&mut header, LEN_AT, (record.payload.len() as u32).to_le_bytes());
    put(&mut header, POSITION_AT, position.to_le_bytes());
    put(&mut header, ARRIVAL_AT, record.arrival.to_le_bytes());
    put(&mut header, SHARD_AT, record.shard.to_le_bytes());
    put(&mut header, DECODER_AT, record.decoder.to_le_bytes());
    into.reserve(frame_bytes(record.payload.len()));
    into.push(&header);
    into.push(&record.payload);
    into.resize(into.len().next_multiple_of(ALIGNMENT));
}

/// Completes a frame for the segment that it goes to. `durable` is the last
/// position that is known to be durable.
pub(super) fn seal(frame: &mut [u8], segment: &Header, durable: u64) {
    put(frame, GENERATION_AT, segment.generation.to_le_bytes());
    put(frame, DURABLE_AT, durable.to_le_bytes());
    let sum = checksum(frame.get(FRAME_HEADER..).unwrap_or_default(), segment.salt);
    put(frame, PAYLOAD_SUM_AT, sum.to_le_bytes());
    let sum = checksum(frame.get(..HEADER_SUM_AT).unwrap_or_default(), segment.salt);
    put(frame, HEADER_SUM_AT, sum.to_le_bytes());
}

/// A frame without a record, which tells up to where the log is durable: its
/// position is the last one that is.
pub(super) fn mark(segment: &Header, durable: u64) -> Buffer {
    let mut bytes = Buffer::default();
    let nothing = Record { shard: 0, decoder: 0, arrival: 0, payload: Cow::Borrowed(&[]) };
    push(&mut bytes, durable, &nothing);
    seal(bytes.bytes_mut(), segment, durable);
    bytes
}

/// What stands before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) position: u64,
    /// Last position that was durable when the frame was written.
    pub(super) durable: u64,
    /// Bytes of the payload.
    pub(super) len: usize,
    shard: u16,
    decoder: u16,
    arrival: i64,
    sum: u64,
    salt: u64,
}

impl FrameHeader {
    /// None where no frame of this segment begins.
    pub(super) fn read(bytes: &[u8], segment: &Header) -> Option<Self> {
        let header = bytes.first_chunk::<FRAME_HEADER>()?;
        if u32_at(header, 0) != MAGIC || u64_at(header, GENERATION_AT) != segment.generation {
            return None;
        }
        let sum = checksum(header.get(..HEADER_SUM_AT)?, segment.salt);
        (sum == u64_at(header, HEADER_SUM_AT)).then(|| Self {
            position: u64_at(header, POSITION_AT),
            durable: u64_at(header, DURABLE_AT),
            len: u32_at(header, LEN_AT) as usize,
            shard: u16_at(header, SHARD_AT),
            decoder: u16_at(header, DECODER_AT),
            arrival: u64_at(header, ARRIVAL_AT).cast_signed(),
            sum: u64_at(header, PAYLOAD_SUM_AT),
            salt: segment.salt,
        })
    }

    /// Whether it only tells up to where the log is durable.
    pub(super) fn is_mark(&self) -> bool {
        self.durable >= self.position
    }

    /// Bytes of the whole frame.
    pub(super) fn frame_bytes(&self) -> usize {
        frame_bytes(self.len)
    }

    /// The record, given what stands behind the header; none when that is
    /// damaged.
    pub(super) fn record<'p>(&self, behind: &'p [u8]) -> Option<Record<'p>> {
        let padded = behind.get(..self.frame_bytes() - FRAME_HEADER)?;
        if checksum(padded, self.salt) != self.sum {
            return None;
        }
        Some(Record {
            shard: self.shard,
            decoder: self.decoder,
            arrival: self.arrival,
            payload: Cow::Borrowed(padded.get(..self.len)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};
    use skytrail_base::journal::Record;

    use super::{ALIGNMENT, Buffer, FRAME_HEADER, FrameHeader, Header, frame_bytes, push, seal};

    const SEGMENT: Header =
        Header { generation: 3, first: 5, previous_end: 4, rewritten: 4, salt: 99 };

    fn sealed(record: &Record<'_>) -> Vec<u8> {
        let mut bytes = Buffer::default();
        push(&mut bytes, 9, record);
        seal(bytes.bytes_mut(), &SEGMENT, 7);
        bytes.bytes().to_vec()
    }

    fn read<'b>(bytes: &'b [u8], segment: &Header) -> Option<(FrameHeader, Record<'b>)> {
        let header = FrameHeader::read(bytes, segment)?;
        Some((header, header.record(&bytes[FRAME_HEADER..])?))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_every_flipped_bit_is_seen(
            payload in prop::collection::vec(any::<u8>(), 0..200),
            shard: u16,
            arrival: i64,
        ) {
            let record = Record { shard, decoder: 2, arrival, payload: payload.into() };
            let bytes = sealed(&record);
            assert_eq!(bytes.len(), frame_bytes(record.payload.len()));
            assert_eq!(bytes.len() % ALIGNMENT, 0);
            let (header, found) = read(&bytes, &SEGMENT).unwrap();
            assert_eq!((header.position, header.durable, &found), (9, 7, &record));
            let others = [Header { generation: 2, ..SEGMENT }, Header { salt: 98, ..SEGMENT }];
            assert!(others.iter().all(|other| read(&bytes, other).is_none()), "of another use");
            for bit in 0..bytes.len() * 8 {
                let mut damaged = bytes.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert!(read(&damaged, &SEGMENT).is_none(), "bit {bit}");
            }
            for len in 0..bytes.len() {
                assert!(read(&bytes[..len], &SEGMENT).is_none(), "cut off at {len}");
            }
        }
    }
}
