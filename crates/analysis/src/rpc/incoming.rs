//! The callee's side of a call.

use skytrail_model::alias::Alias;
use skytrail_model::batch::SpanBatch;
use skytrail_model::entity::ServiceRef;
use skytrail_model::layer::Layer;
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;
use skytrail_model::span::{Link, LinkKind, Segment, Span, SpanLayer};
use skytrail_model::time::Minute;

use super::texts::{Called, answers};
use crate::config::Settings;
use crate::directory::NO_NODE;
use crate::naming::USER;
use crate::oal::event::{Event, call};
use crate::oal::schema::Source;
use crate::oal::schema::constants::detect_point;
use crate::source::{Circumstances, Route, RouteKey, Shape, Slot, Sources, relation_slot, slot};

/// Service, instance and their relations to the caller.
pub(crate) const REFERRED: [Slot; 4] = [
    slot(Scope::Service, Some(Source::Service)),
    slot(Scope::ServiceInstance, Some(Source::ServiceInstance)),
    relation_slot(Scope::ServiceRelation, Source::ServiceRelation, DetectPoint::Server),
    relation_slot(
        Scope::ServiceInstanceRelation,
        Source::ServiceInstanceRelation,
        DetectPoint::Server,
    ),
];

/// Endpoint and its relation to the calling endpoint.
pub(crate) const ENDPOINTS: [Slot; 2] = [
    slot(Scope::Endpoint, Some(Source::Endpoint)),
    relation_slot(Scope::EndpointRelation, Source::EndpointRelation, DetectPoint::Server),
];

/// Who called, by raw names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) service: &'a str,
    pub(crate) instance: &'a str,
    pub(crate) layer: Layer,
}

/// A call that reached an instance, by raw names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub(crate) service: &'a str,
    pub(crate) instance: &'a str,
    /// Layer of the callee.
    pub(crate) layer: Layer,
    pub(crate) caller: Caller<'a>,
}

/// The layer of the service that a span belongs to.
pub(crate) fn own_layer(layer: SpanLayer) -> Layer {
    match layer {
        SpanLayer::Faas => Layer::FAAS,
        _ => Layer::GENERAL,
    }
}

/// What a span says about a call besides names.
pub(crate) fn circumstances(span: &Span) -> Circumstances {
    Circumstances {
        minute: Minute::of_nanos(span.start),
        component: span.component,
        layer: own_layer(span.layer),
    }
}

/// Service, instance and their relations to the caller.
pub(crate) fn incoming_nodes(sources: &mut Sources<'_>, call: &Incoming<'_>) -> [u32; 4] {
    let service = sources.service(call.service, call.layer);
    let instance = sources.instance(service, call.instance);
    let caller = sources.service(call.caller.service, call.caller.layer);
    let relation = sources.relation(Scope::ServiceRelation, caller, service);
    // Nobody can tell instances without names apart.
    if call.caller.instance.is_empty() || call.instance.is_empty() {
        return [service, instance, relation, NO_NODE];
    }
    let calling = match call.caller.layer.is_normal() {
        true => sources.instance(caller, call.caller.instance),
        false => sources.peer_instance(caller, call.caller.instance),
    };
    let between = sources.relation(Scope::ServiceInstanceRelation, calling, instance);
    [service, instance, relation, between]
}

/// Endpoint, its relation to the calling endpoint, and the calling endpoint.
pub(crate) fn endpoint_nodes(
    sources: &mut Sources<'_>,
    service: (&str, Layer),
    operation: &str,
    calling: Option<(&str, Layer, &str)>,
) -> [u32; 4] {
    let service = sources.service(service.0, service.1);
    let endpoint = sources.endpoint(service, operation);
    let Some((owner, layer, name)) = calling else {
        return [endpoint, NO_NODE, NO_NODE, NO_NODE];
    };
    let owner = sources.service(owner, layer);
    let calling = sources.endpoint(owner, if name.is_empty() { USER } else { name });
    if operation.is_empty() {
        return [endpoint, NO_NODE, calling, NO_NODE];
    }
    let relation = sources.relation(Scope::EndpointRelation, calling, endpoint);
    [endpoint, relation, calling, NO_NODE]
}

/// Links that name a parent; a span may follow others without being called by them.
pub(crate) fn references<'a>(
    sources: &Sources<'a>,
    span: &Span,
) -> impl Iterator<Item = &'a Link> + use<'a> {
    sources.batch.links_of(span).iter().filter(|link| link.kind != LinkKind::Follows)
}

