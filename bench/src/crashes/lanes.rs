//! Agents that send until they are told to stop, whatever happens to the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use skytrail_proto::raw::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient;
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::transport::Channel;

use super::book::{Book, Place};
use super::traffic::Number;
use crate::load::channel;
use crate::soak::random::Random;
use crate::wire::protobuf;

/// How long a lane waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a lane waits before it tries to connect again.
const RETRY: Duration = Duration::from_millis(20);

/// The book, which all lanes write into.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Mutex<Book>>);

impl Shared {
    /// Of a book.
    pub fn new(book: Book) -> Self {
        Self(Arc::new(Mutex::new(book)))
    }

    /// The book itself; not to be held while waiting.
    pub fn open(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest pause between two calls: a run of many rounds shall end with what
/// can be looked at whole.
const MOST_PAUSE_MS: usize = 70;

/// One agent.
#[derive(Debug)]
pub struct Lane {
    /// The server's port.
    pub port: u16,
    /// What it sends.
    pub place: Place,
    /// Where it notes it.
    pub book: Shared,
    /// Its chance.
    pub random: Random,
    /// Becomes true when it shall send nothing more.
    pub stop: watch::Receiver<bool>,
}

type Client = TraceSegmentReportServiceClient<Channel>;

impl Lane {
    /// Sends until it is told to stop; what it waits for then is waited for.
    pub async fn run(mut self) {
        let mut client: Option<Client> = None;
        while !*self.stop.borrow() {
            let Some(open) = &mut client else {
                client = channel(self.port).await.ok().map(Client::new);
                if client.is_none() {
                    tokio::time::sleep(RETRY).await;
                }
                continue;
            };
            let sent = self.choose();
            let is_stream = self.random.below(4) > 0;
            let answer = timeout(PATIENCE, send(open, &sent, is_stream)).await;
            let is_acknowledged = matches!(answer, Ok(Ok(())));
            self.book.open().settle(&sent, is_acknowledged);
            if !is_acknowledged {
                client = None;
            }
            tokio::time::sleep(Duration::from_millis(self.random.below(MOST_PAUSE_MS) as u64))
                .await;
        }
    }

    /// New segments, and sometimes some that were sent before, anywhere among them.
    fn choose(&mut self) -> Vec<(Number, Bytes)> {
        let count = 1 + self.random.below(16);
        let mut book = self.book.open();
        let mut chosen = book.fresh(&mut self.place, count);
        if self.random.below(3) == 0 {
            for _ in 0..self.random.below(8) {
                let Some(again) = book.again(&mut self.random) else { break };
                let place = self.random.below(chosen.len() + 1).min(chosen.len());
                chosen.insert(place, again);
            }
        }
        chosen
    }
}

async fn send(client: &mut Client, sent: &[(Number, Bytes)], is_stream: bool) -> Result<()> {
    if is_stream {
        let messages: Vec<_> = sent.iter().map(|(_, bytes)| bytes.clone()).collect();
        client.collect(tokio_stream::iter(messages)).await?;
    } else {
        let mut collection = Vec::new();
        for (_, bytes) in sent {
            protobuf::field(&mut collection, 1, bytes);
        }
        client.collect_in_sync(tonic::Request::new(Bytes::from(collection))).await?;
    }
    Ok(())
}
