//! The vocabulary of Skytrail: what a span, a segment, an entity and a metric
//! are. No async, no I/O, no wire types.

pub mod alias;
pub mod batch;
pub mod command;
pub mod component;
pub mod entity;
pub mod extract;
pub mod id;
pub mod jvm;
pub mod layer;
pub mod management;
pub mod metric;
pub mod record;
pub mod relation;
pub mod scope;
pub mod span;
pub mod template;
pub mod text;
pub mod time;
