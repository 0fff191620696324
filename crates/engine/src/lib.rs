//! The embedded store. One file per element of its format.
//!
//! [`wal`] is the log in front of it, [`store`] what comes behind: rows in memory, parts
//! on disk, and the manifest that says which of them count.

mod bytes;
mod error;
pub mod store;
pub mod wal;

pub use error::{Error, ErrorKind, Result};
