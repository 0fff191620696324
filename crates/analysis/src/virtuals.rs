//! Services that only their clients tell of: databases, caches and message
//! queues. They count whether or not the span is skipped otherwise.

mod cache;
mod database;
mod queue;
mod visit;

use skytrail_model::span::SpanLayer;
pub(crate) use visit::Visit;

use crate::source::Sources;

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
