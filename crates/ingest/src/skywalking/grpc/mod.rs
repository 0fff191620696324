//! The gRPC services of the agents.
//!
//! All of them are one table of methods and one way to serve them: requests
//! stay bytes, because what is analysed has its own reader and what is not is
//! only counted.

mod calls;
mod methods;
mod routes;

pub(crate) use routes::{routes, services};
