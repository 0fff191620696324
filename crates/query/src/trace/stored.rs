//! A span where it is stored.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{LinkKind, Segment, Span};
use skytrail_model::text::Text;

use super::condition::MILLI;

/// A span where it is stored.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    pub(super) batch: &'a SpanBatch,
    pub(super) segment: &'a Segment,
    pub(super) span: &'a Span,
}

/// What a span is known by to its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key<'a> {
    /// Segment and number.
    Number(&'a str, i32),
    /// Opaque id.
    Id(&'a str),
}

impl<'a> Stored<'a> {
    pub(super) fn text(&self, text: Text) -> &'a str {
        self.batch.text(text)
    }

    pub(super) fn start_millis(&self) -> i64 {
        self.span.start.div_euclid(MILLI)
    }

    pub(super) fn parent(&self) -> Option<Key<'a>> {
        let links = self.batch.links_of(self.span).iter().rev();
        let mut causes = links.filter(|link| link.kind != LinkKind::Follows);
        if let Some(cause) = causes.next() {
            return Some(match self.text(cause.span_id) {
                "" => Key::Number(self.text(cause.segment_id), cause.span_number),
                id => Key::Id(id),
            });
        }
        match self.text(self.span.parent_id) {
            "" if self.span.parent < 0 => None,
            "" => Some(Key::Number(self.text(self.segment.segment_id), self.span.parent)),
            id => Some(Key::Id(id)),
        }
    }
}
