//! Calls between services: what Entry and Exit spans say about services,
//! instances, endpoints and the relations between them.

mod ahead;
mod incoming;
mod outgoing;
mod texts;

pub(crate) use ahead::Ahead;
pub(crate) use incoming::{
    Caller, ENDPOINTS, Incoming, REFERRED, called_alone, circumstances, endpoint_nodes, entry,
    incoming_nodes, layer_of_caller, own_layer, references,
};
pub(crate) use outgoing::{
    OUTGOING, Outgoing, count_outgoing, exit, layer_of_peer, outgoing_nodes, waits_for_nobody,
};
pub(crate) use texts::{Called, answers};
