//! Ports: accepting, encrypting, limiting and closing connections. What is
//! spoken on them is somebody else's.

mod accept;
mod closing;
mod connection;
mod limits;
mod open;
mod opening;
mod tls;

pub use accept::Listener;
pub use limits::{ConnectionMetrics, Limits};
pub use open::{OpenCheck, bind};
pub use tls::{TlsFiles, acceptor};
