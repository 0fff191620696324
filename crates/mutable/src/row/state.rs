//! What the last commit left: one row of the table of that name.

use skytrail_base::journal::Position;

use super::table::Table;
use super::{Reader, seal_of, write};

/// The key of the row.
pub(crate) const KEY: &[u8] = b"state";

/// How many tables have totals.
pub(crate) const TOTALS: usize = 5;

/// What the rows of a table come to, so that rows that are missing are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Total {
    /// Rows, chunks of large things each for itself.
    pub(crate) rows: u64,
    /// Bytes of keys and values.
    pub(crate) bytes: u64,
    /// The seals, added up.
    pub(crate) seals: u64,
}

impl Total {
    /// Counts a row.
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.rows = self.rows.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(size(key, value));
        self.seals = self.seals.wrapping_add(seal_of(value).unwrap_or_default());
    }

    /// Counts a row no more.
    pub(crate) fn take(&mut self, key: &[u8], value: &[u8]) {
        self.rows = self.rows.wrapping_sub(1);
        self.bytes = self.bytes.wrapping_sub(size(key, value));
        self.seals = self.seals.wrapping_sub(seal_of(value).unwrap_or_default());
    }
}

fn size(key: &[u8], value: &[u8]) -> u64 {
    (key.len() + value.len()) as u64
}

/// What the last commit left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Up to where the rows know the log.
    pub(crate) position: Position,
    /// Grows by one with every transaction.
    pub(crate) sequence: u64,
    /// By the place of the table.
    pub(crate) totals: [Total; TOTALS],
}

impl State {
    /// The total of a table, to be changed.
    pub(crate) fn total_mut(&mut self, table: Table) -> Option<&mut Total> {
        self.totals.get_mut(table.place()?)
    }

    /// Bytes of all rows.
    pub(crate) fn bytes(&self) -> u64 {
        self.totals.iter().fold(0, |sum, total| sum.saturating_add(total.bytes))
    }

    /// Its payload.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut payload = write::versioned();
        let numbers = self.totals.iter().flat_map(|total| [total.rows, total.bytes, total.seals]);
        for number in [self.position.0, self.sequence].into_iter().chain(numbers) {
            payload.extend_from_slice(&number.to_le_bytes());
        }
        payload
    }

    /// From its payload.
    pub(crate) fn decode(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader::versioned(payload)?;
        let mut number = || reader.array().map(u64::from_le_bytes);
        let (position, sequence) = (Position(number()?), number()?);
        let mut totals = [Total::default(); TOTALS];
        for total in &mut totals {
            *total = Total { rows: number()?, bytes: number()?, seals: number()? };
        }
        reader.is_done().then_some(Self { position, sequence, totals })
    }
}
