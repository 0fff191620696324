//! Search beyond the protocol: any tag without naming a service, a text in
//! operation names and statements, a trace by the id of a segment or span; in a
//! total order, with cursors, and saying whether anything was left out.

mod segments;

pub use segments::{FoundTrace, SearchCondition, SearchPage};
