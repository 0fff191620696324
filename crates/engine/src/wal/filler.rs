//! Fills files with zeros before they are needed.

use std::sync::Arc;

use super::intake::Intake;
use super::segment::Filling;

/// Who has a file wait whenever a segment was begun and none waits: a thread of its own,
/// since no record is to wait for it.
pub(super) struct Filler {
    intake: Arc<Intake>,
}

impl Filler {
    pub(super) fn new(intake: Arc<Intake>) -> Self {
        Self { intake }
    }

    /// Fills until the log is closed.
    pub(super) fn run(self) {
        while self.intake.wait_for_want() {
            // Whoever needs the file is told when there is none.
            let filling = self.intake.filling(self.intake.layout.usual);
            let filled = filling.and_then(|filling| self.fill(filling));
            if let Err(error) = filled {
                tracing::debug!(%error, "cannot prepare a file of the log");
            }
        }
    }

    fn fill(&self, mut filling: Filling) -> std::io::Result<()> {
        let fs = &*self.intake.fs;
        while !filling.step(fs)? {
            if self.intake.is_closed() {
                return filling.give_up(fs);
            }
        }
        self.intake.chain.lock().keep_spare(filling.into_blank());
        Ok(())
    }
}
