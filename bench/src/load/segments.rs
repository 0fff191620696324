//! Agents: connections with one `collect` stream each.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use skytrail_proto::raw::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::Stream;
use tonic::transport::{Channel, Endpoint};

type Client = TraceSegmentReportServiceClient<Channel>;

/// Messages that wait for a slow stream, per connection.
const WAITING: usize = 256;

/// A connection to a port of loopback.
pub async fn channel(port: u16) -> Result<Channel> {
    Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?
        .connect_timeout(Duration::from_secs(10))
        .connect()
        .await
        .context("cannot connect")
}

/// Some connections that send side by side.
#[derive(Debug)]
pub struct Connections {
    clients: Vec<Client>,
}

impl Connections {
    /// Opens so many.
    pub async fn open(port: u16, count: usize) -> Result<Self> {
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            clients.push(Client::new(channel(port).await?));
        }
        Ok(Self { clients })
    }

    /// Sends each segment once, a share on every connection, and waits until
    /// every stream is acknowledged.
    pub async fn send(&self, segments: &Arc<Vec<Bytes>>) -> Result<()> {
        let mut streams = JoinSet::new();
        let count = self.clients.len();
        for (place, client) in self.clients.iter().enumerate() {
            let mut client = client.clone();
            let segments = segments.clone();
            let share = (place..segments.len()).step_by(count);
            let share = share.filter_map(move |at| segments.get(at).cloned());
            streams.spawn(async move { client.collect(tokio_stream::iter(share)).await });
        }
        while let Some(answer) = streams.join_next().await {
            answer?.context("a stream was refused")?;
        }
        Ok(())
    }

    /// One stream per connection, to be fed for as long as it is wanted.
    pub fn streams(&self) -> Vec<Feed> {
        self.clients.iter().map(|client| Feed::new(client.clone())).collect()
    }
}

/// An open stream.
#[derive(Debug)]
pub struct Feed {
    sender: mpsc::Sender<Bytes>,
    answer: tokio::task::JoinHandle<Result<(), tonic::Status>>,
}

impl Feed {
    fn new(mut client: Client) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let answer =
            tokio::spawn(async move { client.collect(Messages(receiver)).await.map(|_| ()) });
        Self { sender, answer }
    }

    /// Sends one segment; waits while the stream is full.
    pub async fn send(&self, segment: Bytes) -> Result<()> {
        self.sender.send(segment).await.context("the stream has ended")
    }

    /// Ends the stream and waits until it is acknowledged.
    pub async fn finish(self) -> Result<()> {
        drop(self.sender);
        self.answer.await?.context("the stream was refused")
    }
}

/// The messages of a receiver, as a stream.
struct Messages(mpsc::Receiver<Bytes>);

impl Stream for Messages {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.poll_recv(context)
    }
}
