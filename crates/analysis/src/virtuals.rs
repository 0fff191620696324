//! Services that only their clients tell of: databases, caches and message
//! queues. They count whether or not the span is skipped otherwise.

mod cache;
mod database;
mod queue;

use skytrail_model::entity::EntityId;
use skytrail_model::span::{Segment, Span, SpanLayer};

use crate::oal::event::Tags;
use crate::source::Sources;

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
    fn record_id(&self) -> String {
        let segment = self.tags.batch.text(self.segment.segment_id);
        format!("{segment}-{}", self.span.number)
    }
}

/// Counts a span at the virtual service that its layer stands for.
pub(crate) fn visit(sources: &mut Sources<'_>, visit: &Visit<'_>) {
    match visit.span.layer {
        SpanLayer::Database => database::visit(sources, visit),
        SpanLayer::Cache => cache::visit(sources, visit),
        SpanLayer::Mq => queue::visit(sources, visit),
        SpanLayer::Unknown
        | SpanLayer::RpcFramework
        | SpanLayer::Http
        | SpanLayer::Faas
        | SpanLayer::GenAi => {}
    }
}

/// The first characters of a text.
fn cut(text: &str, characters: usize) -> &str {
    match text.char_indices().nth(characters) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}
