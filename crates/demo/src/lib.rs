//! One generator of realistic traffic for the demo command, the cases and the benchmarks.
//!
//! - [`shop`]: an online shop of eleven services, with everything that real ones do; equal seeds
//!   and times make equal bytes.
//! - [`client`]: sends the shop to a server over its gRPC port, as agents would.
//! - [`fixed`]: a few segments with round numbers, whose metrics can be worked out by hand.
//! - [`workload`]: the segments of the benchmarks, encoded beforehand.

pub mod client;
pub mod fixed;
mod identity;
mod random;
mod recording;
pub mod shop;
pub mod workload;
