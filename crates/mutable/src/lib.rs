//! What changes in place: services, instances, endpoints, aliases, tags and dashboards, in one
//! file of keys and values.
//!
//! [`Mutable`] holds everything in memory and writes it behind. The file is one page of our own
//! and a redb database behind it; rows have an encoding and a checksum of their own.

mod config;
mod error;
mod file;
mod mutable;
mod row;
mod tables;

pub use config::Config;
pub use error::{Error, ErrorKind, Result};
pub use file::start::Damage;
pub use mutable::{
    MAX_BLOB_BYTES, MAX_BLOB_NAME_BYTES, MAX_BLOBS, MAX_BLOBS_BYTES, Mutable, Opened,
};
