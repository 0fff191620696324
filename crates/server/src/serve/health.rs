//! Whether data is taken and kept, for the health routes.

use std::sync::Arc;
use std::time::Duration;

use skytrail_base::journal::Journal;
use skytrail_base::metrics::{Family, Gauge, Labels, Registry};
use skytrail_base::shutdown::Shutdown;
use skytrail_ingest::Serving;

use super::backend::OnDisk;
use super::looks::Looks;
use crate::status::Status;

/// How often the log is asked whether it takes records.
const LOOK: Duration = Duration::from_millis(500);

/// A part that can be in trouble for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The log takes nothing.
    Log,
    /// The store makes no checkpoints.
    Store,
    /// A thread of the store is gone, until the process begins anew.
    StoreThreads,
}

/// Who is asked whether all is well.
pub(super) struct Watched {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) on_disk: Option<OnDisk>,
}

impl Part {
    const ALL: [Self; 3] = [Self::Log, Self::Store, Self::StoreThreads];

    fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Store => "store",
            Self::StoreThreads => "store_threads",
        }
    }
}

/// Tells health routes, metrics and the log when a part gets into trouble, and
/// when it is over.
pub(super) struct Health {
    status: Arc<Status>,
    unhealthy: Family<Labels, Gauge>,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

impl Health {
    pub(super) fn new(status: Arc<Status>, registry: &Registry) -> Arc<Self> {
        let unhealthy = registry.register(
            "skytrail_unhealthy",
            "1 while a part cannot do its work",
            Family::<Labels, Gauge>::default(),
        );
        for part in Part::ALL {
            unhealthy.get_or_create(&labels(part)).set(0);
        }
        Arc::new(Self { status, unhealthy })
    }

    /// Whether something is wrong with a part, and what.
    pub(super) fn set(&self, part: Part, trouble: Option<String>) {
        let name = part.name();
        let before = self.status.set_trouble(name, trouble.clone());
        self.unhealthy.get_or_create(&labels(part)).set(i64::from(trouble.is_some()));
        match (before, trouble) {
            (None, Some(why)) => tracing::error!(part = name, "unhealthy: {why}"),
            (Some(_), None) => tracing::info!(part = name, "healthy again"),
            _ => {}
        }
    }

    /// Asks the log, and tells the health service of the agents' port, until the
    /// shutdown.
    pub(super) async fn watch(self: Arc<Self>, watched: Watched, serving: Serving, stop: Shutdown) {
        let mut looks = Looks::every(LOOK, stop);
        let mut is_serving = true;
        while looks.next().await {
            self.set(Part::Log, watched.journal.refusal());
            let on_disk = watched.on_disk.as_ref();
            self.set(Part::StoreThreads, on_disk.and_then(|one| one.store.trouble()));
            let is_healthy = !self.status.has_trouble();
            if is_healthy != is_serving {
                is_serving = is_healthy;
                serving.set(is_serving).await;
            }
        }
    }
}

/// What to do about the trouble of a part.
pub(super) fn remedy(part: &str) -> &'static str {
    let parts = Part::ALL.into_iter();
    match parts.into_iter().find(|one| one.name() == part) {
        Some(Part::Log | Part::Store) => {
            "make room on the disk of the data folder, or mend the disk, and look at the log of the \
             server; it goes on by itself once it can write, and senders try again until then"
        }
        Some(Part::StoreThreads) | None => "restart the server; it loses nothing it acknowledged",
    }
}

fn labels(part: Part) -> Labels {
    vec![("part", part.name().to_owned())]
}
