//! One connection, from its first byte to its end.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use skytrail_api::Peer;
use skytrail_base::shutdown::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::limits::{ConnectionMetrics, Limits};
use super::opening::opening;

/// HTTP/2 flow-control window of all streams of a connection together, where
/// that of one stream is not larger.
const CONNECTION_WINDOW: u32 = 2 << 20;
/// Least buffer of an HTTP/1 connection; the library takes no less.
const HTTP1_BUFFER: usize = 8 << 10;

/// What a connection is made of, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

pub(super) struct Connection {
    pub(super) port: &'static str,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) limits: Limits,
    pub(super) router: axum::Router,
    pub(super) metrics: ConnectionMetrics,
    pub(super) shutdown: Shutdown,
    /// Where it comes from; known once it is served.
    pub(super) peer: Option<Peer>,
}

impl Connection {
    pub(super) async fn serve(mut self, stream: TcpStream) {
        self.peer = stream.peer_addr().ok().map(|peer| Peer(peer.ip()));
        // Small answers must not wait for the peer's acknowledgements.
        let _ = stream.set_nodelay(true);
        let patience = self.limits.first_byte_timeout;
        match self.tls.clone() {
            None => self.open(stream).await,
            Some(tls) => match tokio::time::timeout(patience, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.open(stream).await,
                Ok(Err(error)) => {
                    self.metrics.refuse(self.port, "tls_handshake");
                    tracing::debug!(port = self.port, %error, "tls handshake failed");
                }
                Err(_) => self.metrics.refuse(self.port, "tls_timeout"),
            },
        }
    }

    async fn open<S: Stream>(self, stream: S) {
        match tokio::time::timeout(self.limits.first_byte_timeout, opening(stream)).await {
            Ok(Ok(opened)) => self.speak(opened).await,
            Ok(Err(_)) => self.metrics.refuse(self.port, "left"),
            Err(_) => self.metrics.refuse(self.port, "silent"),
        }
    }

    async fn speak<S: Stream>(mut self, stream: S) {
        let builder = self.builder();
        let router = self.router.clone();
        let peer = self.peer;
        let service = TowerToHyperService::new(tower::util::MapRequest::new(
            router,
            move |mut request: Request<Incoming>| {
                if let Some(peer) = peer {
                    request.extensions_mut().insert(peer);
                }
                request
            },
        ));
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let age = tokio::time::sleep(jittered(self.limits.max_connection_age));
        tokio::select! {
            ended = connection.as_mut() => return self.note(ended),
            () = age => {}
            () = self.shutdown.stopping() => {}
        }
        connection.as_mut().graceful_shutdown();
        self.finish(connection).await;
    }

    async fn finish<E: std::fmt::Display>(&self, connection: impl Future<Output = Result<(), E>>) {
        match tokio::time::timeout(self.limits.drain, connection).await {
            Ok(ended) => self.note(ended),
            Err(_) => self.metrics.refuse(self.port, "drain_timeout"),
        }
    }

    fn note<E: std::fmt::Display>(&self, ended: Result<(), E>) {
        if let Err(error) = ended {
            self.metrics.refuse(self.port, "protocol");
            tracing::debug!(port = self.port, %error, "connection ended with an error");
        }
    }

    fn builder(&self) -> Builder<TokioExecutor> {
        let limits = &self.limits;
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.first_byte_timeout)
            .max_buf_size(HTTP1_BUFFER.max(limits.max_header_bytes as usize));
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.max_concurrent_streams)
            .max_header_list_size(limits.max_header_bytes)
            .initial_stream_window_size(limits.stream_window)
            .initial_connection_window_size(CONNECTION_WINDOW.max(limits.stream_window))
            .keep_alive_interval(limits.keep_alive_interval)
            .keep_alive_timeout(limits.keep_alive_timeout);
        builder
    }
}

/// Nine to eleven tenths of `age`, so that connections made together do not end
/// together. The randomness of a hasher's seed is enough for that.
fn jittered(age: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) % 201;
    age / 1000 * (900 + random as u32)
}
