//! Answers to bytes: GraphQL, health, status.

mod auth;
pub mod graphql;
pub mod health;
mod router;
pub mod status;

pub use router::{Deps, router};
