//! Keys of text.

use skytrail_model::layer::Layer;

/// What no name holds, between the parts of a key.
pub(super) const SEPARATOR: char = '\u{1f}';

/// Most characters of a service or instance name, as the protocol's servers cut them.
const MAX_NAME: usize = 70;

/// Most characters of an endpoint name.
const MAX_ENDPOINT: usize = 150;

/// A service by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// Name.
    pub(super) name: String,
    /// Whether it reports itself.
    pub(super) normal: bool,
}

impl Service {
    /// A service of a layer.
    pub(super) fn new(name: &str, layer: Layer) -> Self {
        Self { name: cut(name, MAX_NAME), normal: layer.is_normal() }
    }

    /// Its key within a minute.
    pub(super) fn key(&self) -> String {
        format!("{}{SEPARATOR}{}", self.name, u8::from(self.normal))
    }
}

/// The key of an instance.
pub(super) fn instance_key(service: &Service, name: &str) -> String {
    child_key(service, &cut(name, MAX_NAME))
}

/// The key of an endpoint.
pub(super) fn endpoint_key(service: &Service, name: &str) -> String {
    child_key(service, &cut(name, MAX_ENDPOINT))
}

/// The key of something that belongs to a service.
pub(super) fn child_key(service: &Service, name: &str) -> String {
    format!("{}{SEPARATOR}{name}", service.key())
}

/// The key of a relation.
pub(super) fn relation_key(source: &str, dest: &str) -> String {
    format!("{source}{SEPARATOR}{dest}")
}

fn cut(name: &str, most: usize) -> String {
    name.chars().take(most).collect()
}
