//! Model to model: spans to source events, events to metrics, topology and
//! records, all of it by the minute and by rules.
//!
//! The way of a batch:
//!
//! 1. [`run`] takes it from the queue of its shard and waits until its record is
//!    durable.
//! 2. `shard` goes through its spans: `segment` says what is kept of a segment;
//!    `rpc`, `crossthread`, `logic`, `virtuals` and `pair` turn spans into source
//!    events; `jvm` and `management` do so with reports.
//! 3. `source` finds the rows of an event, by `naming` and `directory`; `oal` is the
//!    plan that says which columns of a row take what.
//! 4. `window` keeps the rows of a minute; `persist` appends them when the minute
//!    is over, when memory runs out, and for a checkpoint. Until the store has
//!    them, `live` shows them to readers.

mod analysis;
mod checkpoint;
pub mod config;
mod crossthread;
mod directory;
mod effects;
mod error;
mod footprint;
mod jvm;
mod live;
mod logic;
mod management;
mod naming;
mod oal;
mod pair;
mod persist;
mod rpc;
mod run;
mod segment;
mod self_metrics;
mod shard;
mod source;
mod virtuals;
mod window;

pub use analysis::{Analysis, BatchReceiver, Deps, PendingCheckpoint};
pub use config::{Config, Settings};
pub use effects::{Counts, Effects};
pub use error::{Error, ErrorKind, Result};
pub use oal::rules::{CheckReport, Rules, check_rules};
pub use oal::schema::SCHEMA;
pub use shard::{Rows, Shard};
