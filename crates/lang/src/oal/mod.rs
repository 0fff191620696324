//! OAL, the observability analysis language: rule files that define metrics over sources.
//!
//! ```text
//! service_resp_time = from(Service.latency).longAvg().decorator("ServiceDecorator");
//! service_mq_consume_count = from(Service.*).filter(type == RequestType.MQ).count();
//! disable(top_n_database_statement);
//! ```
//!
//! [`parse_files`] turns texts into a [`Program`] whose rules are resolved against a [`Schema`]:
//! attributes are indexes, constants are indexes, durations are microseconds. What it cannot accept
//! it reports as [`Diagnostic`]s, several per file. [`explain`] says what a rule does.
//!
//! The grammar is that of SkyWalking (`OALParser.g4`, `OALLexer.g4`), with these additions:
//! fractional numbers, a source without `.*`, blanks inside a cast, a third argument of `labelAvg`.

mod ast;
mod check;
mod diagnostic;
mod explain;
mod files;
mod line;
mod parser;
mod program;
mod schema;
mod text;
mod token;

pub use diagnostic::Diagnostic;
pub use explain::{Explanation, explain};
pub use files::{MAX_DIAGNOSTICS_PER_FILE, MAX_FILE_BYTES, parse_files};
pub use program::{
    Cast, Condition, Function, Literal, MAX_BUCKETS, MAX_LABELS, Name, Operator, Pattern, Position,
    Program, Rule, Value,
};
pub use schema::{AttributeDef, AttributeType, DecoratorDef, EnumDef, Schema, SourceDef};
