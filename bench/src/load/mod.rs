//! Clients that send what was encoded before.

mod segments;
mod spans;

pub use segments::{Connections, channel};
pub use spans::Exporters;
