//! The storage SPI: one trait and file per table family, the in-memory
//! backend with the parts of it that serve others, and the contract suite that
//! every backend runs.
//!
//! Two rules hold for every family:
//!
//! 1. **Origins.** Every append names its [`spi::Origin`]: shard and sequence
//!    number, which grows by one per append of that shard. After a reopen a
//!    store holds exactly what the cut of its last checkpoint covers; the rest
//!    comes again by replay, under the same origins.
//! 2. **Honest answers.** Answers are in a total order; where anything was cut
//!    off, they say so; an empty answer means that there is nothing.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod error;
pub mod memory;
pub mod rows;
pub mod spi;

pub use error::{Error, ErrorKind, Result};
pub use spi::*;
