//! Which tables and columns a part has, by their names, because catalogues change between
//! versions.

use skytrail_columns::Result;
use skytrail_columns::read::Reader;
use skytrail_columns::write::{put_bytes, put_signed, put_varint};
use skytrail_model::metric::{Catalogue, Merge};
use skytrail_model::time::Minute;

/// Rules by their number.
const MERGES: [Merge; 5] = [Merge::Sum, Merge::Max, Merge::Min, Merge::Histogram, Merge::Labels];

/// A column as a part names it. Columns of one name that merge differently are two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartColumn {
    pub(crate) name: String,
    pub(crate) merge: Merge,
}

/// A table as a part names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartTable {
    pub(crate) name: String,
    pub(crate) columns: Vec<PartColumn>,
    pub(crate) rows: u64,
    /// Starts of its first and last bucket.
    pub(crate) first: Minute,
    pub(crate) last: Minute,
}

impl PartTable {
    /// A table without rows.
    pub(crate) fn new(name: &str) -> Self {
        let (name, columns) = (name.to_owned(), Vec::new());
        Self { name, columns, rows: 0, first: Minute(i64::MAX), last: Minute(i64::MIN) }
    }

    /// The place of a column, which is made if there is none.
    pub(crate) fn column(&mut self, name: &str, merge: Merge) -> usize {
        self.place_of(name, merge).unwrap_or_else(|| {
            self.columns.push(PartColumn { name: name.to_owned(), merge });
            self.columns.len() - 1
        })
    }

    /// The place of a column.
    pub(crate) fn place_of(&self, name: &str, merge: Merge) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name && column.merge == merge)
    }

    /// Counts rows of a bucket.
    pub(crate) fn count(&mut self, bucket: Minute, rows: usize) {
        self.rows += rows as u64;
        self.first = self.first.min(bucket);
        self.last = self.last.max(bucket);
    }

    pub(crate) fn merges(&self) -> Vec<Merge> {
        self.columns.iter().map(|column| column.merge).collect()
    }
}

/// The tables of a part, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) tables: Vec<PartTable>,
}

impl Schema {
    /// The place of a table.
    pub(crate) fn place_of(&self, name: &str) -> Option<usize> {
        self.tables.binary_search_by(|table| table.name.as_str().cmp(name)).ok()
    }

    /// The place of a table, which is made if there is none.
    pub(crate) fn table(&mut self, name: &str) -> Option<&mut PartTable> {
        let place = self.tables.partition_point(|table| table.name.as_str() < name);
        if self.tables.get(place).is_none_or(|table| table.name != name) {
            self.tables.insert(place, PartTable::new(name));
        }
        self.tables.get_mut(place)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put_varint(self.tables.len() as u64, out);
        for table in &self.tables {
            put_bytes(table.name.as_bytes(), out);
            put_varint(table.columns.len() as u64, out);
            for column in &table.columns {
                put_bytes(column.name.as_bytes(), out);
                let number = MERGES.iter().position(|merge| *merge == column.merge);
                out.push(number.unwrap_or(MERGES.len()) as u8);
            }
            put_varint(table.rows, out);
            put_signed(table.first.0, out);
            put_signed(table.last.0, out);
        }
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self> {
        let count = from.count(u64::from(u16::MAX))?;
        let mut schema = Self::default();
        for _ in 0..count {
            let mut table = PartTable::new(text(from)?);
            for _ in 0..from.count(from.rest().len() as u64)? {
                let name = text(from)?.to_owned();
                let merge = MERGES.get(usize::from(from.u8()?)).copied();
                let merge = merge.ok_or_else(|| from.wrong("an unknown rule of merging"))?;
                table.columns.push(PartColumn { name, merge });
            }
            table.rows = from.varint()?;
            table.first = Minute(from.signed()?);
            table.last = Minute(from.signed()?);
            if schema.tables.last().is_some_and(|before| before.name >= table.name) {
                return Err(from.wrong("tables out of order"));
            }
            schema.tables.push(table);
        }
        Ok(schema)
    }

    /// Rows of all tables.
    pub(crate) fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).fold(0, u64::saturating_add)
    }

    /// Starts of the first and the last bucket of all tables; none without rows.
    pub(crate) fn buckets(&self) -> Option<(Minute, Minute)> {
        let held = || self.tables.iter().filter(|table| table.rows > 0);
        Some((held().map(|table| table.first).min()?, held().map(|table| table.last).max()?))
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        let column = |column: &PartColumn| size_of::<PartColumn>() + column.name.capacity();
        let table = |table: &PartTable| {
            let columns = table.columns.iter().map(column).sum::<usize>();
            size_of::<PartTable>() + table.name.capacity() + columns
        };
        self.tables.iter().map(table).sum()
    }
}

fn text<'a>(from: &mut Reader<'a>) -> Result<&'a str> {
    let bytes = from.sized()?;
    std::str::from_utf8(bytes).map_err(|_| from.wrong("a name that is not utf-8"))
}

/// Where the columns of a catalogue's table are in a part.
#[derive(Debug, Clone)]
pub(crate) struct TableMap {
    pub(crate) table: u16,
    /// By column of the catalogue.
    pub(crate) columns: Vec<Option<usize>>,
}

/// Where the tables of a catalogue are in a part.
pub(crate) fn map(catalogue: &Catalogue, schema: &Schema) -> Vec<Option<TableMap>> {
    let place = |name: &str| {
        let place = schema.place_of(name)?;
        Some((place as u16, schema.tables.get(place)?))
    };
    let tables = catalogue.tables().iter().map(|table| {
        let (number, held) = place(&table.name)?;
        let columns = table.columns.iter();
        let columns = columns.map(|column| held.place_of(&column.name, column.merge)).collect();
        Some(TableMap { table: number, columns })
    });
    tables.collect()
}
