//! The entities that a shard knows, numbered; and how many of them there may be.

mod arena;
mod node;

pub(crate) use arena::{Directory, Known, Overflow};
pub(crate) use node::{NO_NODE, Saved};
