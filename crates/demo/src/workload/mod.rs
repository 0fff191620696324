//! The segments of the benchmarks, encoded beforehand.
//!
//! 48 services of 6 instances and 40 endpoints each, in four tiers of twelve. A trace is a chain of
//! four segments, one a tier, of five spans each: entry, local, database exit, cache exit and HTTP
//! exit (from the last tier to a partner without an agent). On average a span has 4.8 tags, and 1 of
//! 20 an error log with a stack of about 500 bytes; 3 of 4 segments have a reference; ids are those
//! of the Java agent; the segments of a trace are spread over about 400 segments of the stream.
//!
//! That makes about 1,695 bytes a segment, 339 a span, and 42,300 scopes once everything has
//! occurred: 48 services, 288 instances, 1,920 endpoints; seen by callees, 264 service, 9,144
//! instance and 19,200 endpoint relations; seen by callers, under the addresses they use, 1,620
//! service and 9,720 instance relations; 96 databases and caches.

mod segment;
mod stream;
#[cfg(test)]
mod tests;
mod topology;

pub use stream::{Workload, segments};
