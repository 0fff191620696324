//! What attacks are aimed at, and what they get for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::wire::http::connect;

/// How long an attacker waits for an answer.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// A server under attack.
#[derive(Debug, Clone)]
pub struct Target {
    /// Port of the agents.
    pub grpc: u16,
    /// Port of GraphQL and of agents that speak HTTP.
    pub rest: u16,
    /// Port of its own metrics.
    pub telemetry: u16,
    /// Segments of real agents, to be broken.
    pub corpus: Arc<Vec<Bytes>>,
}

/// What an attack got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reply {
    /// Success: it was harmless, or thought to be.
    Taken,
    /// An error that says so.
    Refused,
    /// The connection was closed.
    Closed,
    /// Nothing, for as long as the attacker waited.
    Silent,
    /// No connection.
    Unreachable,
}

/// What came of the attacks: how often each got which answer.
pub type Replies = BTreeMap<&'static str, BTreeMap<Reply, u64>>;

impl Reply {
    /// From a status code of HTTP; 0 is a connection that was closed.
    pub fn of_http(status: u16) -> Self {
        match status {
            0 => Self::Closed,
            200..300 => Self::Taken,
            _ => Self::Refused,
        }
    }

    /// From the answer to a gRPC call.
    pub fn of_grpc<T>(answer: &Result<T, tonic::Status>) -> Self {
        match answer {
            Ok(_) => Self::Taken,
            Err(status) if status.code() == tonic::Code::Unknown => Self::Closed,
            Err(_) => Self::Refused,
        }
    }
}

/// Writes bytes to a port, whatever they are, and reads until the peer closes.
pub async fn throw(port: u16, bytes: &[u8]) -> Reply {
    let Ok(stream) = connect(port).await else { return Reply::Unreachable };
    let (mut reader, mut writer) = stream.into_split();
    let mut sink = vec![0; 4096];
    let talk = async {
        let write = async {
            let _ = writer.write_all(bytes).await;
        };
        let read = async { while matches!(reader.read(&mut sink).await, Ok(1..)) {} };
        tokio::join!(write, read)
    };
    match timeout(PATIENCE, talk).await {
        Ok(_) => Reply::Closed,
        Err(_) => Reply::Silent,
    }
}
