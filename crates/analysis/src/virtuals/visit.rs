//! A span on its way to a virtual service.

use skytrail_model::entity::EntityId;
use skytrail_model::span::{Segment, Span};

use crate::oal::event::Tags;

/// A span at a virtual service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) span: &'a Span,
    pub(crate) tags: Tags<'a>,
    /// The calling service.
    pub(crate) caller: EntityId,
}

impl Visit<'_> {
    /// Identifies the span among the records of its list.
    pub(super) fn record_id(&self) -> String {
        let segment = self.tags.batch.text(self.segment.segment_id);
        format!("{segment}-{}", self.span.number)
    }
}

/// The first characters of a text.
pub(super) fn cut(text: &str, characters: usize) -> &str {
    match text.char_indices().nth(characters) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}
