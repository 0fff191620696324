//! The process's own stop signals.

use skytrail_base::shutdown::Trigger;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a second signal ends the process with, as shells report Ctrl-C.
const INTERRUPTED: i32 = 130;

/// SIGINT, SIGTERM and SIGHUP (the terminal is gone), caught from the moment
/// this exists.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Catches all of them. To be called before the process says that it is there.
    pub fn catch() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Stops the process in order at the first signal; the second one ends it
    /// at once.
    pub async fn obey(mut self, trigger: Trigger) {
        self.next().await;
        tracing::info!("stopping: no new connections, draining what was received");
        trigger.stop();
        self.next().await;
        tracing::warn!("second signal: leaving at once, what is in flight is lost");
        std::process::exit(INTERRUPTED);
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
