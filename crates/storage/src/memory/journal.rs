//! A journal in memory: for tests of replay, and in front of a store that
//! forgets anyway.

use std::collections::VecDeque;

use parking_lot::Mutex;
use skytrail_base::future::BoxFuture;
use skytrail_base::journal::{Appended, Journal, JournalError, Position, Record};

#[derive(Debug, Default, Clone)]
struct Log {
    records: VecDeque<(Position, Record<'static>)>,
    last: u64,
    bytes: usize,
}

/// Keeps the newest records up to a limit in bytes. Everything is as durable
/// as the process.
#[derive(Debug)]
pub struct MemoryJournal {
    log: Mutex<Log>,
    limit_bytes: usize,
}

impl MemoryJournal {
    /// Keeps at most `limit_bytes` of payload; 0 keeps nothing, which is right
    /// where nothing could be replayed into.
    pub fn new(limit_bytes: usize) -> Self {
        Self { log: Mutex::default(), limit_bytes }
    }

    /// What a durable log would hold after a crash at this moment. Tests of
    /// replay start from it.
    #[must_use]
    pub fn reopen(&self) -> Self {
        Self { log: Mutex::new(self.log.lock().clone()), limit_bytes: self.limit_bytes }
    }
}

impl Journal for MemoryJournal {
    fn append(&self, record: Record<'_>) -> Result<Appended, JournalError> {
        let mut log = self.log.lock();
        log.last += 1;
        let position = Position(log.last);
        if self.limit_bytes > 0 {
            log.bytes += record.payload.len();
            log.records.push_back((position, record.into_owned()));
        }
        while log.bytes > self.limit_bytes {
            let Some((_, oldest)) = log.records.pop_front() else { break };
            log.bytes -= oldest.payload.len();
        }
        Ok(Appended { position, durable: Box::pin(std::future::ready(Ok(()))) })
    }

    fn replay<'a>(
        &'a self,
        from: Position,
        take: &'a mut (dyn FnMut(Position, Record<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        let records: Vec<_> = {
            let log = self.log.lock();
            log.records.iter().filter(|(position, _)| *position >= from).cloned().collect()
        };
        for (position, record) in records {
            if !take(position, record) {
                break;
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn trim(&self, before: Position) -> Result<(), JournalError> {
        let mut log = self.log.lock();
        while log.records.front().is_some_and(|(position, _)| *position < before) {
            if let Some((_, record)) = log.records.pop_front() {
                log.bytes -= record.payload.len();
            }
        }
        Ok(())
    }

    fn used_bytes(&self) -> usize {
        self.log.lock().bytes
    }
}

#[cfg(test)]
mod tests {
    use skytrail_base::journal::{Journal, Position, Record};

    use super::MemoryJournal;

    fn record(byte: u8) -> Record<'static> {
        Record { shard: 0, decoder: 1, arrival: 0, payload: vec![byte; 10].into() }
    }

    async fn replayed(journal: &MemoryJournal, from: u64) -> Vec<(u64, u8)> {
        let mut seen = Vec::new();
        let mut take = |position: Position, record: Record<'_>| {
            seen.push((position.0, record.payload[0]));
            true
        };
        journal.replay(Position(from), &mut take).await.unwrap();
        seen
    }

    #[tokio::test]
    async fn replays_in_order_from_a_position_and_forgets_what_was_trimmed() {
        let journal = MemoryJournal::new(1000);
        for byte in 1..=4 {
            journal.append(record(byte)).unwrap().durable.await.unwrap();
        }
        assert_eq!(replayed(&journal, 3).await, [(3, 3), (4, 4)]);
        journal.trim(Position(3)).unwrap();
        assert_eq!(replayed(&journal, 0).await, [(3, 3), (4, 4)]);
        assert_eq!(journal.used_bytes(), 20);
    }

    #[tokio::test]
    async fn keeps_the_newest_within_its_limit() {
        let journal = MemoryJournal::new(25);
        (1..=4).for_each(|byte| drop(journal.append(record(byte)).unwrap()));
        assert_eq!(replayed(&journal, 0).await, [(3, 3), (4, 4)]);
    }
}
