//! Graphs as answers. Nodes and calls stand in the order of their ids.

use skytrail_model::relation::DetectPoint;

/// Services and their calls (protocol `Topology`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// Services.
    pub nodes: Vec<Node>,
    /// Calls.
    pub calls: Vec<Call>,
}

/// Instances and their calls (protocol `ServiceInstanceTopology`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceInstanceTopology {
    /// Instances.
    pub nodes: Vec<ServiceInstanceNode>,
    /// Calls.
    pub calls: Vec<Call>,
}

/// Endpoints and their calls (protocol `EndpointTopology`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointTopology {
    /// Endpoints.
    pub nodes: Vec<EndpointNode>,
    /// Calls.
    pub calls: Vec<Call>,
}

/// A service (protocol `Node`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is built with or what it is; none when nothing tells.
    pub r#type: Option<String>,
    /// Whether it reports itself.
    pub is_real: bool,
    /// Its layers; `UNDEFINED` when it never reported itself.
    pub layers: Vec<&'static str>,
}

/// An instance (protocol `ServiceInstanceNode`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceInstanceNode {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Id of the service.
    pub service_id: String,
    /// Name of the service.
    pub service_name: String,
    /// Always empty: the protocol stopped telling it.
    pub r#type: String,
    /// Whether the service reports itself.
    pub is_real: bool,
}

/// An endpoint (protocol `EndpointNode`).
pub type EndpointNode = ServiceInstanceNode;

/// A call (protocol `Call`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Id of the caller.
    pub source: String,
    /// Names of the components that the caller called with; services only.
    pub source_components: Vec<String>,
    /// Id of the callee.
    pub target: String,
    /// Names of the components that the callee answered with; services only.
    pub target_components: Vec<String>,
    /// Both ids, joined.
    pub id: String,
    /// The sides that reported it, the caller's first.
    pub detect_points: Vec<DetectPoint>,
}
