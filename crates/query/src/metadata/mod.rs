//! What there is: layers, services, instances, endpoints, and the server's time.

mod agents;
mod clock;
mod endpoint;
mod hierarchy;
mod instance;
mod legacy;
mod service;

pub use agents::Agent;
pub(crate) use agents::{language, release, spelled, version};
pub use clock::TimeInfo;
pub use endpoint::{Endpoint, EndpointInfo};
pub use hierarchy::LayerLevel;
pub use instance::{Attribute, Language, ServiceInstance};
pub use legacy::Database;
pub(crate) use service::RECORD_BYTES;
pub use service::Service;
