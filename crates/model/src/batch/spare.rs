//! Buffers of batches that nobody reads any more, for the batches to come: a
//! busy shard fills a megabyte many times a second, and memory that goes to the
//! system and comes back costs more than what is written into it.

use std::sync::{Arc, Mutex, PoisonError};

use super::SpanBatch;
use crate::text::SymbolSpace;

/// Batches that lie ready at most; one more is given back to the system. Those that were made durable together come
/// back together.
const MOST: usize = 4;

/// Where the batches of a shard come from, and go to in [`SpanBatch::recycle`].
#[derive(Debug, Clone, Default)]
pub struct Spare(Option<Arc<Mutex<Vec<SpanBatch>>>>);

/// How many rows of each kind a batch has, or should have room for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchSize {
    bytes: usize,
    names: usize,
    segments: usize,
    spans: usize,
    attributes: usize,
    links: usize,
    events: usize,
}

impl Spare {
    /// A place where nothing lies yet.
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// An empty batch with room for about as much as one of this size, so that
    /// a busy shard does not grow every batch anew.
    pub fn batch(&self, like: BatchSize) -> SpanBatch {
        let old = self.take().unwrap_or_default();
        SpanBatch {
            space: SymbolSpace::default(),
            bytes: with_room(old.bytes, like.bytes),
            names: with_room(old.names, like.names),
            segments: with_room(old.segments, like.segments),
            spans: with_room(old.spans, like.spans),
            attributes: with_room(old.attributes, like.attributes),
            links: with_room(old.links, like.links),
            events: with_room(old.events, like.events),
            spare: self.clone(),
        }
    }

    fn take(&self) -> Option<SpanBatch> {
        let Self(Some(batches)) = self else { return None };
        batches.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put(&self, batch: SpanBatch) {
        let Self(Some(batches)) = self else { return };
        let mut batches = batches.lock().unwrap_or_else(PoisonError::into_inner);
        if batches.len() < MOST {
            batches.push(batch);
        }
    }
}

/// Room that is made for as many rows as the last batch had.
fn room_for(len: usize) -> usize {
    len + len / 8
}

/// Gives back what was reserved and not used, if it is more than a fourth. The
/// rows are copied for that: an allocator asked to shrink a block by less than
/// half may keep it as it is, and nobody would know of what it keeps.
fn shrink<T: Copy>(rows: &mut Vec<T>) {
    if rows.capacity() > rows.len() + rows.len() / 4 {
        *rows = rows.as_slice().into();
    }
}

/// An old vector, if it has room for a little more than `len` rows, so that
/// batches of about one size can take each other's place, and not for so many
/// that most of it would be kept alive for nothing; else a new one.
fn with_room<T>(mut old: Vec<T>, len: usize) -> Vec<T> {
    if (len + len / 32..=len + len / 4).contains(&old.capacity()) {
        old.clear();
        return old;
    }
    Vec::with_capacity(room_for(len))
}

impl SpanBatch {
    /// How much it holds.
    pub fn size(&self) -> BatchSize {
        BatchSize {
            bytes: self.bytes.len(),
            names: self.names.len(),
            segments: self.segments.len(),
            spans: self.spans.len(),
            attributes: self.attributes.len(),
            links: self.links.len(),
            events: self.events.len(),
        }
    }

    /// Gives back memory that was reserved and not used, except for a little;
    /// called before a batch is kept.
    pub fn shrink(&mut self) {
        shrink(&mut self.bytes);
        shrink(&mut self.names);
        shrink(&mut self.segments);
        shrink(&mut self.spans);
        shrink(&mut self.attributes);
        shrink(&mut self.links);
        shrink(&mut self.events);
    }

    /// Lets its buffers be used again where it came from; it is empty then.
    pub fn recycle(&mut self) {
        let mut batch = std::mem::take(self);
        let spare = std::mem::take(&mut batch.spare);
        spare.put(batch);
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Spare};
    use crate::batch::SpanBatch;

    fn filled(mut batch: SpanBatch, bytes: usize) -> SpanBatch {
        batch.bytes.resize(bytes, 7);
        batch
    }

    #[test]
    fn buffers_are_used_again_where_they_fit_and_are_empty_then() {
        let spare = Spare::new();
        let mut batch = filled(spare.batch(filled(SpanBatch::default(), 1000).size()), 1000);
        let (size, place) = (batch.size(), batch.bytes.as_ptr());
        batch.recycle();
        assert_eq!(batch.memory(), SpanBatch::default().memory());
        let again = spare.batch(size);
        assert_eq!((again.bytes.as_ptr(), again.size().bytes), (place, 0));
        let other = spare.batch(size);
        assert_ne!(other.bytes.as_ptr(), place, "what is in use is not given out twice");
    }

    #[test]
    fn a_large_buffer_is_not_kept_alive_by_a_small_batch() {
        let spare = Spare::new();
        let mut batch = filled(spare.batch(Default::default()), 1000);
        batch.spans = Vec::with_capacity(100_000);
        let size = batch.size();
        batch.bytes = Vec::with_capacity(100_000);
        batch.recycle();
        let again = spare.batch(size);
        assert_eq!((again.bytes.capacity(), again.spans.capacity()), (1125, 0));
    }

    #[test]
    fn few_lie_ready_and_what_came_from_nowhere_goes_nowhere() {
        let spare = Spare::new();
        let batches = [(); MOST + 3].map(|()| filled(spare.batch(Default::default()), 100));
        batches.into_iter().for_each(|mut batch| batch.recycle());
        filled(SpanBatch::default(), 100).recycle();
        assert_eq!(std::iter::from_fn(|| spare.take()).count(), MOST);
    }

    #[test]
    fn little_slack_stays_and_much_is_given_back_for_good() {
        let mut batch = SpanBatch { bytes: Vec::with_capacity(1200), ..SpanBatch::default() };
        batch.bytes.resize(1000, 0);
        let place = batch.bytes.as_ptr();
        batch.shrink();
        assert_eq!((batch.bytes.as_ptr(), batch.bytes.capacity()), (place, 1200));
        batch.bytes.truncate(900);
        batch.shrink();
        assert_eq!(batch.bytes.capacity(), 900);
        assert_ne!(batch.bytes.as_ptr(), place, "the old block is not kept");
    }
}
