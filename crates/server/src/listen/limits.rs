//! What one port grants its peers.

use std::time::Duration;

use skytrail_base::metrics::{Counter, Family, Gauge, Labels, Registry};

/// Limits of one port.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; the next one is closed at once and counted.
    pub max_connections: usize,
    /// Streams at once on one connection.
    pub max_concurrent_streams: u32,
    /// HTTP/2 flow-control window of a stream, in bytes: what a client may have
    /// in flight before the server has looked at it. What waits in a window
    /// larger than a part of a core's cache has left the cache when its turn
    /// comes.
    pub stream_window: u32,
    /// Bytes of request headers.
    pub max_header_bytes: u32,
    /// A peer must speak first within this time, finish its TLS handshake within
    /// it, and send the headers of each HTTP/1 request within it.
    pub first_byte_timeout: Duration,
    /// How often a silent HTTP/2 peer is asked whether it lives.
    pub keep_alive_interval: Duration,
    /// How long it may take to answer.
    pub keep_alive_timeout: Duration,
    /// A connection older than this (give or take a tenth) is asked to come
    /// again, so that load spreads after a restart of a peer.
    pub max_connection_age: Duration,
    /// How long running requests may go on once a connection is closing.
    pub drain: Duration,
}

/// What happens to connections, per port.
#[derive(Debug, Clone)]
pub struct ConnectionMetrics {
    pub(super) open: Family<Labels, Gauge>,
    pub(super) accepted: Family<Labels, Counter>,
    pub(super) closed: Family<Labels, Counter>,
}

impl ConnectionMetrics {
    /// Registers them.
    pub fn new(registry: &Registry) -> Self {
        Self {
            open: registry.register(
                "skytrail_connections_open",
                "Open connections by port",
                Family::default(),
            ),
            accepted: registry.register(
                "skytrail_connections_accepted",
                "Connections accepted by port",
                Family::default(),
            ),
            closed: registry.register(
                "skytrail_connections_refused",
                "Connections closed by the server by port and reason",
                Family::default(),
            ),
        }
    }

    pub(super) fn refuse(&self, port: &'static str, reason: &'static str) {
        let labels = vec![("port", port.to_owned()), ("reason", reason.to_owned())];
        self.closed.get_or_create(&labels).inc();
    }
}
