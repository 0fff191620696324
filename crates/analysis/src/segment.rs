//! What is kept about a segment, and the searchable tags in it.

mod sighting;

pub(crate) use sighting::TagMemory;
use skytrail_model::batch::SpanBatch;
use skytrail_model::entity::EntityId;
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::span::{Segment, Span};
use skytrail_storage::SegmentEntry;

use crate::config::SegmentStatus;
use crate::directory::NO_NODE;
use crate::source::{RouteKey, Shape, Sources};

/// The service and instance that sent a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Home {
    pub(crate) service: EntityId,
    pub(crate) instance: EntityId,
    service_node: u32,
}

/// Who sent a segment; always a service that reports itself.
pub(crate) fn home(sources: &mut Sources<'_>, segment: &Segment) -> Home {
    let batch = sources.batch;
    let names = [segment.service, segment.instance].map(|name| sources.symbol(name));
    let key = RouteKey::new(Shape::Home, 0, 0, names);
    let [service, instance, ..] =
        sources.nodes(key, &[Scope::Service, Scope::ServiceInstance], |sources| {
            let service = sources.service(batch.name(segment.service), Layer::GENERAL);
            let instance = sources.instance(service, batch.name(segment.instance));
            [service, instance, NO_NODE, NO_NODE]
        });
    let id = |scope, node| sources.directory.id(scope, node).unwrap_or_default();
    Home {
        service: id(Scope::Service, service),
        instance: id(Scope::ServiceInstance, instance),
        service_node: service,
    }
}

/// The row that is kept about a segment. `row` is its place in the batch;
/// `called` is the endpoint of its last Entry span, where that was counted.
pub(crate) fn entry_of(
    sources: &mut Sources<'_>,
    home: Home,
    row: usize,
    segment: &Segment,
    called: u32,
) -> Option<SegmentEntry> {
    let batch = sources.batch;
    let spans = batch.spans_of(segment);
    let place = naming_span(spans)?;
    let endpoint = if called != NO_NODE {
        called
    } else {
        endpoint_of(sources, home, segment, spans.get(place)?)
    };
    let start = spans.iter().map(|span| span.start).min()?;
    let end = spans.iter().map(Span::end).max()?;
    Some(SegmentEntry {
        segment: u32::try_from(row).ok()?,
        service: home.service,
        instance: home.instance,
        endpoint: sources.directory.id(Scope::Endpoint, endpoint).unwrap_or_default(),
        endpoint_span: segment.spans.start + u32::try_from(place).ok()?,
        start,
        duration: end.saturating_sub(start),
        is_error: is_error(sources.settings.segment_status, spans),
    })
}

fn endpoint_of(sources: &mut Sources<'_>, home: Home, segment: &Segment, span: &Span) -> u32 {
    let batch: &SpanBatch = sources.batch;
    let names = [segment.service, span.endpoint_name()].map(|name| sources.symbol(name));
    let key = RouteKey::new(Shape::HomeEndpoint, 0, 0, names);
    let [endpoint, ..] = sources.nodes(key, &[Scope::Endpoint], |sources| {
        let operation = batch.name(span.endpoint_name());
        [sources.endpoint(home.service_node, operation), NO_NODE, NO_NODE, NO_NODE]
    });
    endpoint
}

/// The place of the span whose operation names the segment: the last Entry
/// span, else the span numbered 0, else the first one.
fn naming_span(spans: &[Span]) -> Option<usize> {
    let entry = spans.iter().rposition(|span| span.kind.is_entry());
    let root = || spans.iter().position(|span| span.number == 0);
    entry.or_else(root).or((!spans.is_empty()).then_some(0))
}

fn is_error(strategy: SegmentStatus, spans: &[Span]) -> bool {
    match strategy {
        SegmentStatus::FromSpanStatus => spans.iter().any(Span::is_error),
        SegmentStatus::FromEntrySpan => {
            spans.iter().any(|span| span.kind.is_entry() && span.is_error())
        }
        SegmentStatus::FromFirstSpan => {
            spans.iter().any(|span| span.number == 0 && span.is_error())
        }
    }
}
