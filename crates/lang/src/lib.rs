//! The languages OAL and MQE: text to checked syntax trees.
//!
//! - [`oal`]: rule files that define metrics, checked against a [`oal::Schema`] of sources.
//! - [`mqe`]: query expressions over stored metrics, as clients send them.
//! - [`nearest`]: the name a writer probably meant.
//!
//! Nothing here reads files, evaluates an expression or knows a metric; the caller brings the text
//! and the schema. Every parser is bounded in input length and in nesting.

pub mod mqe;
pub mod nearest;
pub mod oal;
mod span;

pub use span::Span;
