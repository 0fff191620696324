//! Where the log and the queues behind it agree.

use parking_lot::Mutex;

use crate::journal::Position;

/// Appending a record and handing its batch over count as one step here, so
/// that there are moments at which every record so far was handed over and none
/// is on its way. Checkpoints are taken at such moments.
///
/// Held for as long as a step takes; steps MUST NOT wait.
#[derive(Debug, Default)]
pub struct Frontier {
    last: Mutex<Position>,
}

impl Frontier {
    /// A log that goes on after `last`.
    pub fn after(last: Position) -> Self {
        Self { last: Mutex::new(last) }
    }

    /// Appends a record and hands its batch over. `step` gives the position of
    /// the record, or none when nothing was appended.
    pub fn advance(&self, step: impl FnOnce() -> Option<Position>) {
        let mut last = self.last.lock();
        if let Some(position) = step() {
            *last = (*last).max(position);
        }
    }

    /// Runs `look` with the position of the last record while no step is under way.
    pub fn still<T>(&self, look: impl FnOnce(Position) -> T) -> T {
        look(*self.last.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::Frontier;
    use crate::journal::Position;

    #[test]
    fn it_stands_at_the_last_record_that_was_appended() {
        let frontier = Frontier::after(Position(7));
        frontier.advance(|| None);
        assert_eq!(frontier.still(|last| last), Position(7));
        frontier.advance(|| Some(Position(8)));
        assert_eq!(frontier.still(|last| last), Position(8));
    }
}
