//! The metrics of the core catalogue, computed the way one would first write it
//! down: a key of text per entity and minute, a hash map per source.
//!
//! It is what aggregation is compared with, so it is kept simple but not
//! wasteful: one look-up per source and event, one struct of sums behind it.
//! It knows no logic endpoints, gateways and generative models, which the
//! traffic of the benchmark does not have.

mod aggregate;
mod cell;
mod key;
#[cfg(test)]
mod tests;

pub use aggregate::Naive;
pub use cell::Cell;
