//! The process's own stop signals.

use skytrail_base::shutdown::Trigger;
use tokio::signal::unix::{SignalKind, signal};

/// What a second signal ends the process with, as shells report Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Waits for SIGINT or SIGTERM and stops the process in order; the second one
/// ends it at once.
pub async fn listen(trigger: Trigger) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut stopping = false;
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if stopping {
            tracing::warn!("second signal: leaving at once, what is in flight is lost");
            std::process::exit(INTERRUPTED);
        }
        tracing::info!("stopping: no new connections, draining what was received");
        stopping = true;
        trigger.stop();
    }
}
