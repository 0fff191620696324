//! Batches of spans, written down the way a test reads.
//!
//! ```
//! use skytrail_storage::contract::build::{MILLI, append, entry, exit, segment};
//!
//! let kept = append([segment("trace-1", "segment-1").of("shop", "shop-1").with([
//!     entry("GET:/orders").at(0).lasting(20 * MILLI).tag("http.method", "GET"),
//!     exit("Mysql/query").at(MILLI).lasting(5 * MILLI).peer("db:3306").failed(),
//! ])]);
//! assert_eq!(kept.entries.len(), 1);
//! ```
//!
//! [`read`] gives a batch back in the same words, so that answers compare with
//! what was written.

mod entries;
mod lay;
mod link;
mod read;
mod segment;
mod span;
mod value;

pub use entries::{append, entries};
pub use lay::{Symbols, batch, batch_in};
pub use link::{LinkSpec, link};
pub use read::read;
pub use segment::{SegmentSpec, segment};
pub use span::{EventSpec, SpanSpec, consumer, entry, exit, local, producer};
pub use value::ValueSpec;

/// Nanoseconds in a millisecond.
pub const MILLI: i64 = 1_000_000;
