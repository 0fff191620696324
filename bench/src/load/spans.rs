//! OpenTelemetry SDKs: connections with one export after another.

use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use skytrail_proto::raw::BytesClientCodec;
use tokio::task::JoinSet;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

use super::segments::channel;
use crate::peer::otlp::{EXPORT, ExportReply};

/// Some connections that export side by side.
#[derive(Debug)]
pub struct Exporters {
    channels: Vec<Channel>,
}

impl Exporters {
    /// Opens so many.
    pub async fn open(port: u16, count: usize) -> Result<Self> {
        let mut channels = Vec::with_capacity(count);
        for _ in 0..count {
            channels.push(channel(port).await?);
        }
        Ok(Self { channels })
    }

    /// Sends each request once, a share on every connection, and waits for all answers.
    pub async fn send(&self, requests: &Arc<Vec<Bytes>>) -> Result<()> {
        let mut shares = JoinSet::new();
        let count = self.channels.len();
        for (place, channel) in self.channels.iter().enumerate() {
            let requests = requests.clone();
            let client = Grpc::new(channel.clone());
            shares.spawn(async move { export(client, &requests, place, count).await });
        }
        while let Some(answer) = shares.join_next().await {
            answer??;
        }
        Ok(())
    }
}

async fn export(
    mut client: Grpc<Channel>,
    requests: &[Bytes],
    first: usize,
    step: usize,
) -> Result<()> {
    for request in requests.iter().skip(first).step_by(step) {
        client.ready().await.context("the connection was closed")?;
        let path = PathAndQuery::from_str(EXPORT)?;
        let codec = BytesClientCodec::<ExportReply>::default();
        let answer = client.unary(tonic::Request::new(request.clone()), path, codec).await?;
        let refused = answer.into_inner().partial_success.map_or(0, |part| part.rejected_spans);
        ensure!(refused == 0, "the peer refused {refused} spans");
    }
    Ok(())
}
