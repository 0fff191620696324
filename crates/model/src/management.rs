//! What instances say about themselves.

use crate::layer::Layer;

/// An instance reported properties, or only that it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceReport {
    /// Service name as it was sent.
    pub service: String,
    /// Instance name as it was sent.
    pub instance: String,
    /// Its layer; `GENERAL` when it said none.
    pub layer: Layer,
    /// Properties; empty for a keep-alive.
    pub properties: Vec<(String, String)>,
}
