//! Whether the server is fit to serve: `GET|HEAD /healthcheck`, and `checkHealth` in GraphQL.

mod check;

pub(crate) use check::service;
pub use check::{Health, HealthSource};
