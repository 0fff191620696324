//! The thread that turns rows into parts: blocks of spans as they fill up, all
//! rows at a checkpoint, and some before it when memory is short.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use skytrail_storage::Checkpoint;
use tokio::sync::oneshot;

use super::core::Core;
use super::flush;
use super::generation::Generation;
use super::save;
use crate::error::Result;

/// How long the thread rests after a disk has refused.
const RETRY: Duration = Duration::from_secs(1);

/// What the thread is asked for.
pub(crate) enum Job {
    /// Rows of a generation are to be encoded, and written if memory is short.
    Relieve(Arc<Generation>),
    /// A checkpoint of everything in the generations.
    Save {
        frozen: Vec<Arc<Generation>>,
        checkpoint: Checkpoint,
        reply: oneshot::Sender<Result<()>>,
    },
}

/// Works until nobody can ask for anything any more.
pub(crate) fn run(core: &Core, jobs: &Receiver<Job>) {
    // Of a generation that could not be relieved: the disk refused.
    let mut due: Option<Arc<Generation>> = None;
    loop {
        let job = match due.is_some() {
            true => jobs.recv_timeout(RETRY),
            false => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match job {
            Ok(Job::Save { frozen, checkpoint, reply }) => {
                // Whoever asked may be gone; the checkpoint counts all the same.
                let _ = reply.send(save::save(core, &frozen, &checkpoint));
            }
            Ok(Job::Relieve(generation)) => due = relieve(core, generation),
            Err(RecvTimeoutError::Timeout) => {
                due = due.take().and_then(|generation| relieve(core, generation));
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        core.room.notify_waiters();
        core.gauge();
    }
}

/// Gives the generation back when it is to be tried again.
fn relieve(core: &Core, generation: Arc<Generation>) -> Option<Arc<Generation>> {
    match flush::relieve(core, &generation) {
        Ok(()) => None,
        Err(error) => {
            core.metrics.failures.inc();
            tracing::warn!(%error, next_try = ?RETRY, "rows stay in memory that should be on disk");
            Some(generation)
        }
    }
}
