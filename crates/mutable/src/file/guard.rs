//! What goes wrong in the database, sorted by what is to be done about it.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::{Builder, Database, StorageBackend};

use super::backend::Health;

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The disk refused.
    Io {
        /// What it said.
        error: io::Error,
        /// Whether it refused a sync, after which nobody knows what it holds.
        is_sync: bool,
    },
    /// What the file holds makes no sense.
    Damaged(String),
}

impl Failure {
    /// For whom damage is as bad as a disk that refuses.
    pub(crate) fn into_io(self) -> io::Error {
        match self {
            Self::Io { error, .. } => error,
            Self::Damaged(reason) => io::Error::other(reason),
        }
    }
}

/// Runs something on the database. Between its opening and its end nobody checks
/// the pages that are read, and redb panics on some that make no sense; that is
/// damage, as any other.
pub(crate) fn guarded<T>(
    health: &Health,
    work: impl FnOnce() -> Result<T, redb::Error>,
) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(work)) {
        _ if health.sync_failed() => Err(failure(health, "a sync failed")),
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(failure(health, &error.to_string())),
        Err(_) => Err(failure(health, "the database has pages that make no sense")),
    }
}

fn failure(health: &Health, text: &str) -> Failure {
    match health.error() {
        Some(error) => Failure::Io { error, is_sync: health.sync_failed() },
        None => Failure::Damaged(text.to_owned()),
    }
}

/// Opens a database and checks every page of it, or begins one.
pub(crate) fn open(
    backend: impl StorageBackend,
    cache_bytes: usize,
) -> Result<Database, redb::Error> {
    let mut builder = Builder::new();
    builder.set_cache_size(cache_bytes);
    builder.set_check_integrity_on_open(true);
    Ok(builder.create_with_backend(backend)?)
}

/// Closes a database. What it writes then only shortens its next opening.
pub(crate) fn close(health: &Health, database: Database) {
    drop(guarded(health, move || Ok(database.close()?)));
}

/// Gives a database up; nothing more of it reaches the file.
pub(crate) fn abandon(health: &Health, database: Database) {
    health.cut();
    close(health, database);
}
