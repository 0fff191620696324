//! The in-memory backend: fast, bounded, and forgetful.
//!
//! Every family has its share of one limit in bytes; a family that outgrows
//! its share gives up its oldest rows, and counts them.
//!
//! The small families serve backends that write them behind, too: they tell
//! what [`Changes`] there are.

mod changes;
mod config;
#[cfg(test)]
mod contract;
mod entities;
mod journal;
mod metrics;
mod records;
mod relations;
mod spans;
mod store;
mod tags;
mod templates;

pub use changes::Changes;
pub use config::Config;
pub use entities::{AliasKey, MemoryEntities};
pub use journal::MemoryJournal;
pub use store::MemoryStorage;
pub use tags::MemoryTags;
pub use templates::MemoryTemplates;
