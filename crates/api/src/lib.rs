//! Answers to bytes: GraphQL, the web UI, health, status.

mod auth;
pub mod graphql;
pub mod health;
mod router;
mod session;
pub mod status;
pub mod ui;

pub use auth::Hosts;
pub use router::{Deps, router};
