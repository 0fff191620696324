//! Databases.

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
use crate::source::{Circumstances, RouteKey, Shape, Slot, Sources, slot};

const SLOTS: [Slot; 1] = [slot(Scope::Service, Some(Source::DatabaseAccess))];

pub(super) fn visit(sources: &mut Sources<'_>, visit: &Visit<'_>) {
    let span = visit.span;
    let batch = sources.batch;
    let at = Circumstances {
        minute: Minute::of_nanos(span.start),
        component: 0,
        layer: Layer::VIRTUAL_DATABASE,
    };
    let key = RouteKey::new(Shape::Database, 0, 0, [sources.symbol(span.peer)]);
    let (route, _) = sources.route(key, &SLOTS, at, |sources| {
        let service = sources.service(batch.name(span.peer), Layer::VIRTUAL_DATABASE);
        [service, NO_NODE, NO_NODE, NO_NODE]
    });
    let mut event = Event::empty();
    event.set(access::LATENCY, span.duration / 1000);
    event.set(access::STATUS, i64::from(!span.is_error()));
    event.set(access::TYPE_ID, i64::from(span.component));
    let family = sources.plan.family(Source::DatabaseAccess);
    if family.reads_texts
        && let Some(name) = sources.directory.name(Scope::Service, route.node(0))
    {
        event.set_text(access::NAME, Arc::clone(name));
    }
    let answers = family.answers(&event);
    sources.apply(&route, at.minute, answers, &event);
    let database = sources.directory.id(Scope::Service, route.node(0)).unwrap_or_default();
    record_if_slow(sources, visit, database);
}

/// A statement is slow only when the span says what kind of database it is.
fn record_if_slow(sources: &mut Sources<'_>, visit: &Visit<'_>, database: EntityId) {
    let span = visit.span;
    let slow = &sources.settings.slow;
    let latency = span.duration / 1000;
    if !slow.database.may_exceed(latency) {
        return;
    }
    let Some(kind) = visit.tags.get(Key::DB_TYPE) else { return };
    if !slow.database.exceeds(&kind, latency) {
        return;
    }
    let Some(statement) = visit.tags.get(Key::DB_STATEMENT) else { return };
    let statement = cut(&statement, slow.max_statement);
    if statement.trim().is_empty() {
        return;
    }
    let lists = [
        (TopStream::DatabaseStatement, database),
        (TopStream::ServiceDatabaseStatement, visit.caller),
    ];
    for (stream, entity) in lists.into_iter().filter(|list| sources.plan.keeps(list.0)) {
        sources.effects.records.push(TopRecord {
            stream,
            entity,
            id: visit.record_id(),
            statement: statement.to_owned(),
            trace_id: sources.batch.text(visit.segment.trace_id).to_owned(),
            latency_ms: span.duration / 1_000_000,
            time: span.start,
        });
    }
}
