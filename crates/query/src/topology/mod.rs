//! Who calls whom.

mod answer;
mod calls;
mod endpoint;
mod instance;
mod read;
mod service;

pub use answer::{
    Call, EndpointNode, EndpointTopology, Node, ServiceInstanceNode, ServiceInstanceTopology,
    Topology,
};
