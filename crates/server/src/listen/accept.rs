//! The accept loop of one port.

use std::sync::Arc;
use std::time::Duration;

use skytrail_base::shutdown::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::connection;
use super::limits::{ConnectionMetrics, Limits};

/// How long to wait before accepting again when the process has no more file
/// descriptors: the next try cannot succeed before some connection closes.
const BREATHER: Duration = Duration::from_millis(100);

/// A port that is open, and who answers on it.
pub struct Listener {
    /// Name in logs and metrics: `grpc`, `rest`, `otlp_http`…
    pub name: &'static str,
    /// The open socket.
    pub socket: TcpListener,
    /// Encryption, where it is configured.
    pub tls: Option<TlsAcceptor>,
    /// What is granted to peers.
    pub limits: Limits,
    /// Who answers.
    pub router: axum::Router,
    /// What is counted.
    pub metrics: ConnectionMetrics,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Listener {
    /// Answers until the process stops, then lets running requests end within
    /// the drain time.
    pub async fn run(self, mut shutdown: Shutdown) {
        let places = Arc::new(Semaphore::new(self.limits.max_connections));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = shutdown.stopping() => break,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Ok((stream, _)) => self.take(stream, &places, &mut connections, &shutdown),
                Err(error) => {
                    self.metrics.refuse(self.name, "accept_failed");
                    tracing::warn!(port = self.name, %error, "cannot accept a connection");
                    tokio::time::sleep(BREATHER).await;
                }
            }
        }
        drop(self.socket);
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.limits.drain, drained).await.is_err() {
            tracing::warn!(
                port = self.name,
                open = connections.len(),
                "connections cut off at shutdown"
            );
        }
    }

    fn take(
        &self,
        stream: TcpStream,
        places: &Arc<Semaphore>,
        connections: &mut JoinSet<()>,
        shutdown: &Shutdown,
    ) {
        let Ok(place) = places.clone().try_acquire_owned() else {
            self.metrics.refuse(self.name, "max_connections");
            return;
        };
        let labels = vec![("port", self.name.to_owned())];
        self.metrics.accepted.get_or_create(&labels).inc();
        let open = self.metrics.open.get_or_create_owned(&labels);
        let connection = connection::Connection {
            port: self.name,
            tls: self.tls.clone(),
            limits: self.limits,
            router: self.router.clone(),
            metrics: self.metrics.clone(),
            shutdown: shutdown.clone(),
            peer: None,
        };
        connections.spawn(async move {
            open.inc();
            connection.serve(stream).await;
            open.dec();
            drop(place);
        });
    }
}
