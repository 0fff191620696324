//! Rows in memory, parts on disk, and which of them count.
//!
//! An append goes to the newest [`generation`]. A checkpoint sets all generations
//! aside, has the [`writer`] make parts of them, and counts when one edit of the
//! [`manifest`] names these parts and the position. A reader takes a snapshot of
//! [`state`]: the generations and the version of that moment.

mod blocking;
mod cache;
mod config;
mod core;
mod damage;
mod delete;
mod evict;
mod expire;
mod files;
mod flush;
mod folder;
mod generation;
mod jobs;
mod manifest;
mod mask;
mod memtable;
mod merge;
mod metrics;
mod open;
mod part;
mod purge;
mod reading;
mod records;
mod relations;
mod reserve;
mod rows;
mod save;
mod self_metrics;
mod spans;
mod state;
mod storage;
mod suspects;
mod time;
mod trust;
mod upkeep;
mod usage;
pub mod view;
mod writer;

pub use self::config::{Config, Retention};
pub use self::delete::Deleted;
pub use self::manifest::{Deletion, NEWEST_GENERATION};
pub use self::mask::MOST_DELETIONS;
pub use self::open::{Opening, open};
pub use self::self_metrics::Metrics;
pub use self::storage::EmbeddedStorage;
pub use self::usage::Files;
