//! Where a file of the log has what: it is written in whole blocks.

use super::buffer::Buffer;
use super::config::Config;
use super::frame::ALIGNMENT;
use super::header::{HEADER_BYTES, Header};

/// Blocks that a file has at least: one for the header, one for frames, one for the copy
/// of the header.
const LEAST_BLOCKS: u64 = 3;

/// How files are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Bytes of a block.
    pub(super) block: usize,
    /// Bytes of a file of usual size.
    pub(super) usual: u64,
}

impl Layout {
    pub(super) fn new(block: usize, config: &Config) -> Self {
        // Frames are aligned in any case.
        let block = block.max(ALIGNMENT).next_multiple_of(ALIGNMENT);
        let header = HEADER_BYTES.next_multiple_of(block) as u64;
        let usual = config.segment_bytes.next_multiple_of(header).max(LEAST_BLOCKS * header);
        Self { block, usual }
    }

    /// Bytes of the blocks of a header: where frames begin.
    pub(super) fn begin(&self) -> u64 {
        HEADER_BYTES.next_multiple_of(self.block) as u64
    }

    /// Where the frames of a file of such a size end.
    pub(super) fn end(&self, size: u64) -> u64 {
        size.saturating_sub(self.begin())
    }

    /// Bytes that a frame takes that begins a group.
    pub(super) fn whole(&self, frame: u64) -> u64 {
        frame.next_multiple_of(self.block as u64)
    }

    /// Bytes of a file with room for a frame.
    pub(super) fn file_bytes(&self, frame: u64) -> u64 {
        self.whole(frame).saturating_add(2 * self.begin()).max(self.usual)
    }

    /// Whether a frame is too large for a file of usual size.
    pub(super) fn is_own_file(&self, frame: u64) -> bool {
        self.file_bytes(frame) > self.usual
    }

    /// The blocks with the header at the begin of a file, or with its copy at the end.
    pub(super) fn header(&self, header: &Header, is_copy: bool) -> Buffer {
        let bytes = header.encode();
        let mut blocks = Buffer::zeros(self.begin() as usize);
        let at = if is_copy { blocks.len() - bytes.len() } else { 0 };
        if let Some(place) = blocks.bytes_mut().get_mut(at..at + bytes.len()) {
            place.copy_from_slice(&bytes);
        }
        blocks
    }
}
