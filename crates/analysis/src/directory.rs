//! The entities that a shard knows, numbered; and how many of them there may be.

mod arena;
mod node;
mod overflow;

pub(crate) use arena::{Directory, Saved};
pub(crate) use node::NO_NODE;
pub(crate) use overflow::{Known, Overflow};