/// Counts an Entry span: once for every reference, or once for a queue or user.
/// Says which endpoint was called.
pub(crate) fn entry(
    sources: &mut Sources<'_>,
    segment: &Segment,
    span: &Span,
    event: &mut Event<'_>,
) -> u32 {
    let at = circumstances(span);
    event.set(call::DETECT, detect_point::SERVER);
    event.set(call::DEST_LAYER, i64::from(at.layer.number()));
    let mut endpoint = NO_NODE;
    let mut is_referred = false;
    for link in references(sources, span) {
        is_referred = true;
        let route = referred_route(sources, segment, span, link);
        let endpoints = endpoint_route(sources, segment, span, Some(link));
        let layer = layer_of_caller(sources.settings, sources.batch, span.layer, link);
        endpoint =
            count(sources, (&route, endpoints.as_ref()), (layer, Layer::GENERAL), at.minute, event);
    }
    if is_referred {
        return endpoint;
    }
    let (route, endpoints, layer) = if span.layer == SpanLayer::Mq && !sources.is_blank(span.peer) {
        let route = from_queue(sources, segment, span, at);
        (route, endpoint_route(sources, segment, span, None), Layer::VIRTUAL_MQ)
    } else {
        let endpoints = user_endpoint_route(sources, segment, span, at);
        (user_route(sources, segment, at), endpoints, Layer::UNDEFINED)
    };
    count(sources, (&route, endpoints.as_ref()), (layer, layer), at.minute, event)
}

/// Counts a call. The layers are those of the caller and of the service that
/// owns the calling endpoint: that is always one that reports itself, except
/// for users.
fn count(
    sources: &mut Sources<'_>,
    (route, endpoints): (&Route, Option<&Route>),
    (caller, owner): (Layer, Layer),
    minute: Minute,
    event: &mut Event<'_>,
) -> u32 {
    event.set(call::SOURCE_LAYER, i64::from(caller.number()));
    event.set(call::OWNER_LAYER, i64::from(owner.number()));
    let by_endpoint = endpoints.unwrap_or(&Route::NOWHERE);
    let answers = answers(sources, &Called { route, endpoints: by_endpoint }, event);
    sources.apply(route, minute, answers, event);
    sources.apply(by_endpoint, minute, answers, event);
    by_endpoint.node(0)
}

/// The key of [`referred_route`].
#[inline]
pub(super) fn referred_key(
    sources: &Sources<'_>,
    segment: &Segment,
    span: &Span,
    link: &Link,
) -> RouteKey {
    let is_queue = span.layer == SpanLayer::Mq;
    let shape = if is_queue { Shape::ReferredByQueue } else { Shape::Referred };
    let is_cross_process = link.kind == LinkKind::CrossProcess;
    let detail = own_layer(span.layer).number() << 1 | u8::from(is_cross_process);
    let names = [
        segment.service,
        segment.instance,
        link.parent_service,
        link.parent_instance,
        link.peer_address,
    ];
    RouteKey::new(shape, detail, span.component, names.map(|name| sources.symbol(name)))
}

fn referred_route(sources: &mut Sources<'_>, segment: &Segment, span: &Span, link: &Link) -> Route {
    let at = circumstances(span);
    let key = referred_key(sources, segment, span, link);
    let batch = sources.batch;
    let (route, is_new) = sources.route(key, &REFERRED, at, |sources| {
        let (service, instance) = (batch.name(segment.service), batch.name(segment.instance));
        let caller = referring(sources.settings, batch, span.layer, link);
        incoming_nodes(sources, &Incoming { service, instance, layer: at.layer, caller })
    });
    let is_queue = span.layer == SpanLayer::Mq;
    if is_new && link.kind == LinkKind::CrossProcess && !is_queue {
        note_alias(sources, segment, link, at.minute);
    }
    route
}

/// Who stands between a referring parent and this process: the parent, or the
/// queue or gateway that passed its headers on.
pub(crate) fn referring<'a>(
    settings: &Settings,
    batch: &'a SpanBatch,
    layer: SpanLayer,
    link: &Link,
) -> Caller<'a> {
    let layer = layer_of_caller(settings, batch, layer, link);
    if layer != Layer::GENERAL {
        let address = batch.name(link.peer_address);
        return Caller { service: address, instance: address, layer };
    }
    Caller {
        service: batch.name(link.parent_service),
        instance: batch.name(link.parent_instance),
        layer,
    }
}

/// The layer of who stands between; `GENERAL` where nobody does.
#[inline]
pub(crate) fn layer_of_caller(
    settings: &Settings,
    batch: &SpanBatch,
    layer: SpanLayer,
    link: &Link,
) -> Layer {
    if layer == SpanLayer::Mq {
        return Layer::VIRTUAL_MQ;
    }
    let has_gateways = !settings.gateways.is_empty();
    if has_gateways && settings.gateways.contains(batch.name(link.peer_address)) {
        return Layer::VIRTUAL_GATEWAY;
    }
    Layer::GENERAL
}

/// Notes that the address by which the parent called is this instance.
fn note_alias(sources: &mut Sources<'_>, segment: &Segment, link: &Link, minute: Minute) {
    let naming = &sources.settings.naming;
    let raw = sources.batch.name(link.peer_address);
    if raw.trim().is_empty() || sources.settings.gateways.contains(raw) {
        return;
    }
    let address = naming.service(raw);
    if sources.settings.gateways.contains(address) {
        return;
    }
    let name = naming.service(sources.batch.name(segment.service)).to_owned();
    let instance = naming.instance(sources.batch.name(segment.instance)).to_owned();
    sources.effects.aliases.push(Alias {
        address: address.to_owned(),
        service: ServiceRef { name, normal: true },
        instance,
        since: minute,
        last_seen: minute,
    });
}

