//! What a backend gives to the suite, and how a check is run.

use std::sync::Arc;
use std::task::{Context, Poll};

use skytrail_base::future::BoxFuture;
use skytrail_base::journal::{Journal, JournalError};
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;

use crate::error::Result;
use crate::spi::Storage;

/// How long a backend under test keeps rows, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttl {
    /// Spans and records.
    pub records: i64,
    /// Metrics of every precision, relations, entities and aliases.
    pub metrics: i64,
}

/// A backend, for the suite.
pub trait Harness: Send + Sync {
    /// An empty store, with room for some megabytes in every family.
    fn open(
        &self,
        catalogue: Arc<Catalogue>,
        zone: Zone,
    ) -> BoxFuture<'static, Result<Box<dyn Instance>>>;

    /// What it is configured to keep.
    fn ttl(&self) -> Ttl;

    /// Checks that this backend cannot pass by its nature, with the reason.
    fn excuses(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
}

/// An open store of a backend.
pub trait Instance: Send + Sync {
    /// The store.
    fn store(&self) -> &dyn Storage;

    /// Stops as if the power had failed, and opens the same store again.
    fn crash(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Instance>>>;

    /// Stops as if the power had failed, tries to open the same store with a
    /// zone, and opens it again with its own.
    fn crash_into(self: Box<Self>, zone: Zone) -> BoxFuture<'static, Result<Attempt>>;
}

/// What opening a store said, and the store afterwards.
pub type Attempt = (Result<()>, Box<dyn Instance>);

/// A journal, for the suite.
pub trait JournalHarness: Send + Sync {
    /// An empty log with room for a megabyte.
    fn open(&self) -> std::result::Result<Box<dyn Journal>, JournalError>;

    /// Stops as if the power had failed, and opens the same log again; none for
    /// a log that forgets.
    fn crash(&self, journal: Box<dyn Journal>) -> Option<Box<dyn Journal>>;
}

/// A named requirement on stores.
#[derive(Clone, Copy)]
pub struct Check {
    /// `family::what_must_hold`.
    pub name: &'static str,
    pub(super) body: for<'a> fn(&'a dyn Harness) -> BoxFuture<'a, Result<()>>,
}

/// A named requirement on journals.
#[derive(Clone, Copy)]
pub struct JournalCheck {
    /// What must hold.
    pub name: &'static str,
    pub(super) body:
        for<'a> fn(&'a dyn JournalHarness) -> BoxFuture<'a, std::result::Result<(), JournalError>>,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl std::fmt::Debug for JournalCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Runs a check, which is asynchronous, in a test, which is not.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    #[expect(clippy::expect_used, reason = "a test without a runtime cannot go on")]
    runtime.expect("a runtime for the check").block_on(future)
}

/// Polls a future so many times unless it is done before, and drops it.
pub(super) async fn polled<T>(mut future: BoxFuture<'_, T>, times: u64) {
    for _ in 0..times {
        let poll =
            |context: &mut Context<'_>| Poll::Ready(future.as_mut().poll(context).is_ready());
        if std::future::poll_fn(poll).await {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Entries of the `CHECKS` of a family.
macro_rules! checks {
    ($family:literal: $($check:ident),* $(,)?) => {
        &[$($crate::contract::harness::Check {
            name: concat!($family, "::", stringify!($check)),
            body: |harness| Box::pin($check(harness)),
        }),*]
    };
}

pub(super) use checks;
