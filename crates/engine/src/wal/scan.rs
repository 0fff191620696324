//! Reads the frames of a segment, past what is damaged.

use std::io;
use std::sync::Arc;

use skytrail_base::fs::File;
use skytrail_base::journal::Record;

use super::frame::{ALIGNMENT, FRAME_HEADER, FrameHeader};
use super::header::{HEADER_BYTES, Header};

/// Bytes that are read at once. A larger frame is read whole all the same.
const PIECE: usize = 1 << 20;

/// A frame of which at least the header is whole.
#[derive(Debug)]
pub(super) struct Found<'b> {
    pub(super) position: u64,
    /// Last position that was durable when the frame was written.
    pub(super) durable: u64,
    /// None when the payload is damaged, and of a mark.
    pub(super) record: Option<Record<'b>>,
}

/// Bytes that the disk is told of before they are read. A log that was written past
/// the system's memory comes from the disk, which then works while frames are decoded.
const TOLD: u64 = 8 << 20;

/// Goes through a segment from front to back.
pub(super) struct Scan {
    file: Arc<dyn File>,
    header: Header,
    /// Where the next read of the file begins, and where the last ends.
    offset: u64,
    end: u64,
    /// Up to here the disk was told.
    told: u64,
    buffer: Vec<u8>,
    /// Bytes of the buffer that are behind us.
    passed: usize,
}

impl Scan {
    /// Of the first `end` bytes of a segment.
    pub(super) fn new(file: Arc<dyn File>, header: Header, end: u64) -> Self {
        let offset = HEADER_BYTES as u64;
        Self { file, header, offset, end, told: offset, buffer: Vec::new(), passed: 0 }
    }

    /// The next frame; none when no more begins anywhere.
    pub(super) fn next(&mut self) -> io::Result<Option<Found<'_>>> {
        let header = loop {
            if !self.fill(FRAME_HEADER)? {
                return Ok(None);
            }
            match FrameHeader::read(self.ahead(), &self.header) {
                Some(header) => break header,
                None => self.passed += ALIGNMENT,
            }
        };
        let is_there = self.fill(header.frame_bytes())?;
        let start = self.passed + FRAME_HEADER;
        // The header is whole, so its length is; what it announces may be cut off.
        self.passed += if is_there { header.frame_bytes() } else { ALIGNMENT };
        let behind = self.buffer.get(start..).unwrap_or_default();
        let record = header.record(behind).filter(|_| !header.is_mark());
        Ok(Some(Found { position: header.position, durable: header.durable, record }))
    }

    fn ahead(&self) -> &[u8] {
        self.buffer.get(self.passed..).unwrap_or_default()
    }

    /// Reads until so many bytes are ahead; false when there are not so many.
    fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        if self.ahead().len() >= wanted {
            return Ok(true);
        }
        self.buffer.drain(..self.passed.min(self.buffer.len()));
        self.passed = 0;
        let more = wanted.max(PIECE) - self.buffer.len();
        let more = usize::try_from(self.end.saturating_sub(self.offset))
            .map_or(more, |left| more.min(left));
        if self.told < self.end.min(self.offset + TOLD / 2) {
            self.file.will_read(self.told, TOLD);
            self.told += TOLD;
        }
        let held = self.buffer.len();
        self.buffer.resize(held + more, 0);
        let ahead = self.buffer.get_mut(held..).unwrap_or_default();
        let read = read_past_damage(&*self.file, ahead, self.offset)?;
        self.buffer.truncate(held + read);
        self.offset += read as u64;
        Ok(self.buffer.len() >= wanted)
    }
}

/// What the system says when a disk cannot read a sector.
const EIO: i32 = 5;

/// Bytes that a disk reads or cannot read together.
const SECTOR: usize = 512;

/// Whether the disk has lost a sector, which reading it again does not change.
pub(super) fn is_unreadable(error: &io::Error) -> bool {
    error.raw_os_error() == Some(EIO)
}

/// Reads like [`File::read_at`]. Sectors that the disk cannot read, also the second time,
/// are zeros: what was in them is damaged as if they had other bytes, and the rest is not.
fn read_past_damage(file: &dyn File, into: &mut [u8], at: u64) -> io::Result<usize> {
    match file.read_at(into, at) {
        Err(error) if is_unreadable(&error) => {}
        read => return read,
    }
    let len = usize::try_from(file.len()?.saturating_sub(at))
        .map_or(into.len(), |left| left.min(into.len()));
    for (sector, offset) in into.chunks_mut(SECTOR).zip((at..).step_by(SECTOR)) {
        match file.read_at(sector, offset) {
            Err(error) if is_unreadable(&error) => sector.fill(0),
            read => drop(read?),
        }
    }
    Ok(len)
}

/// Where a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct End {
    /// Up to here it is known to be durable.
    pub(super) durable: u64,
    /// Last position of it.
    pub(super) last: u64,
}

/// Where a segment ends that has no successor to tell it. A frame that is not
/// there, or damaged, below a mark of durability was lost by the disk; beyond
/// every mark it was never durable, and neither was anything behind it.
pub(super) fn end_of(mut scan: Scan) -> io::Result<End> {
    let mut durable = scan.header.previous_end;
    let mut last = scan.header.first.saturating_sub(1);
    // Positions that are missing, as runs; the lowest come first.
    let mut gaps: Vec<(u64, u64)> = Vec::new();
    while let Some(found) = scan.next()? {
        durable = durable.max(found.durable);
        let end = found.position.saturating_sub(u64::from(found.record.is_some()));
        if end > last {
            gaps.push((last.saturating_add(1), end));
        }
        // Runs below the mark make no difference any more.
        gaps.retain(|(_, end)| *end > durable);
        last = last.max(found.position);
    }
    let torn = gaps.first().map(|(start, _)| start.saturating_sub(1).max(durable));
    Ok(End { durable, last: torn.unwrap_or(last) })
}
