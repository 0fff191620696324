//! The caller's side of a call.

use skytrail_model::layer::Layer;
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;
use skytrail_model::span::{Segment, Span, SpanLayer};
use skytrail_model::time::Minute;

use super::incoming::circumstances;
use super::texts::outgoing_answers;
use crate::directory::NO_NODE;
use crate::oal::event::{Event, call};
use crate::oal::schema::Source;
use crate::oal::schema::constants::detect_point;
use crate::source::{Route, RouteKey, Shape, Slot, Sources, relation_slot};

/// Relations to the callee.
pub(crate) const OUTGOING: [Slot; 2] = [
    relation_slot(Scope::ServiceRelation, Source::ServiceRelation, DetectPoint::Client),
    relation_slot(
        Scope::ServiceInstanceRelation,
        Source::ServiceInstanceRelation,
        DetectPoint::Client,
    ),
];

/// A call that left an instance, by raw names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) service: &'a str,
    pub(crate) instance: &'a str,
    /// Layer of the caller.
    pub(crate) layer: Layer,
    pub(crate) dest: &'a str,
    pub(crate) dest_instance: &'a str,
    pub(crate) dest_layer: Layer,
    /// Whether the callee is known by its address only.
    pub(crate) is_address: bool,
}

/// What layer an address belongs to as long as nobody says who is behind it.
pub(crate) fn layer_of_peer(layer: SpanLayer, is_gateway: bool) -> Layer {
    match layer {
        SpanLayer::Unknown => Layer::UNDEFINED,
        SpanLayer::Database => Layer::VIRTUAL_DATABASE,
        SpanLayer::Http if is_gateway => Layer::VIRTUAL_GATEWAY,
        SpanLayer::Http | SpanLayer::RpcFramework => Layer::GENERAL,
        SpanLayer::Mq => Layer::VIRTUAL_MQ,
        SpanLayer::Cache => Layer::VIRTUAL_CACHE,
        SpanLayer::Faas => Layer::FAAS,
        SpanLayer::GenAi => Layer::VIRTUAL_GENAI,
    }
}

/// Relations of a call that left an instance.
pub(crate) fn outgoing_nodes(sources: &mut Sources<'_>, call: &Outgoing<'_>) -> [u32; 4] {
    let service = sources.service(call.service, call.layer);
    let dest = if call.is_address {
        sources.peer(call.dest, call.dest_layer)
    } else {
        sources.service(call.dest, call.dest_layer)
    };
    let relation = sources.relation(Scope::ServiceRelation, service, dest);
    if call.instance.is_empty() || call.dest_instance.is_empty() {
        return [relation, NO_NODE, NO_NODE, NO_NODE];
    }
    let instance = sources.instance(service, call.instance);
    let reached = match call.is_address {
        true => sources.peer_instance(dest, call.dest_instance),
        false => sources.instance(dest, call.dest_instance),
    };
    let between = sources.relation(Scope::ServiceInstanceRelation, instance, reached);
    [relation, between, NO_NODE, NO_NODE]
}

/// The key of the route from an instance to the address that a span called.
#[inline]
pub(super) fn outgoing_key(sources: &Sources<'_>, segment: &Segment, span: &Span) -> RouteKey {
    let names = [segment.service, segment.instance, span.peer].map(|name| sources.symbol(name));
    RouteKey::new(Shape::Outgoing, span.layer as u8, span.component, names)
}

/// Whether a call counts at once. One with an id waits for the span of its other
/// side, unless it is of a kind that has none.
pub(crate) fn waits_for_nobody(span: &Span) -> bool {
    span.id.is_empty() || matches!(span.layer, SpanLayer::Database | SpanLayer::Cache)
}

/// Counts an Exit span to the address that it called; without one it counts
/// nowhere. Who is behind an address is found out when somebody asks.
pub(crate) fn exit(
    sources: &mut Sources<'_>,
    segment: &Segment,
    span: &Span,
    event: &mut Event<'_>,
) {
    let batch = sources.batch;
    if batch.is_blank(span.peer) {
        return;
    }
    let at = circumstances(span);
    let layer = at.layer;
    let key = outgoing_key(sources, segment, span);
    let gateways = &sources.settings.gateways;
    let is_gateway = span.layer == SpanLayer::Http
        && !gateways.is_empty()
        && gateways.contains(batch.name(span.peer));
    let dest_layer = layer_of_peer(span.layer, is_gateway);
    let (route, _) = sources.route(key, &OUTGOING, at, |sources| {
        let peer = batch.name(span.peer);
        let call = Outgoing {
            service: batch.name(segment.service),
            instance: batch.name(segment.instance),
            layer,
            dest: peer,
            dest_instance: peer,
            dest_layer,
            is_address: true,
        };
        outgoing_nodes(sources, &call)
    });
    count_outgoing(sources, &route, (layer, dest_layer), at.minute, event);
}

/// Counts a call from a service along a route.
pub(crate) fn count_outgoing(
    sources: &mut Sources<'_>,
    route: &Route,
    (layer, dest_layer): (Layer, Layer),
    minute: Minute,
    event: &mut Event<'_>,
) {
    event.set(call::DETECT, detect_point::CLIENT);
    event.set(call::SOURCE_LAYER, i64::from(layer.number()));
    event.set(call::DEST_LAYER, i64::from(dest_layer.number()));
    let answers = outgoing_answers(sources, route, event);
    sources.apply(route, minute, answers, event);
}
