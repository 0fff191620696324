//! Questions to a shop that is kept in memory, through the public interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod choosing;
mod live;
mod metadata;
mod metrics;
mod mqe;
mod records;
mod shop;
mod templates;
mod topology;
mod traces;
mod ui;
