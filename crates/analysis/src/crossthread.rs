//! References on Exit and Local spans: work that went on in another thread, or
//! began with somebody else's call without an Entry span. They relate endpoints
//! and nothing else.

use skytrail_model::layer::Layer;
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;
use skytrail_model::span::{Segment, Span};

use crate::oal::event::{Event, NULL, call};
use crate::oal::schema::Source;
use crate::oal::schema::constants::detect_point;
use crate::rpc::{Called, answers};
use crate::rpc::{circumstances, endpoint_nodes, layer_of_caller, references};
use crate::source::{Route, RouteKey, Shape, Slot, Sources, relation_slot, slot};

/// Endpoint, its relation to the referring endpoint, and that endpoint itself,
/// which may be known from nowhere else.
const SLOTS: [Slot; 3] = [
    slot(Scope::Endpoint, Some(Source::Endpoint)),
    relation_slot(Scope::EndpointRelation, Source::EndpointRelation, DetectPoint::Server),
    slot(Scope::Endpoint, None),
];

/// Counts every reference of an Exit or Local span.
pub(crate) fn refer(
    sources: &mut Sources<'_>,
    segment: &Segment,
    span: &Span,
    event: &mut Event<'_>,
) {
    let batch = sources.batch;
    let at = circumstances(span);
    let layer = at.layer;
    for link in references(sources, span) {
        let caller = layer_of_caller(sources.settings, batch, span.layer, link);
        event.set(call::DETECT, detect_point::SERVER);
        event.set(call::SOURCE_LAYER, i64::from(caller.number()));
        event.set(call::OWNER_LAYER, i64::from(Layer::GENERAL.number()));
        event.set(call::DEST_LAYER, i64::from(layer.number()));
        // Such work is no request, so it has neither type nor code.
        let kept = (event.number(call::TYPE), event.number(call::HTTP_STATUS));
        event.set(call::TYPE, NULL);
        event.set(call::HTTP_STATUS, 0);
        let names =
            [segment.service, span.endpoint_name(), link.parent_service, link.parent_endpoint];
        let symbols = names.map(|name| sources.symbol(name));
        let key = RouteKey::new(Shape::CrossThread, layer.number(), at.component, symbols);
        let (route, _) = sources.route(key, &SLOTS, at, |sources| {
            let own = (batch.name(segment.service), layer);
            let parent = batch.name(link.parent_service);
            let calling = Some((parent, Layer::GENERAL, batch.name(link.parent_endpoint)));
            endpoint_nodes(sources, own, batch.name(span.endpoint_name()), calling)
        });
        let called = Called { route: &Route::NOWHERE, endpoints: &route };
        let answers = answers(sources, &called, event);
        sources.apply(&route, at.minute, answers, event);
        event.set(call::TYPE, kept.0);
        event.set(call::HTTP_STATUS, kept.1);
    }
}
