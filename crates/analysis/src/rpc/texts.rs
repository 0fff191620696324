//! The names that a call's event offers to rules, where any rule reads them.

use std::sync::Arc;

use skytrail_model::scope::Scope;

use crate::oal::event::{Event, call};
use crate::oal::key::Key;
use crate::oal::schema::Source;
use crate::source::{Route, Sources};

/// Where the names of a call to a service are found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called<'r> {
    /// Service, instance, service relation, instance relation.
    pub(crate) route: &'r Route,
    /// Endpoint, endpoint relation.
    pub(crate) endpoints: &'r Route,
}

/// Answers the questions that rules ask about a call to a service. Names are
/// looked up only when rules read some, which the built-in ones do not.
#[inline]
pub(crate) fn answers(sources: &Sources<'_>, called: &Called<'_>, event: &mut Event<'_>) -> u64 {
    let family = sources.plan.family(Source::Service);
    if family.reads_texts {
        name_called(sources, called, event);
    }
    family.answers(event)
}

/// The same about a call from a service, along the given relations between
/// services and between instances.
#[inline]
pub(crate) fn outgoing_answers(sources: &Sources<'_>, route: &Route, event: &mut Event<'_>) -> u64 {
    let family = sources.plan.family(Source::Service);
    if family.reads_texts {
        begin(event);
        name_ends(sources, (Scope::ServiceRelation, route.node(0)), SERVICES, event);
        name_ends(sources, (Scope::ServiceInstanceRelation, route.node(1)), INSTANCES, event);
    }
    family.answers(event)
}

/// Fields of an end's service and own name, for source and dest.
type EndFields = [(u8, Option<u8>); 2];

const SERVICES: EndFields = [(call::SOURCE_SERVICE, None), (call::DEST_SERVICE, None)];

const INSTANCES: EndFields = [
    (call::SOURCE_SERVICE, Some(call::SOURCE_INSTANCE)),
    (call::DEST_SERVICE, Some(call::DEST_INSTANCE)),
];

const ENDPOINTS: EndFields = [
    (call::OWNER_SERVICE, Some(call::SOURCE_ENDPOINT)),
    (call::DEST_SERVICE, Some(call::DEST_ENDPOINT)),
];

fn begin(event: &mut Event<'_>) {
    event.clear_texts();
    if let Some(status) = event.tag(Key::RPC_STATUS_CODE).map(|status| Arc::from(&*status)) {
        event.set_text(call::RPC_STATUS, status);
    }
}

fn name_called(sources: &Sources<'_>, called: &Called<'_>, event: &mut Event<'_>) {
    begin(event);
    let Called { route, endpoints } = called;
    for (scope, node, field) in [
        (Scope::Service, route.node(0), call::DEST_SERVICE),
        (Scope::ServiceInstance, route.node(1), call::DEST_INSTANCE),
        (Scope::Endpoint, endpoints.node(0), call::DEST_ENDPOINT),
    ] {
        if let Some(name) = sources.directory.name(scope, node) {
            event.set_text(field, name.clone());
        }
    }
    name_ends(sources, (Scope::ServiceRelation, route.node(2)), SERVICES, event);
    name_ends(sources, (Scope::ServiceInstanceRelation, route.node(3)), INSTANCES, event);
    name_ends(sources, (Scope::EndpointRelation, endpoints.node(1)), ENDPOINTS, event);
}

fn name_ends(
    sources: &Sources<'_>,
    (scope, node): (Scope, u32),
    fields: EndFields,
    event: &mut Event<'_>,
) {
    let Some(ends) = sources.directory.names_of_ends(scope, node) else { return };
    for ((service, own), (service_field, own_field)) in ends.into_iter().zip(fields) {
        event.set_text(service_field, service);
        if let (Some(own), Some(field)) = (own, own_field) {
            event.set_text(field, own);
        }
    }
}
