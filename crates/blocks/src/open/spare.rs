//! Room of blocks that are gone, for those to come: memory that goes to the system and comes back costs more than what
//! is written into it.

use std::sync::Arc;

use parking_lot::Mutex;

use super::rows::Rows;

/// Blocks whose room waits at most: while one is filled, another waits to be encoded, and a third one is.
const MOST: usize = 2;

/// Bytes of room that waits, where nobody says how many.
const MOST_BYTES: usize = 8 << 20;

/// Room of blocks that are gone, for the next ones of all writers that share it.
#[derive(Debug, Clone)]
pub struct SpareRows {
    most_bytes: usize,
    rooms: Arc<Mutex<Vec<Rows>>>,
}

impl Default for SpareRows {
    fn default() -> Self {
        Self::new(MOST_BYTES)
    }
}

fn memory_of(rooms: &[Rows]) -> usize {
    rooms.iter().map(Rows::memory).sum()
}

impl SpareRows {
    /// Keeps no more than so many bytes.
    pub fn new(most_bytes: usize) -> Self {
        Self { most_bytes, rooms: Arc::default() }
    }

    /// Bytes of memory that nobody uses now.
    pub fn memory(&self) -> usize {
        memory_of(&self.rooms.lock())
    }

    pub(super) fn take(&self) -> Rows {
        self.rooms.lock().pop().unwrap_or_default()
    }

    /// Keeps the room of a block, as much of it as there may be.
    pub(super) fn give(&self, mut rows: Rows) {
        rows.clear();
        let mut rooms = self.rooms.lock();
        if rooms.len() >= MOST {
            return;
        }
        rows.fit(self.most_bytes.saturating_sub(memory_of(&rooms)));
        rooms.push(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, SpareRows};
    use crate::open::rows::Rows;

    fn with_texts(bytes: usize) -> Rows {
        Rows { texts: Vec::with_capacity(bytes), ..Rows::default() }
    }

    #[test]
    fn room_is_given_out_once_and_all_that_waits_is_bounded() {
        let spare = SpareRows::new(1000);
        spare.give(with_texts(600));
        assert_eq!(spare.memory(), 600);
        let place = |rows: &Rows| rows.texts.as_ptr();
        let (one, other) = (spare.take(), spare.take());
        assert_ne!(place(&one), place(&other));
        assert_eq!((one.memory(), other.memory(), spare.memory()), (600, 0, 0));
        for _ in 0..=MOST {
            spare.give(with_texts(1 << 20));
        }
        assert_eq!(spare.memory(), 1000);
    }

    #[test]
    fn what_is_too_large_keeps_its_proportions() {
        let spare = SpareRows::new(20_000);
        let spans = Vec::with_capacity(1000);
        spare.give(Rows { spans, ..with_texts(40_000) });
        let rows = spare.take();
        assert!(rows.memory() <= 20_000);
        assert!(rows.spans.capacity() > 200 && rows.texts.capacity() > 8_000, "{rows:?}");
    }
}
