//! The web UI: its files at `/`, and what its pages ask for at `/ui/`.

mod answering;
mod assets;
mod body;
mod conditions;
mod dashboard;
mod error;
mod find;
mod health;
mod json;
mod metrics;
mod overview;
mod parameters;
mod questions;
mod rates;
mod routes;
mod server;
mod service;
mod session;
mod span;
mod state;
mod status;
mod topology;
mod trace;
mod trace_tags;
mod traces;

pub use assets::{BUILT, File};
pub use server::{Disk, Dropped, Held, Receiver, Refusal, ServerSource};

pub(crate) use dashboard::SAVES;
pub(crate) use error::Failure;
pub(crate) use metrics::Metrics;
pub(crate) use rates::Rates;
pub(crate) use routes::routes;
pub(crate) use state::Ui;
