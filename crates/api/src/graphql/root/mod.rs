//! Resolvers of the root fields, one file per topic, each with its table.

mod empty;
mod expressions;
mod hierarchy;
mod input;
mod metadata;
mod metadata_v1;
mod metrics_v1;
mod metrics_v2;
mod records;
mod refused;
mod search;
mod server;
mod sources;
mod tables;
mod templates;
mod topology;
mod traces;

pub use sources::Sources;
pub use tables::TABLES;
