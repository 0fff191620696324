//! Requests over real connections, plain and encrypted.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The status of a gRPC call.
    pub(crate) fn grpc_status(&self) -> Option<&str> {
        self.headers.get("grpc-status").and_then(|status| status.to_str().ok())
    }
}

async fn answer(response: http::Response<hyper::body::Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    let mut headers = parts.headers;
    headers.extend(collected.trailers().cloned().unwrap_or_default());
    let text = String::from_utf8_lossy(&collected.to_bytes()).into_owned();
    Answer { status: parts.status, headers, text }
}

/// One request over HTTP/1.1.
pub(crate) async fn ask(address: SocketAddr, request: Request<Body>) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    ask_on(TokioIo::new(stream), request).await
}

/// The same over TLS, trusting one certificate only.
pub(crate) async fn ask_encrypted(
    address: SocketAddr,
    certificate: &[u8],
    request: Request<Body>,
) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector(certificate).connect(name, stream).await.unwrap();
    ask_on(TokioIo::new(stream), request).await
}

fn connector(certificate: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn ask_on<T>(io: T, mut request: Request<Body>) -> Answer
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    request.headers_mut().entry("host").or_insert("localhost".parse().unwrap());
    answer(sender.send_request(request).await.unwrap()).await
}

/// A connection for gRPC calls that end with their headers.
pub(crate) struct Grpc(http2::SendRequest<Body>);

impl Grpc {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let executor = TokioExecutor::new();
        let (sender, connection) = http2::handshake(executor, TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }

    /// Calls a method without any message.
    pub(crate) async fn call(&mut self, path: &str, token: Option<&str>) -> Answer {
        let mut request = Request::post(format!("http://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if let Some(token) = token {
            request = request.header("authentication", token);
        }
        self.0.ready().await.unwrap();
        let request = request.body(Body::empty()).unwrap();
        answer(self.0.send_request(request).await.unwrap()).await
    }
}
