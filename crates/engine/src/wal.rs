//! The log: what was acknowledged is in it before it is anywhere else.
//!
//! Records of all shards stand one behind the other in segments, files of one
//! size that are filled with zeros once, ahead of their use, and written again and
//! again. One [`Writer`] puts what was appended meanwhile into the newest segment and has
//! it synced as a group; then those who wait hear of it.
//!
//! What a crash leaves is told apart by three numbers. The *generation* of a
//! segment stands in each of its frames: what a file holds of its last use does
//! not count. Each frame has the next *position*. And each says up to where the
//! log was *durable* when it was written: what is missing below such a mark was
//! lost by the disk, and is passed and told; behind the last mark begins the
//! tail that a crash tore, and the log ends.

mod buffer;
mod chain;
mod config;
mod file;
mod filler;
mod frame;
mod group;
mod header;
mod intake;
mod layout;
mod log;
mod metrics;
mod replay;
mod scan;
mod segment;
mod start;
mod writer;

pub use self::config::Config;
pub use self::log::Log;
pub use self::metrics::Metrics;
pub use self::start::{Running, open, start};
pub use self::writer::Writer;
