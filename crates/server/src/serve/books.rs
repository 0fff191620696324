//! The books of what was received, as the pages of the UI show them.

use std::sync::Arc;

use skytrail_api::status::StatusSource;
use skytrail_api::ui::{Dropped, Receiver, ServerSource};
use skytrail_base::account::{Account, Signal};
use skytrail_base::clock::SharedClock;
use skytrail_storage::SharedStorage;

use crate::status::Status;

/// The books, and what else the server knows of itself.
pub(super) struct Books {
    account: Arc<Account>,
    storage: SharedStorage,
    status: Arc<Status>,
    clock: SharedClock,
    /// Milliseconds since the Unix epoch.
    since: i64,
}

impl Books {
    /// Opened now.
    pub(super) fn new(
        account: Arc<Account>,
        storage: SharedStorage,
        status: Arc<Status>,
        clock: SharedClock,
    ) -> Self {
        let since = clock.unix_millis();
        Self { account, storage, status, clock, since }
    }

    fn receiver(&self, signal: Signal) -> Option<Receiver> {
        let totals = self.account.totals(signal);
        let node = self.status.nodes();
        let dropped = self.account.dropped(signal).into_iter();
        (totals.received.messages > 0).then(|| Receiver {
            name: signal.name().to_owned(),
            address: node.first().map_or(String::new(), |at| format!("{}:{}", at.host, at.port)),
            received: totals.received.messages,
            stored: totals.stored.messages,
            refused: totals.refused.messages,
            dropped: dropped
                .map(|(reason, count, _)| Dropped { reason: reason.to_owned(), count })
                .collect(),
        })
    }
}

impl ServerSource for Books {
    fn uptime(&self) -> u64 {
        u64::try_from(self.clock.unix_millis() - self.since).unwrap_or(0)
    }

    fn receivers(&self) -> Vec<Receiver> {
        Signal::ALL.into_iter().filter_map(|signal| self.receiver(signal)).collect()
    }

    fn stored_bytes(&self) -> Option<u64> {
        Some(self.storage.usage().families.iter().map(|family| family.bytes).sum())
    }
}
