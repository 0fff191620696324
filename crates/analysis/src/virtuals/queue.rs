//! Message queues and their topics.

use std::borrow::Cow;
use std::sync::Arc;

use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::text::NameId;
use skytrail_model::time::Minute;

use super::visit::Visit;
use crate::directory::NO_NODE;
use crate::oal::event::{Event, Tags, access};
use crate::oal::key::Key;
use crate::oal::schema::Source;
use crate::oal::schema::constants::mq_operation;
use crate::rpc::references;
use crate::source::{Circumstances, RouteKey, Shape, Slot, Sources, slot};

const SERVICE: [Slot; 1] = [slot(Scope::Service, Some(Source::MqAccess))];
const TOPIC: [Slot; 1] = [slot(Scope::Endpoint, Some(Source::MqEndpointAccess))];

pub(super) fn visit(sources: &mut Sources<'_>, visit: &Visit<'_>) {
    let span = visit.span;
    let batch = sources.batch;
    let operation = match span.kind {
        kind if kind.is_entry() => mq_operation::CONSUME,
        kind if kind.is_exit() => mq_operation::PRODUCE,
        _ => return,
    };
    let peer = queue_of(sources, visit, operation);
    if sources.is_blank(peer) {
        return;
    }
    let at = Circumstances {
        minute: Minute::of_nanos(span.start),
        component: 0,
        layer: Layer::VIRTUAL_MQ,
    };
    let key = RouteKey::new(Shape::Queue, 0, 0, [sources.symbol(peer)]);
    let (route, _) = sources.route(key, &SERVICE, at, |sources| {
        [sources.service(batch.name(peer), Layer::VIRTUAL_MQ), NO_NODE, NO_NODE, NO_NODE]
    });
    let mut event = Event::empty();
    event.set(access::STATUS, i64::from(!span.is_error()));
    event.set(access::TYPE_ID, i64::from(span.component));
    event.set(access::OPERATION, operation);
    event.set(access::TRANSMISSION, visit.tags.int(Key::TRANSMISSION_LATENCY).unwrap_or(0));
    let family = sources.plan.family(Source::MqAccess);
    if family.reads_texts {
        name(sources, Scope::Service, route.node(0), access::NAME, &mut event);
    }
    let answers = family.answers(&event);
    sources.apply(&route, at.minute, answers, &event);
    count_topic(sources, visit, route.node(0), at, &mut event);
}

/// The address of the queue: a consumer's first reference knows better than the
/// consumer itself.
fn queue_of(sources: &Sources<'_>, visit: &Visit<'_>, operation: i64) -> NameId {
    let referred = references(sources, visit.span).next().map(|link| link.peer_address);
    referred
        .filter(|_| operation == mq_operation::CONSUME)
        .filter(|address| !sources.is_blank(*address))
        .unwrap_or(visit.span.peer)
}

fn count_topic(
    sources: &mut Sources<'_>,
    visit: &Visit<'_>,
    queue: u32,
    at: Circumstances,
    event: &mut Event<'_>,
) {
    let Some(name_of_topic) = topic_of(visit.tags) else { return };
    let key = (Shape::Topic, queue, &*name_of_topic);
    let route = sources.route_of_text(key, &TOPIC, at, |sources| {
        [sources.endpoint(queue, &name_of_topic), NO_NODE, NO_NODE, NO_NODE]
    });
    let family = sources.plan.family(Source::MqEndpointAccess);
    if family.reads_texts {
        name(sources, Scope::Service, queue, access::NAME, event);
        name(sources, Scope::Endpoint, route.node(0), access::ENDPOINT, event);
    }
    let answers = family.answers(event);
    sources.apply(&route, at.minute, answers, event);
}

/// Topic and queue, whichever there is.
fn topic_of(tags: Tags<'_>) -> Option<Cow<'_, str>> {
    let [topic, queue] = [Key::MQ_TOPIC, Key::MQ_QUEUE]
        .map(|key| tags.get(key).filter(|part| !part.trim().is_empty()));
    match (topic, queue) {
        (Some(topic), Some(queue)) => Some(Cow::Owned(format!("{topic}/{queue}"))),
        (topic, queue) => topic.or(queue),
    }
}

fn name(sources: &Sources<'_>, scope: Scope, node: u32, field: u8, event: &mut Event<'_>) {
    if let Some(name) = sources.directory.name(scope, node) {
        event.set_text(field, Arc::clone(name));
    }
}
