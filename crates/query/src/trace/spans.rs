//! The spans of a trace, as they are stored until somebody looks at them.

use std::fmt;
use std::sync::Arc;

use skytrail_model::batch::SpanBatch;
use skytrail_storage::rows::Gathered;

use super::order::order;
use super::span::{Span, answer};
use super::stored::Stored;

/// Spans of a trace, each made when it is looked at: an answer takes several times the memory of
/// what it is made from.
#[derive(Clone, Default)]
pub struct Spans {
    batches: Vec<Arc<SpanBatch>>,
    /// Batch and row of each.
    places: Vec<(u32, u32)>,
}

/// What a span takes while the order of all is found out.
pub(super) const ORDER_BYTES: usize = 160;

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Spans {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Spans {}

impl Spans {
    /// Parents before children.
    pub(super) fn in_order(gathered: Gathered) -> Self {
        let Gathered { batches, spans, .. } = gathered;
        let spans = Self { batches, places: spans };
        let stored: Vec<_> = spans.places.iter().filter_map(|place| spans.stored(*place)).collect();
        let order = order(&stored);
        drop(stored);
        let places = order.iter().filter_map(|place| spans.places.get(*place as usize).copied());
        Self { places: places.collect(), batches: spans.batches }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// One of them.
    pub fn get(&self, place: usize) -> Option<Span> {
        Some(made(self.stored(*self.places.get(place)?)?))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Span> {
        self.places.iter().filter_map(|place| self.stored(*place)).map(made)
    }

    /// Lets go of those behind the first ones.
    pub fn truncate(&mut self, most: usize) {
        self.places.truncate(most);
    }

    /// Memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        let batches: usize = self.batches.iter().map(|batch| batch.memory()).sum();
        batches + size_of_val(&*self.places) + size_of_val(&*self.batches)
    }

    fn stored(&self, (batch, row): (u32, u32)) -> Option<Stored<'_>> {
        let batch = self.batches.get(batch as usize)?;
        let span = batch.spans.get(row as usize)?;
        let segment = batch.segments.get(span.segment as usize)?;
        Some(Stored { batch, segment, span })
    }
}

fn made(Stored { batch, segment, span }: Stored<'_>) -> Span {
    answer(batch, segment, span)
}
