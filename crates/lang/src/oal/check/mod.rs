//! Names to indexes, literals to types.

mod attribute;
mod condition;
mod function;
mod rule;

pub(super) use rule::check_rule;
