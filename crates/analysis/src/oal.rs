//! Metric rules: what rules may speak of, the rule files, and the plan that
//! they are compiled to.

pub(crate) mod column;
pub(crate) mod compile;
pub(crate) mod condition;
pub(crate) mod event;
pub(crate) mod family;
mod fingerprint;
pub(crate) mod key;
pub(crate) mod plan;
pub(crate) mod rules;
pub(crate) mod schema;
mod source;
pub(crate) mod words;
