//! The embedded store. One file per element of its format.
//!
//! What it holds so far is the log: [`wal`].

mod bytes;
mod error;
pub mod wal;

pub use error::{Error, ErrorKind, Result};
