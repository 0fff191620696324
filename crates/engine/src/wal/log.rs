//! The log as those see it who append to it.

use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_base::journal::{Appended, Journal, JournalError, Position, Record};

use super::intake::{Intake, closed, refusal};
use super::replay::replay;

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
        let removed = self.intake.chain.lock().trim(before.0, &self.intake.config);
        let mut result = Ok(());
        for blank in removed {
            if let Err(error) = self.intake.fs.remove(&blank.path) {
                let file = self.intake.fs.describe(&blank.path);
                result = Err(refusal(&format!("cannot remove {file}: {error}")));
            }
        }
        // Not made durable: what comes back after a crash is below the checkpoint.
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
