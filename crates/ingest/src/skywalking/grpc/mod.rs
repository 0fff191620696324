//! The gRPC services of the agents.
//!
//! All of them are one table of methods and one way to serve them: requests
//! stay bytes, because what is analysed has its own reader and what is not is
//! only counted.

mod answer;
mod calls;
mod framing;
mod methods;
mod router;
mod stream;

pub(crate) use router::{router, services};
