//! Sends traffic to a server over its gRPC port, as agents would.

mod backoff;
mod connection;
mod lane;
mod options;
mod reporter;
mod run;
mod summary;
mod traffic;

pub use options::{Error, Options, Tls};
pub use run::run;
pub use summary::{Count, Summary};