/// The key of [`endpoint_route`] with a link.
#[inline]
pub(super) fn endpoint_key(
    sources: &Sources<'_>,
    segment: &Segment,
    span: &Span,
    link: &Link,
) -> RouteKey {
    let names = [segment.service, span.endpoint_name(), link.parent_service, link.parent_endpoint];
    RouteKey::new(Shape::Endpoint, 0, span.component, names.map(|name| sources.symbol(name)))
}

/// None for functions: their endpoint is the service itself.
fn endpoint_route(
    sources: &mut Sources<'_>,
    segment: &Segment,
    span: &Span,
    link: Option<&Link>,
) -> Option<Route> {
    let at = circumstances(span);
    if at.layer == Layer::FAAS {
        return None;
    }
    let batch = sources.batch;
    let key = match link {
        Some(link) => endpoint_key(sources, segment, span, link),
        None => {
            let own = [segment.service, span.endpoint_name()].map(|name| sources.symbol(name));
            RouteKey::new(Shape::LoneEndpoint, 0, at.component, own)
        }
    };
    let (route, _) = sources.route(key, &ENDPOINTS, at, |sources| {
        let calling = link.map(|link| {
            (batch.name(link.parent_service), Layer::GENERAL, batch.name(link.parent_endpoint))
        });
        let service = (batch.name(segment.service), Layer::GENERAL);
        endpoint_nodes(sources, service, batch.name(span.endpoint_name()), calling)
    });
    Some(route)
}

fn user_endpoint_route(
    sources: &mut Sources<'_>,
    segment: &Segment,
    span: &Span,
    at: Circumstances,
) -> Option<Route> {
    if at.layer == Layer::FAAS {
        return None;
    }
    let batch = sources.batch;
    let names = [sources.symbol(segment.service), sources.symbol(span.endpoint_name())];
    let key = RouteKey::new(Shape::UserEndpoint, 0, at.component, names);
    let (route, _) = sources.route(key, &ENDPOINTS, at, |sources| {
        let own = (batch.name(segment.service), Layer::GENERAL);
        let user = Some((USER, Layer::UNDEFINED, USER));
        endpoint_nodes(sources, own, batch.name(span.endpoint_name()), user)
    });
    Some(route)
}

fn user_route(sources: &mut Sources<'_>, segment: &Segment, at: Circumstances) -> Route {
    let batch = sources.batch;
    let names = [sources.symbol(segment.service), sources.symbol(segment.instance)];
    let key = RouteKey::new(Shape::FromUser, at.layer.number(), at.component, names);
    let (route, _) = sources.route(key, &REFERRED, at, |sources| {
        let (service, instance) = (batch.name(segment.service), batch.name(segment.instance));
        let caller = Caller { service: USER, instance: USER, layer: Layer::UNDEFINED };
        incoming_nodes(sources, &Incoming { service, instance, layer: at.layer, caller })
    });
    route
}

fn from_queue(
    sources: &mut Sources<'_>,
    segment: &Segment,
    span: &Span,
    at: Circumstances,
) -> Route {
    let batch = sources.batch;
    let names = [segment.service, segment.instance, span.peer].map(|name| sources.symbol(name));
    let key = RouteKey::new(Shape::FromQueue, at.layer.number(), at.component, names);
    let (route, _) = sources.route(key, &REFERRED, at, |sources| {
        let (service, instance) = (batch.name(segment.service), batch.name(segment.instance));
        let peer = batch.name(span.peer);
        let caller = Caller { service: peer, instance: peer, layer: Layer::VIRTUAL_MQ };
        incoming_nodes(sources, &Incoming { service, instance, layer: at.layer, caller })
    });
    route
}

/// Counts the callee alone, the caller of which is still to be found. Says
/// which endpoint was called.
pub(crate) fn called_alone(
    sources: &mut Sources<'_>,
    segment: &Segment,
    span: &Span,
    event: &mut Event<'_>,
) -> u32 {
    let at = circumstances(span);
    event.set(call::DETECT, detect_point::SERVER);
    event.set(call::DEST_LAYER, i64::from(at.layer.number()));
    let batch = sources.batch;
    let names = [sources.symbol(segment.service), sources.symbol(segment.instance)];
    let key = RouteKey::new(Shape::Called, at.layer.number(), at.component, names);
    let (route, _) = sources.route(key, &REFERRED, at, |sources| {
        let service = sources.service(batch.name(segment.service), at.layer);
        let instance = sources.instance(service, batch.name(segment.instance));
        [service, instance, NO_NODE, NO_NODE]
    });
    let endpoints = endpoint_route(sources, segment, span, None);
    let unknown = (Layer::UNDEFINED, Layer::UNDEFINED);
    count(sources, (&route, endpoints.as_ref()), unknown, at.minute, event)
}
