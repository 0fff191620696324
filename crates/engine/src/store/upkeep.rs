//! The thread that looks after parts: sets aside what is damaged, writes anew what
//! holds something deleted, and merges.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use skytrail_blocks::PartWriter;

use super::core::Core;
use super::{damage, merge, purge};
use crate::error::Result;

/// How often it is looked for something to merge.
const LOOK: Duration = Duration::from_secs(1);

/// Filters that are read again in one look.
const MOST_RECALLED: usize = 16;

/// How long nothing is merged after a merge has failed.
const RETRY: Duration = Duration::from_secs(60);

/// Works until the other side of `ended` is dropped.
pub(crate) fn run(core: &Core, ended: &Receiver<()>) {
    let mut pause = LOOK;
    while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(pause) {
        forget(core);
        pause = match damage::set_aside(core).and_then(|()| next(core)) {
            Ok(true) => Duration::ZERO,
            Ok(false) => LOOK,
            Err(error) => {
                core.metrics.failures.inc();
                tracing::error!(%error, next_try = ?RETRY, "parts could not be merged");
                RETRY
            }
        };
    }
}

/// Forgets what parts of spans are read by while that takes more than it may, and reads filters
/// again while it takes much less. Whatever writers take, half of it is for parts.
fn forget(core: &Core) {
    let version = core.state.snapshot().version;
    let writers: usize = core.writers.lock().values().map(PartWriter::memory).sum();
    let most = core.config.dictionary_bytes;
    let most = most.saturating_sub(writers).max(most / 2);
    let held = version.parts.forget_beyond(most);
    // What is read again must not be what is forgotten next.
    let room = (most / 4 * 3).saturating_sub(held);
    for part in version.parts.without_filter(room, MOST_RECALLED) {
        // What is damaged is told, and set aside.
        if let Err(error) = core.suspects.judge(part, part.part.recall_filter()) {
            tracing::debug!(%error, "a filter of traces is not read");
            return;
        }
    }
}

/// Writes a part anew that holds something deleted, or merges; whether there was
/// anything to do.
fn next(core: &Core) -> Result<bool> {
    Ok(purge::step(core)? || merge::step(core)?)
}

/// Merges all that may be merged now; says how many merges there were.
///
/// # Errors
/// As [`merge::step`].
pub(crate) fn all(core: &Core) -> Result<usize> {
    let mut merges = 0;
    damage::set_aside(core)?;
    while next(core)? {
        merges += 1;
    }
    forget(core);
    Ok(merges)
}
