//! Messages of a call, one after the other, from peers that may be slow.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use tonic::{Status, Streaming};

use super::answer;
use crate::intake::{Intake, Rejected};

/// The messages of one call.
pub(super) struct Messages {
    stream: Streaming<Bytes>,
    is_first: bool,
}

impl Messages {
    pub(super) fn new(stream: Streaming<Bytes>) -> Self {
        Self { stream, is_first: true }
    }

    /// The next message; none once the peer has closed its side.
    pub(super) async fn next(&mut self, intake: &Intake) -> Result<Option<Bytes>, Status> {
        // Most messages are there already, and need no timer.
        let message = match self.stream.message().now_or_never() {
            Some(message) => {
                tokio::task::coop::consume_budget().await;
                message
            }
            None => self.later(intake).await,
        };
        self.is_first = false;
        message.map_err(|status| answer::name_limit(status, &intake.settings))
    }

    async fn later(&mut self, intake: &Intake) -> Result<Option<Bytes>, Status> {
        let settings = &intake.settings;
        let (patience, key) = if self.is_first {
            (settings.first_message_timeout, "ingest.grpc.first_message_timeout")
        } else {
            (settings.idle_stream_timeout, "ingest.grpc.idle_stream_timeout")
        };
        let mut shutdown = intake.shutdown.clone();
        tokio::select! {
            message = self.stream.message() => message,
            () = tokio::time::sleep(patience) => Err(slow(patience, key)),
            () = shutdown.stopping() => Err(answer::status(&Rejected::Stopping)),
        }
    }

    /// The message of a call that has one.
    pub(super) async fn only(&mut self, intake: &Intake) -> Result<Bytes, Status> {
        let message = self.next(intake).await?;
        message.ok_or_else(|| Status::invalid_argument("the call brings no message"))
    }
}

fn slow(patience: Duration, key: &str) -> Status {
    Status::deadline_exceeded(format!("no message within {key} ({} s)", patience.as_secs_f64()))
}
