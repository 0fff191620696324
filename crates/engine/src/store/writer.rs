//! The thread that turns rows into parts: blocks of spans as they fill up, all
//! rows at a checkpoint, and some before it when memory is short.

use std::time::Duration;

use super::core::Core;
use super::flush;
use super::jobs::{Job, Jobs, Save};
use super::save;

/// How long the thread rests after a disk has refused.
const RETRY: Duration = Duration::from_secs(1);

/// Works until nobody can ask for anything any more.
pub(crate) fn run(core: &Core, jobs: &Jobs) {
    let mut is_due = false;
    while let Some(job) = jobs.next(is_due.then_some(RETRY)) {
        match job {
            Job::Save(Save { frozen, checkpoint, reply }) => {
                let saved = save::save(core, &frozen, checkpoint);
                if saved.is_err() {
                    core.metrics.failures.inc();
                }
                // Whoever asked may be gone; the checkpoint counts all the same.
                let _ = reply.send(saved);
            }
            Job::Relieve => is_due = !relieve(core),
        }
        core.room.notify_waiters();
        core.gauge();
    }
}

/// Whether there is nothing left to be tried again.
fn relieve(core: &Core) -> bool {
    match core.with_reserve(|| flush::relieve(core)) {
        Ok(()) => core.span_bytes() <= core.config.open_bytes,
        Err(error) => {
            core.metrics.failures.inc();
            tracing::warn!(%error, next_try = ?RETRY, "rows stay in memory that should be on disk");
            false
        }
    }
}
