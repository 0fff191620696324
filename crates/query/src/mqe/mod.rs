//! MQE: expressions over metrics.
//!
//! An expression is read in two steps: first everything it names is read from
//! the store, then the tree is evaluated over columns of values. What goes wrong
//! in an expression is part of its answer; an [`crate::Error`] is what goes
//! wrong around it.

mod answer;
mod evaluate;
mod exec;
mod format;
mod function;
mod label;
mod leaf;
mod list;
mod operate;
mod shape;
mod value;

pub use answer::{ExpressionResult, MQEValue, MQEValues, Metadata};
pub use shape::ExpressionResultType;
