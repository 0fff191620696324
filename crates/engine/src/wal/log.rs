//! The log as those see it who append to it.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_base::journal::{Appended, Journal, JournalError, Position, Record};

use super::intake::{Intake, closed, refusal};
use super::replay::replay;
use super::segment::mark_path;

/// The log: files of one folder. What is appended is written and made durable
/// by a [`super::Writer`].
pub struct Log {
    pub(super) intake: Arc<Intake>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

impl Log {
    /// Has what the log holds now leave the disk, and not only the log: files that wait to
    /// be used again go at once, the others when they are trimmed, also by another process.
    ///
    /// # Errors
    /// The disk refuses: another process would use them again.
    pub fn discard(&self) -> Result<(), JournalError> {
        self.intake.discard()
    }

    /// Lets go of what says which files are not used again, once these are gone for good.
    fn unmark(&self) {
        let done = self.intake.chain.lock().done_marks();
        if done.is_empty() {
            return;
        }
        let is_durable = self.intake.fs.sync_dir(Path::new("")).is_ok();
        for generation in done {
            if !is_durable || self.intake.fs.remove(&mark_path(generation)).is_err() {
                // Until the next trim.
                self.intake.chain.lock().marked(generation);
            }
        }
    }
}

impl Journal for Log {
    fn room(&self, bytes: usize) -> BoxFuture<'_, ()> {
        Box::pin(self.intake.room(bytes))
    }

    fn refusal(&self) -> Option<String> {
        self.intake.refusal()
    }

    fn append(&self, record: Record<'_>) -> Result<Appended, JournalError> {
        let (position, told) = self.intake.append(&record)?;
        let durable = Box::pin(async move { told.await.unwrap_or_else(|_| Err(closed())) });
        Ok(Appended { position: Position(position), durable })
    }

    fn replay<'a>(
        &'a self,
        from: Position,
        take: &'a mut (dyn FnMut(Position, Record<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(async move { replay(&self.intake, from.0, take) })
    }

    fn trim(&self, before: Position) -> Result<(), JournalError> {
        let Intake { layout, config, .. } = &*self.intake;
        let removed = self.intake.chain.lock().trim(before.0, layout, config);
        let (mut result, removes) = (Ok(()), !removed.is_empty());
        for blank in removed {
            match self.intake.fs.remove(&blank.path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    let file = self.intake.fs.describe(&blank.path);
                    result = Err(refusal(&format!("cannot remove {file}: {error}")));
                    self.intake.chain.lock().keep_undeleted(blank);
                }
                _ => {}
            }
        }
        if removes {
            // What comes back after a crash all the same is below the checkpoint.
            let _ = self.intake.fs.sync_dir(Path::new(""));
        }
        self.unmark();
        if self.intake.chain.lock().is_newest_discarded() {
            self.intake.begin_anew();
        }
        self.intake.recount();
        result
    }

    fn used_bytes(&self) -> usize {
        usize::try_from(self.intake.used_bytes()).unwrap_or(usize::MAX)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.intake.close();
    }
}
