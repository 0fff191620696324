//! What runs here: cluster nodes, retention, effective configuration, metrics of the server itself.

mod metrics;
mod report;

pub use metrics::{Encode, metrics_router};
pub(crate) use report::routes;
pub use report::{ClusterNode, DiskLimits, MetricsRetention, RecordsRetention, StatusSource};
