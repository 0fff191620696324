//! The protocols of the SkyWalking agents.

pub mod segment;
pub mod wire;
