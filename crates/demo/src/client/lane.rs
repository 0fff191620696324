//! One channel of segments.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use skytrail_base::shutdown::Shutdown;
use skytrail_proto::v3::SegmentObject;
use skytrail_proto::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use super::backoff::Backoff;
use super::connection::Authenticated;
use super::summary::Tallies;

/// How long a stream stays open before it is ended for its answer.
const STREAM_TIME: Duration = Duration::from_secs(2);

/// How long a server may take for the answer: longer than it may stall.
const ANSWER_TIME: Duration = Duration::from_secs(25);

/// Segments that wait for the stream to take them.
const STREAM_BUFFER: usize = 32;

/// Sends what comes through a queue, one stream after the other.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) client: TraceSegmentReportServiceClient<Authenticated>,
    pub(super) queue: mpsc::Receiver<SegmentObject>,
    pub(super) tallies: Arc<Tallies>,
    pub(super) stop: Shutdown,
}

impl Lane {
    /// Returns when the queue is closed and empty and the last stream is answered.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::new("segments");
        while let Some(first) = self.queue.recv().await {
            match self.stream(first).await {
                Ok(taken) => {
                    self.tallies.segments.acknowledge(taken);
                    backoff.succeeded();
                }
                Err(status) => backoff.failed(&status, &mut self.stop).await,
            }
        }
    }

    /// One stream; gives the segments it took, all of which are then acknowledged.
    async fn stream(&mut self, first: SegmentObject) -> Result<u64, Status> {
        let (sender, receiver) = mpsc::channel(STREAM_BUFFER);
        let mut call = pin!(self.client.collect(received(receiver)));
        let until = Instant::now() + STREAM_TIME;
        let mut taken = 1;
        let mut next = Some(first);
        loop {
            tokio::select! {
                answer = &mut call => {
                    answer?;
                    return Err(Status::aborted("the server answered before the stream ended"));
                }
                Ok(permit) = sender.reserve(), if next.is_some() => {
                    if let Some(segment) = next.take() {
                        permit.send(segment);
                    }
                }
                segment = self.queue.recv(), if next.is_none() => match segment {
                    Some(segment) => {
                        next = Some(segment);
                        taken += 1;
                    }
                    None => break,
                },
                () = sleep_until(until), if next.is_none() => break,
            }
        }
        drop(sender);
        answer(call).await.map(|()| taken)
    }
}

/// Sends `segments` in one stream, in their order; gives how many were acknowledged.
pub(super) async fn send_once(
    mut client: TraceSegmentReportServiceClient<Authenticated>,
    segments: Vec<SegmentObject>,
) -> Result<u64, Status> {
    let count = segments.len() as u64;
    answer(client.collect(tokio_stream::iter(segments))).await.map(|()| count)
}

async fn answer<T>(call: impl Future<Output = Result<T, Status>>) -> Result<(), Status> {
    let late = |_| Status::deadline_exceeded("the server did not answer an ended stream in time");
    timeout(ANSWER_TIME, call).await.map_err(late)?.map(drop)
}

fn received<T>(receiver: mpsc::Receiver<T>) -> impl Stream<Item = T> {
    tokio_stream::wrappers::ReceiverStream::new(receiver).fuse()
}
