//! The reader against prost, and what it does beyond it.

mod golden;
mod prost_equal;
mod seen;
pub(crate) mod wire_messages;

pub(crate) use seen::check_invariants;
