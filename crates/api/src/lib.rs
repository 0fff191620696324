//! Answers to bytes: GraphQL, the web UI, health, status.

mod auth;
pub mod graphql;
mod guesses;
pub mod health;
mod router;
mod session;
pub mod status;
pub mod ui;

pub use auth::Hosts;
pub use guesses::Peer;
pub use router::{Deps, router};
