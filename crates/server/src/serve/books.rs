//! The books of what was received, as the pages of the UI show them.

use std::sync::Arc;

use skytrail_api::status::StatusSource;
use skytrail_api::ui::{Disk, Dropped, Held, Receiver, Refusal, ServerSource};
use skytrail_base::account::{Account, Signal};
use skytrail_base::clock::SharedClock;
use skytrail_storage::SharedStorage;

use super::backend::OnDisk;
use super::health;
use crate::status::Status;
use crate::store::date;

/// The books, and what else the server knows of itself.
pub(super) struct Books {
    account: Arc<Account>,
    storage: SharedStorage,
    on_disk: Option<OnDisk>,
    status: Arc<Status>,
    clock: SharedClock,
    /// Milliseconds since the Unix epoch.
    since: i64,
}

impl Books {
    /// Opened now.
    pub(super) fn new(
        account: Arc<Account>,
        (storage, on_disk): (&SharedStorage, &Option<OnDisk>),
        status: &Arc<Status>,
        clock: &SharedClock,
    ) -> Self {
        let since = clock.unix_millis();
        Self {
            account,
            storage: storage.clone(),
            on_disk: on_disk.clone(),
            status: status.clone(),
            clock: clock.clone(),
            since,
        }
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

    fn refusal(&self) -> Option<Refusal> {
        let (part, reason) = self.status.trouble()?;
        Some(Refusal { reason, action: health::remedy(part).to_owned() })
    }

    fn disk(&self) -> Disk {
        let files = self.on_disk.as_ref().map(|one| one.store.files());
        let millis = |nanos: &i64| nanos.div_euclid(1_000_000);
        let kinds = self.storage.usage().families.into_iter().map(|family| Held {
            oldest: files.as_ref().and_then(|files| files.oldest.get(family.name)).map(millis),
            kind: family.name.to_owned(),
            bytes: family.bytes,
            rows: family.rows,
        });
        let space = files.as_ref().and_then(|files| files.space);
        Disk {
            kinds: kinds.collect(),
            free: space.map(|(free, _)| free),
            total: space.map(|(_, total)| total),
            days: files.map(|files| {
                let days = files.days.iter().rev();
                days.map(|(day, bytes)| (date(*day), *bytes)).collect()
            }),
        }
    }
}
