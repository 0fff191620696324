//! What the writing thread is asked for.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use skytrail_storage::Checkpoint;
use tokio::sync::oneshot;

use super::generation::Generation;
use crate::error::Result;

/// A checkpoint of everything in some generations.
pub(crate) struct Save {
    pub(crate) frozen: Vec<Arc<Generation>>,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) reply: oneshot::Sender<Result<()>>,
}

/// What is to be done next.
pub(crate) enum Job {
    Save(Save),
    /// Rows take more memory than they may, or may do so.
    Relieve,
}

/// Asking never waits: however often it is asked to relieve, that is one job, and
/// there are as many checkpoints as somebody waits for, or has waited.
#[derive(Default)]
pub(crate) struct Jobs {
    asked: Mutex<Asked>,
    wake: Condvar,
}

#[derive(Default)]
struct Asked {
    saves: VecDeque<Save>,
    is_full: bool,
    is_closed: bool,
    /// Whether nobody does anything any more.
    is_ended: bool,
}

impl Jobs {
    /// Asks for memory.
    pub(crate) fn relieve(&self) {
        self.asked.lock().is_full = true;
        self.wake.notify_one();
    }

    /// Asks for a checkpoint.
    pub(crate) fn save(&self, save: Save) {
        let mut asked = self.asked.lock();
        if asked.is_ended {
            // Whoever waits for the reply hears that there is none.
            return;
        }
        asked.saves.push_back(save);
        self.wake.notify_one();
    }

    /// There will be no more.
    pub(crate) fn close(&self) {
        self.asked.lock().is_closed = true;
        self.wake.notify_one();
    }

    /// Nobody does anything any more, and nobody waits for it.
    pub(crate) fn end(&self) {
        let mut asked = self.asked.lock();
        asked.is_ended = true;
        asked.saves.clear();
    }

    /// The next job, or [`Job::Relieve`] when there is none within `patience`; none
    /// once it is closed and everything is done.
    pub(crate) fn next(&self, patience: Option<Duration>) -> Option<Job> {
        let mut asked = self.asked.lock();
        loop {
            // Memory first: whoever saves waits for those who append.
            if std::mem::take(&mut asked.is_full) {
                return Some(Job::Relieve);
            }
            if let Some(save) = asked.saves.pop_front() {
                return Some(Job::Save(save));
            }
            if asked.is_closed {
                return None;
            }
            match patience {
                None => self.wake.wait(&mut asked),
                Some(patience) => {
                    if self.wake.wait_for(&mut asked, patience).timed_out() {
                        return Some(Job::Relieve);
                    }
                }
            }
        }
    }
}
