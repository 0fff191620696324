//! The web UI: its files at `/`, and what its pages ask for at `/ui/`.

mod answering;
mod assets;
mod body;
mod conditions;
mod error;
mod json;
mod metrics;
mod parameters;
mod routes;
mod session;
mod span;
mod trace;
mod traces;

pub use assets::{BUILT, File};

pub(crate) use error::Failure;
pub(crate) use metrics::Metrics;
pub(crate) use routes::{Ui, routes};
