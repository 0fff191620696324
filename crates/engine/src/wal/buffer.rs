//! Memory that is written from past the page cache.

use skytrail_base::fs::LARGEST_BLOCK;

/// Bytes of memory beyond those that are wanted: to begin at a block, and to end at one.
const SPARE: usize = 2 * LARGEST_BLOCK;

/// Bytes whose first lies at the begin of a block in memory, however many there are.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    memory: Vec<u8>,
    /// Bytes of the memory before the first.
    start: usize,
}

impl Buffer {
    /// Of so many zeros.
    pub(super) fn zeros(len: usize) -> Self {
        let mut zeros = Self::default();
        zeros.resize(len);
        zeros
    }

    pub(super) fn len(&self) -> usize {
        self.memory.len() - self.start
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.memory.get(self.start..).unwrap_or_default()
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        self.memory.get_mut(self.start..).unwrap_or_default()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.memory.extend_from_slice(bytes);
    }

    /// Cuts it off, or lets it grow with zeros.
    pub(super) fn resize(&mut self, len: usize) {
        self.reserve(len.saturating_sub(self.len()));
        self.memory.resize(self.start + len, 0);
    }

    /// Puts zeros in front of what stands at a place, so that it stands at another one.
    pub(super) fn shift(&mut self, from: usize, to: usize) {
        let len = self.len();
        self.resize(len + (to - from));
        self.bytes_mut().copy_within(from..len, to);
        self.bytes_mut().get_mut(from..to).unwrap_or_default().fill(0);
    }

    /// Forgets all bytes; memory for so many stays.
    pub(super) fn clear(&mut self, kept: usize) {
        self.memory.truncate(self.start);
        if self.memory.capacity() > kept.next_power_of_two().saturating_add(SPARE) {
            *self = Self::default();
            self.reserve(kept);
        }
    }

    /// Makes room for so many more. Other memory is taken where there is too little, since
    /// a vector that grows may begin anywhere.
    pub(super) fn reserve(&mut self, more: usize) {
        if self.memory.capacity() - self.memory.len() >= more {
            return;
        }
        let wanted = (self.len() + more).next_power_of_two();
        let mut memory: Vec<u8> = Vec::with_capacity(wanted + SPARE);
        let start = memory.as_ptr().align_offset(LARGEST_BLOCK).min(LARGEST_BLOCK);
        memory.resize(start, 0);
        memory.extend_from_slice(self.bytes());
        *self = Self { memory, start };
    }
}

#[cfg(test)]
mod tests {
    use skytrail_base::fs::LARGEST_BLOCK;

    use super::Buffer;

    #[test]
    fn it_begins_at_a_block_in_memory_however_it_grows() {
        let mut buffer = Buffer::default();
        for round in 1..200_u8 {
            buffer.push(&vec![round; usize::from(round)]);
            assert!(buffer.bytes().as_ptr().addr().is_multiple_of(LARGEST_BLOCK));
        }
        let expected = (1..200_u8).flat_map(|round| vec![round; usize::from(round)]);
        assert_eq!(buffer.bytes(), expected.collect::<Vec<_>>());
        buffer.shift(1, 3);
        assert_eq!(buffer.bytes()[..6], [1, 0, 0, 2, 2, 3]);
        assert_eq!(buffer.len(), 199 * 100 + 2);
        buffer.clear(1 << 20);
        assert!(buffer.bytes().is_empty() && buffer.memory.capacity() > 199 * 100);
        buffer.clear(1 << 10);
        assert!((1..20 << 10).contains(&buffer.memory.capacity()));
    }
}
