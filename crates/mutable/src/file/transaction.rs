//! One transaction: rows that change, and the state that they leave.

use std::collections::{BTreeMap, BTreeSet};

use redb::{Database, ReadableTable, TableDefinition, WriteTransaction};
use skytrail_base::journal::Position;

use super::chunk::{chunk_key, pieces};
use crate::row::state::{KEY, State};
use crate::row::{LARGE, Row, SMALL, Table, seal};

/// What changes in one table.
#[derive(Debug, Default)]
struct Changes {
    /// Rows whose keys begin so go, before anything is put.
    gone: BTreeSet<Vec<u8>>,
    /// Payloads by key; none for rows that go.
    rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

/// What an entry of a batch costs beside its bytes, about.
const ENTRY_BYTES: usize = 96;

/// Changes that are not in the file yet. A later one takes the place of an
/// earlier one of the same key.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    by_table: BTreeMap<Table, Changes>,
    bytes: usize,
}

impl Batch {
    /// Adds one: a payload, or none when the row goes.
    pub(crate) fn add(&mut self, table: Table, key: Vec<u8>, payload: Option<Vec<u8>>) {
        self.bytes += entry_bytes(&key, payload.as_ref());
        let key_bytes = key.len();
        let rows = &mut self.by_table.entry(table).or_default().rows;
        if let Some(before) = rows.insert(key, payload) {
            self.bytes -= key_bytes + entry_bytes(&[], before.as_ref());
        }
    }

    /// Lets all rows go whose keys begin with `prefix`, those of this batch, too.
    pub(crate) fn remove_all(&mut self, table: Table, prefix: Vec<u8>) {
        let changes = self.by_table.entry(table).or_default();
        let dropped = changes.rows.extract_if(prefix.clone().., |key, _| key.starts_with(&prefix));
        self.bytes -= dropped.map(|(key, row)| entry_bytes(&key, row.as_ref())).sum::<usize>();
        self.bytes += prefix.len() + ENTRY_BYTES;
        changes.gone.insert(prefix);
    }

    /// Bytes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn write(&self, rows: &mut Rows<'_>) -> Result<(), redb::Error> {
        let Some(changes) = self.by_table.get(&rows.table) else { return Ok(()) };
        changes.gone.iter().try_for_each(|prefix| rows.remove_all(prefix))?;
        for (key, payload) in &changes.rows {
            match payload {
                Some(payload) => rows.put(key, payload.clone())?,
                None => drop(rows.remove(key)?),
            }
        }
        Ok(())
    }
}

fn entry_bytes(key: &[u8], payload: Option<&Vec<u8>>) -> usize {
    key.len() + payload.map_or(0, Vec::len) + ENTRY_BYTES
}

/// All rows that memory holds.
pub(crate) trait Source {
    /// Called before all rows are asked for: what changed until now is not asked
    /// for any more.
    fn begin(&self);

    /// Those of a table, whole things where they are cut into chunks.
    fn rows(&self, table: Table) -> Vec<Row>;
}

/// What a transaction writes, in this order.
pub(crate) struct Write<'a> {
    /// Everything there is, when the file is new.
    pub(crate) all: Option<&'a dyn Source>,
    /// Small rows.
    pub(crate) batch: &'a Batch,
    /// Large things.
    pub(crate) large: &'a [(Table, Row)],
    /// The position that the state gets.
    pub(crate) position: Position,
}

/// The table's name and types.
pub(crate) fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

/// Rows of one table in a transaction.
struct Rows<'a> {
    table: Table,
    rows: redb::Table<'a, &'static [u8], &'static [u8]>,
    state: &'a mut State,
}

impl<'a> Rows<'a> {
    fn open(
        transaction: &'a WriteTransaction,
        table: Table,
        state: &'a mut State,
    ) -> Result<Self, redb::Error> {
        Ok(Self { table, rows: transaction.open_table(definition(table))?, state })
    }

    fn put(&mut self, key: &[u8], payload: Vec<u8>) -> Result<(), redb::Error> {
        let value = seal(self.table, key, payload);
        let before = self.rows.insert(key, value.as_slice())?;
        if let Some(total) = self.state.total_mut(self.table) {
            before.iter().for_each(|before| total.take(key, before.value()));
            total.add(key, &value);
        }
        Ok(())
    }

    /// False when there is no such row.
    fn remove(&mut self, key: &[u8]) -> Result<bool, redb::Error> {
        let before = self.rows.remove(key)?;
        if let Some(total) = self.state.total_mut(self.table) {
            before.iter().for_each(|before| total.take(key, before.value()));
        }
        Ok(before.is_some())
    }

    fn remove_all(&mut self, prefix: &[u8]) -> Result<(), redb::Error> {
        let mut keys = Vec::new();
        for row in self.rows.range(prefix..)? {
            let (key, _) = row?;
            if !key.value().starts_with(prefix) {
                break;
            }
            keys.push(key.value().to_vec());
        }
        keys.iter().try_for_each(|key| self.remove(key).map(drop))
    }

    fn put_large(&mut self, (key, payload): &Row) -> Result<(), redb::Error> {
        let mut number = 0;
        for (key, chunk) in pieces(key, payload) {
            self.put(&key, chunk)?;
            number += 1;
        }
        while self.remove(&chunk_key(key, number))? {
            number += 1;
        }
        Ok(())
    }
}

/// Writes durably. Gives the state that the file then has.
///
/// In two phases: with one, a damaged page of the last commit would pass for a
/// commit that a crash cut off, and the one before it would come back in silence.
pub(crate) fn commit(
    database: &Database,
    before: &State,
    write: &Write<'_>,
) -> Result<State, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    let mut state = *before;
    state.sequence += 1;
    state.position = write.position;
    for table in SMALL {
        let mut rows = Rows::open(&transaction, table, &mut state)?;
        // In the order of the keys, so that pages are filled.
        let mut all = write.all.map(|all| all.rows(table)).unwrap_or_default();
        all.sort_unstable();
        all.into_iter().try_for_each(|(key, payload)| rows.put(&key, payload))?;
        write.batch.write(&mut rows)?;
    }
    for table in LARGE {
        let mut rows = Rows::open(&transaction, table, &mut state)?;
        let all = write.all.map(|all| all.rows(table)).unwrap_or_default();
        all.iter().try_for_each(|row| rows.put_large(row))?;
        let large = write.large.iter().filter(|(of, _)| *of == table);
        large.map(|(_, row)| row).try_for_each(|row| rows.put_large(row))?;
    }
    let payload = state.encode();
    Rows::open(&transaction, Table::State, &mut state)?.put(KEY, payload)?;
    transaction.commit()?;
    Ok(state)
}
