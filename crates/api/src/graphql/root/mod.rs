//! Resolvers of the root fields, one file per topic, each with its table.

mod empty;
mod refused;
mod server;
mod sources;
mod tables;

pub use sources::Sources;
pub use tables::TABLES;
