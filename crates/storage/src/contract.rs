//! The contract suite: what every backend must do, as tests.

pub mod build;
