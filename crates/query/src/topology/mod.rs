//! Who calls whom.

mod answer;
mod calls;
mod endpoint;
mod instance;
mod map;
mod read;
mod service;
mod traffic;

pub use answer::{
    Call, EndpointNode, EndpointTopology, Node, ServiceInstanceNode, ServiceInstanceTopology,
    Topology,
};
pub(crate) use map::Outgoing;
pub use map::{Map, MapEdge, MapNode, MapScope, MapSearch};
pub use traffic::Traffic;
