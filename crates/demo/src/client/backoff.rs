//! Pauses between attempts.

use std::time::Duration;

use skytrail_base::shutdown::Shutdown;
use tonic::Status;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// Pauses that double from 0.2 s to 10 s while attempts fail. The first failure and the recovery
/// are logged, nothing between them.
#[derive(Debug)]
pub(super) struct Backoff {
    what: &'static str,
    pause: Option<Duration>,
}

impl Backoff {
    /// `what` names what is sent.
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, pause: None }
    }

    /// Notes a success.
    pub(super) fn succeeded(&mut self) {
        if self.pause.take().is_some() {
            tracing::info!(what = self.what, "the server takes the demo traffic again");
        }
    }

    /// Notes a failure and waits, but not beyond the shutdown.
    pub(super) async fn failed(&mut self, status: &Status, stop: &mut Shutdown) {
        if self.pause.is_none() {
            let (code, reason) = (status.code(), status.message());
            tracing::warn!(
                what = self.what,
                ?code,
                reason,
                "the server does not take the demo traffic; trying again"
            );
        }
        let pause = self.pause.map_or(FIRST, |pause| (pause * 2).min(LONGEST));
        self.pause = Some(pause);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.stopping() => {}
        }
    }
}
