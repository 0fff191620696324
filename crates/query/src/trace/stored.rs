//! A span where it is stored.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{LinkKind, Segment, Span};
use skytrail_model::text::Text;

use super::condition::MILLI;
use super::span::{Ref, RefType};

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

    /// As what caused another span.
    pub(super) fn as_cause(&self) -> Ref {
        Ref {
            trace_id: self.text(self.segment.trace_id).to_owned(),
            parent_segment_id: self.text(self.segment.segment_id).to_owned(),
            parent_span_id: self.span.number,
            r#type: RefType::CrossProcess,
            span_id: self.text(self.span.id).to_owned(),
        }
    }

    pub(super) fn start_millis(&self) -> i64 {
        self.span.start.div_euclid(MILLI)
    }

    /// Whether its parent is not in its segment, and no link says where it is.
    pub(super) fn names_parent_by_id_alone(&self) -> bool {
        let mut links = self.batch.links_of(self.span).iter();
        self.span.parent < 0 && links.all(|link| link.kind == LinkKind::Follows)
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
