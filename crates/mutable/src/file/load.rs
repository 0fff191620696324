//! Reads a file whole, and checks what it says against what it holds.

use std::sync::Arc;

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableError};
use skytrail_base::fs::File;

use super::backend::Health;
use super::chunk::Assembly;
use super::guard::{Failure, abandon, guarded, open};
use super::overlay::OverlayBackend;
use super::transaction::definition;
use crate::row::state::{KEY, State};
use crate::row::{LARGE, Row, SMALL, Table, unseal};

/// Takes rows as they are read.
pub(crate) trait Sink {
    /// Takes one; false when its payload cannot be read.
    fn take(&mut self, table: Table, key: &[u8], payload: &[u8]) -> bool;
}

/// What a file held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// What it says of itself.
    pub(crate) state: State,
    /// What the rows come to.
    pub(crate) read: State,
    /// Rows that are there and could not be read.
    pub(crate) unreadable: u64,
}

impl Found {
    /// Whether rows came, went or changed that no commit touched.
    pub(crate) fn differs(&self) -> bool {
        self.state.totals != self.read.totals
    }
}

/// Reads all rows. Nothing is written.
pub(crate) fn load(
    file: &Arc<dyn File>,
    cache_bytes: usize,
    sink: &mut dyn Sink,
) -> Result<Found, Failure> {
    let health = Arc::new(Health::default());
    let overlay = OverlayBackend::new(file.clone(), health.clone())
        .map_err(|error| Failure::Io { error, is_sync: false })?;
    let database = guarded(&health, || open(overlay, cache_bytes))?;
    let found = guarded(&health, || read_all(&database, sink));
    abandon(&health, database);
    found?.ok_or_else(|| Failure::Damaged("the state of the last commit is missing".to_owned()))
}

/// The state that the last commit left, if it can be read.
pub(crate) fn read_state(database: &Database) -> Result<Option<State>, redb::Error> {
    state(&database.begin_read()?)
}

fn state(transaction: &ReadTransaction) -> Result<Option<State>, redb::Error> {
    let rows = match transaction.open_table(definition(Table::State)) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        rows => rows?,
    };
    let value = rows.get(KEY)?;
    let payload = value.as_ref().and_then(|value| unseal(Table::State, KEY, value.value()));
    Ok(payload.and_then(State::decode))
}

fn read_all(database: &Database, sink: &mut dyn Sink) -> Result<Option<Found>, redb::Error> {
    let transaction = database.begin_read()?;
    let Some(state) = state(&transaction)? else { return Ok(None) };
    let mut found = Found { state, read: State::default(), unreadable: 0 };
    for table in SMALL {
        each(&transaction, table, &mut found, &mut |key, payload| sink.take(table, key, payload))?;
    }
    for table in LARGE {
        let mut assembly = Assembly::default();
        each(&transaction, table, &mut found, &mut |key, chunk| {
            let whole: Option<Row> = assembly.take(key, chunk);
            whole.is_none_or(|(key, payload)| sink.take(table, &key, &payload))
        })?;
        assembly.end();
        found.unreadable += assembly.broken;
    }
    Ok(Some(found))
}

/// Goes through the rows of a table whose seals hold.
fn each(
    transaction: &ReadTransaction,
    table: Table,
    found: &mut Found,
    take: &mut dyn FnMut(&[u8], &[u8]) -> bool,
) -> Result<(), redb::Error> {
    let rows = match transaction.open_table(definition(table)) {
        // Its rows, if it had any, are missed by the totals.
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        rows => rows?,
    };
    for row in rows.iter()? {
        let (key, value) = row?;
        let (key, value) = (key.value(), value.value());
        if let Some(total) = found.read.total_mut(table) {
            total.add(key, value);
        }
        let is_read = unseal(table, key, value).is_some_and(|payload| take(key, payload));
        found.unreadable += u64::from(!is_read);
    }
    Ok(())
}
