//! MQE, the metrics query expressions that clients send:
//! `avg(service_sla) / 100`, `top_n(service_cpm, 10, des, attr0='GENERAL')`.
//!
//! [`parse`] reads one expression. Grammar, precedence and reserved words are those of SkyWalking
//! (`MQEParser.g4`, `MQELexer.g4`); the places where more is accepted are a missing or empty last
//! argument of `sort_values`, and reserved words as label names.

mod ast;
mod call;
mod error;
mod label;
mod names;
mod parser;
mod token;
mod walk;

pub use ast::{
    Aggregation, ArithmeticOperator, AttributeCondition, BaselineValue, CompareOperator, Expr,
    LabelAggregation, LogicalOperator, MathFunction, Node, Order, TopN, Trend,
};
pub use error::{ParseError, ParseErrorKind};
pub use label::{Label, Metric};
pub use parser::{MAX_DEPTH, MAX_LENGTH_BYTES, Parsed, Trailing, parse};
pub use walk::Metrics;
