//! Caches.

use std::sync::Arc;

use skytrail_model::entity::EntityId;
use skytrail_model::layer::Layer;
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use super::visit::{Visit, cut};
use crate::directory::NO_NODE;
use crate::oal::event::{Event, access};
use crate::oal::key::Key;
use crate::oal::schema::Source;
use crate::oal::schema::constants::cache_operation;
use crate::source::{Circumstances, Route, RouteKey, Shape, Slot, Sources, slot};

const SLOTS: [Slot; 1] = [slot(Scope::Service, Some(Source::CacheAccess))];

pub(super) fn visit(sources: &mut Sources<'_>, visit: &Visit<'_>) {
    let span = visit.span;
    if visit.tags.bytes(Key::CACHE_TYPE).is_none_or(|kind| kind.trim_ascii().is_empty()) {
        return;
    }
    let at = Circumstances {
        minute: Minute::of_nanos(span.start),
        component: 0,
        layer: Layer::VIRTUAL_CACHE,
    };
    let route = route_of(sources, visit, at);
    let operation = match visit.tags.bytes(Key::CACHE_OP) {
        Some(b"write") => cache_operation::WRITE,
        Some(b"read") => cache_operation::READ,
        _ => cache_operation::OTHERS,
    };
    let mut event = Event::empty();
    event.set(access::LATENCY, span.duration / 1000);
    event.set(access::STATUS, i64::from(!span.is_error()));
    event.set(access::TYPE_ID, i64::from(span.component));
    event.set(access::OPERATION, operation);
    let family = sources.plan.family(Source::CacheAccess);
    if family.reads_texts
        && let Some(name) = sources.directory.name(Scope::Service, route.node(0))
    {
        event.set_text(access::NAME, Arc::clone(name));
    }
    let answers = family.answers(&event);
    sources.apply(&route, at.minute, answers, &event);
    let cache = sources.directory.id(Scope::Service, route.node(0)).unwrap_or_default();
    record_if_slow(sources, visit, cache, operation);
}

/// A cache within the process has no address; it is named after its kind.
fn route_of(sources: &mut Sources<'_>, visit: &Visit<'_>, at: Circumstances) -> Route {
    let batch = sources.batch;
    if sources.is_blank(visit.span.peer) {
        let kind = visit.tags.get(Key::CACHE_TYPE).unwrap_or_default();
        return sources.route_of_text((Shape::LocalCache, 0, &kind), &SLOTS, at, |sources| {
            let service = sources.service(&format!("{kind}-local"), Layer::VIRTUAL_CACHE);
            [service, NO_NODE, NO_NODE, NO_NODE]
        });
    }
    let key = RouteKey::new(Shape::Cache, 0, 0, [sources.symbol(visit.span.peer)]);
    let (route, _) = sources.route(key, &SLOTS, at, |sources| {
        let service = sources.service(batch.name(visit.span.peer), Layer::VIRTUAL_CACHE);
        [service, NO_NODE, NO_NODE, NO_NODE]
    });
    route
}

fn record_if_slow(sources: &mut Sources<'_>, visit: &Visit<'_>, entity: EntityId, operation: i64) {
    let slow = &sources.settings.slow;
    let (stream, thresholds) = match operation {
        cache_operation::READ => (TopStream::CacheReadCommand, &slow.cache_read),
        cache_operation::WRITE => (TopStream::CacheWriteCommand, &slow.cache_write),
        _ => return,
    };
    let span = visit.span;
    let latency = span.duration / 1000;
    if !thresholds.may_exceed(latency) || !sources.plan.keeps(stream) {
        return;
    }
    let kind = visit.tags.get(Key::CACHE_TYPE).unwrap_or_default();
    if !thresholds.exceeds(&kind, latency) {
        return;
    }
    let command = visit.tags.get(Key::CACHE_CMD).unwrap_or_default();
    let key = visit.tags.get(Key::CACHE_KEY).unwrap_or_default();
    let statement = format!("{command} {key}");
    let statement = cut(statement.trim(), slow.max_statement).to_owned();
    sources.effects.records.push(TopRecord {
        stream,
        entity,
        id: visit.record_id(),
        statement,
        trace_id: sources.batch.text(visit.segment.trace_id).to_owned(),
        latency_ms: span.duration / 1_000_000,
        time: span.start,
    });
}
