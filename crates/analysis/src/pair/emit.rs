//! Counts what became of the two sides of a call.

use skytrail_model::layer::Layer;
use skytrail_model::span::{Segment, Span, SpanLayer};
use skytrail_model::time::Minute;

use super::side::{Side, pair_key};
use super::table::{Outcome, Pairing};
use crate::directory::NO_NODE;
use crate::naming::USER;
use crate::oal::event::{Event, call};
use crate::oal::schema::constants::detect_point;
use crate::rpc::{
    Called, Caller, ENDPOINTS, Incoming, OUTGOING, Outgoing, REFERRED, answers, count_outgoing,
    endpoint_nodes, incoming_nodes, layer_of_peer, outgoing_nodes, own_layer,
};
use crate::source::{Circumstances, Route, Sources};

/// Offers a callee that names its caller by span id.
pub(crate) fn offer_server(
    sources: &mut Sources<'_>,
    pairing: &Pairing,
    segment: &Segment,
    span: &Span,
    event: &Event<'_>,
) {
    let batch = sources.batch;
    let key = pair_key(batch.text(segment.trace_id), batch.text(span.parent_id));
    let side = Side::of(sources, segment, span, batch.name(span.endpoint_name()), event);
    let now = sources.now;
    let outcomes = pairing.with(key, |table| table.offer_server(key, side, now));
    emit(sources, outcomes.unwrap_or_default());
}

/// Offers a caller by its span id.
pub(crate) fn offer_client(
    sources: &mut Sources<'_>,
    pairing: &Pairing,
    segment: &Segment,
    span: &Span,
    event: &Event<'_>,
) {
    let batch = sources.batch;
    let key = pair_key(batch.text(segment.trace_id), batch.text(span.id));
    let entry = batch.spans_of(segment).iter().rev().find(|span| span.kind.is_entry());
    let endpoint = entry.map_or("", |entry| batch.name(entry.endpoint_name()));
    let side = Side::of(sources, segment, span, endpoint, event);
    let now = sources.now;
    let outcomes = pairing.with(key, |table| table.offer_client(key, side, now));
    emit(sources, outcomes.unwrap_or_default());
}

/// Counts relations between sides that met, and of those that did not.
pub(crate) fn emit(sources: &mut Sources<'_>, outcomes: Vec<Outcome>) {
    for outcome in outcomes {
        let (Outcome::Called { callee: side, .. } | Outcome::Calling { caller: side, .. }) =
            &outcome;
        if !sources.has_window(Minute(side.minute)) {
            continue;
        }
        match outcome {
            Outcome::Called { callee, caller } => called(sources, &callee, caller.as_ref()),
            Outcome::Calling { caller, callee } => calling(sources, &caller, callee.as_ref()),
        }
    }
}

/// A queue stands between a producer and its consumers, as it does in
/// SkyWalking's model.
fn is_queued(callee: &Side, caller: &Side) -> bool {
    callee.span_layer() == SpanLayer::Mq && !caller.peer.is_empty()
}

fn called(sources: &mut Sources<'_>, callee: &Side, caller: Option<&Side>) {
    let layer = own_layer(callee.span_layer());
    let at = Circumstances { minute: Minute(callee.minute), component: callee.component, layer };
    let from = match caller {
        None => Caller { service: USER, instance: USER, layer: Layer::UNDEFINED },
        Some(caller) if is_queued(callee, caller) => {
            Caller { service: &caller.peer, instance: &caller.peer, layer: Layer::VIRTUAL_MQ }
        }
        Some(caller) => Caller {
            service: &caller.service,
            instance: &caller.instance,
            layer: own_layer(caller.span_layer()),
        },
    };
    let call =
        Incoming { service: &callee.service, instance: &callee.instance, layer, caller: from };
    let [_, _, relation, between] = incoming_nodes(sources, &call);
    // Service and instance were counted when the callee came.
    let route = sources.open([NO_NODE, NO_NODE, relation, between], &REFERRED, at);
    let endpoint = endpoint_relation(sources, callee, caller, layer);
    let endpoints = sources.open([NO_NODE, endpoint, NO_NODE, NO_NODE], &ENDPOINTS, at);
    let owner = if caller.is_some() { Layer::GENERAL } else { Layer::UNDEFINED };
    let mut event = callee.event();
    event.set(call::DETECT, detect_point::SERVER);
    event.set(call::SOURCE_LAYER, i64::from(from.layer.number()));
    event.set(call::OWNER_LAYER, i64::from(owner.number()));
    event.set(call::DEST_LAYER, i64::from(layer.number()));
    let answers = answers(sources, &Called { route: &route, endpoints: &endpoints }, &mut event);
    sources.apply(&route, at.minute, answers, &event);
    sources.apply(&endpoints, at.minute, answers, &event);
}

/// None for functions, and when nobody knows from which endpoint was called.
fn endpoint_relation(
    sources: &mut Sources<'_>,
    callee: &Side,
    caller: Option<&Side>,
    layer: Layer,
) -> u32 {
    if layer == Layer::FAAS {
        return NO_NODE;
    }
    let calling = match caller {
        None => (USER, Layer::UNDEFINED, USER),
        Some(caller) if caller.endpoint.is_empty() => return NO_NODE,
        Some(caller) => (caller.service.as_str(), Layer::GENERAL, caller.endpoint.as_str()),
    };
    let own = (callee.service.as_str(), layer);
    let [_, relation, ..] = endpoint_nodes(sources, own, &callee.endpoint, Some(calling));
    relation
}

fn calling(sources: &mut Sources<'_>, caller: &Side, callee: Option<&Side>) {
    let layer = own_layer(caller.span_layer());
    let at = Circumstances { minute: Minute(caller.minute), component: caller.component, layer };
    let is_gateway =
        caller.span_layer() == SpanLayer::Http && sources.settings.gateways.contains(&caller.peer);
    let direct = callee.filter(|callee| !is_queued(callee, caller));
    let (dest, dest_instance, dest_layer) = match direct {
        Some(callee) => (&callee.service, &callee.instance, own_layer(callee.span_layer())),
        None if caller.peer.is_empty() => return,
        None => (&caller.peer, &caller.peer, layer_of_peer(caller.span_layer(), is_gateway)),
    };
    let call = Outgoing {
        service: &caller.service,
        instance: &caller.instance,
        layer,
        dest,
        dest_instance,
        dest_layer,
        is_address: direct.is_none(),
    };
    let nodes = outgoing_nodes(sources, &call);
    let route: Route = sources.open(nodes, &OUTGOING, at);
    count_outgoing(sources, &route, (layer, dest_layer), at.minute, &mut caller.event());
}
