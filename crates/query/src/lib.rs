//! Stored and live rows to answers: plain structs that `api` spells on the wire.
//!
//! [`Query`] is the one entry. Its methods stand in a folder per topic of the
//! SkyWalking protocol: [`metadata`], [`metrics`], [`mqe`], [`records`],
//! [`topology`], [`trace`], [`search`] and, for what users write, [`control`].
//! Below them: [`time`] reads the time ranges that clients send, `rows` merges
//! stored and live metric rows, `aliases` says which service a network address
//! was in a minute. Everything that is read is counted against the caller's
//! [`Budget`].

mod aliases;
mod config;
mod context;
pub mod control;
mod entity;
mod error;
mod hash;
mod measures;
pub mod metadata;
pub mod metrics;
pub mod mqe;
pub mod overview;
mod peers;
mod query;
pub mod records;
mod rows;
pub mod search;
pub mod service;
pub mod time;
pub mod topology;
pub mod trace;

pub use config::Config;
pub use context::{Budget, Ctx};
pub use entity::{
    EndpointCondition, EntityCondition, InstanceCondition, KeyValue, Order, Pagination,
    ServiceCondition,
};
pub use error::{Error, ErrorKind, Result};
pub use query::{Deps, Query};
pub use time::{Duration, Range, Step};
