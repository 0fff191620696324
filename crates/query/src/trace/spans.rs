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
    /// Spans whose parent is in another segment, which they know by its id alone, and
    /// that parent; all as batch and row, sorted.
    elsewhere: Vec<[(u32, u32); 2]>,
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
        let spans = Self { batches, places: spans, elsewhere: Vec::new() };
        let stored: Vec<_> = spans.places.iter().filter_map(|place| spans.stored(*place)).collect();
        let order = order(&stored);
        drop(stored);
        let at = |place: &u32| spans.places.get(*place as usize).copied();
        let pair = |(child, parent): &(u32, u32)| Some([at(child)?, at(parent)?]);
        let mut elsewhere: Vec<_> = order.elsewhere.iter().filter_map(pair).collect();
        elsewhere.sort_unstable();
        let places = order.places.iter().filter_map(at).collect();
        Self { places, batches: spans.batches, elsewhere }
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
        self.made(*self.places.get(place)?)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Span> {
        self.places.iter().filter_map(|place| self.made(*place))
    }

    /// Lets go of those behind the first ones.
    pub fn truncate(&mut self, most: usize) {
        self.places.truncate(most);
    }

    /// Memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        let batches: usize = self.batches.iter().map(|batch| batch.memory()).sum();
        let rows = size_of_val(&*self.places) + size_of_val(&*self.elsewhere);
        batches + rows + size_of_val(&*self.batches)
    }

    fn stored(&self, (batch, row): (u32, u32)) -> Option<Stored<'_>> {
        let batch = self.batches.get(batch as usize)?;
        let span = batch.spans.get(row as usize)?;
        let segment = batch.segments.get(span.segment as usize)?;
        Some(Stored { batch, segment, span })
    }

    /// The answer; a parent that is known by its id is told by segment and number as well.
    fn made(&self, place: (u32, u32)) -> Option<Span> {
        let Stored { batch, segment, span } = self.stored(place)?;
        let mut made = answer(batch, segment, span);
        let known = self.elsewhere.binary_search_by_key(&place, |[child, _]| *child).ok();
        let parent = known.and_then(|at| self.elsewhere.get(at)).map(|[_, parent]| *parent);
        if let Some(parent) = parent.and_then(|parent| self.stored(parent)) {
            made.refs.push(parent.as_cause());
        }
        Some(made)
    }
}
