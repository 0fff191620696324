//! Search beyond the protocol: any tag without naming a service, a text in
//! operation names and statements, a trace by the id of a segment or span; in a
//! total order, with cursors, and saying whether anything was left out.

mod compare;
mod condition;
mod find;
mod scatter;
mod segments;
mod traces;

pub use compare::{Chosen, ComparedTag, TagComparison};
pub use condition::TraceCondition;
pub use find::{Found, FoundPart, FoundService, MOST_FOUND};
pub use scatter::{MAX_POINTS, Scatter};
pub use segments::{FoundTrace, SearchCondition, SearchPage};
pub use traces::{MAX_LISTED, TracePage, TraceSearch};
