//! A part of metric rows that is read.

use std::sync::Arc;

use skytrail_columns::read::Reader;
use skytrail_columns::{Error, Fetch, Result};
use skytrail_model::entity::EntityId;
use skytrail_model::metric::{Catalogue, Column, Merge, Table, TableId};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute};

use super::KIND;
use super::frame::FrameReader;
use super::schema::{self, PartTable, Schema, TableMap};
use crate::bits::BitSet;
use crate::container::PartReader;
use crate::directory::{Directory, Entry, Walk};
use crate::ids::{Ids, OpenPage};
use crate::labels::Labels;
use crate::origins::Origins;

/// A part of metric rows. Only its root is held in memory.
#[derive(Debug)]
pub struct Part {
    pub(super) reader: PartReader,
    downsampling: Downsampling,
    pub(super) schema: Schema,
    pub(super) ids: Ids,
    pub(super) labels: Labels,
    pub(super) origins: Origins,
    directory: Directory<0>,
    maps: Vec<Option<TableMap>>,
    /// Codes of entities whose rows are left out.
    pub(super) hidden: BitSet,
    pub(super) catalogue: Arc<Catalogue>,
}

impl Part {
    /// Opens a part of so many bytes. Tables and columns are found by their names: those that the
    /// catalogue lacks are passed when rows are read, and kept when parts are merged.
    ///
    /// # Errors
    /// `Corrupt` when the root is not what was written, or of a version that is not known.
    pub fn open(fetch: Arc<dyn Fetch>, len: u64, catalogue: &Arc<Catalogue>) -> Result<Self> {
        let (reader, root) = PartReader::open(KIND, fetch, len)?;
        let mut root = Reader::new("root of metric rows", &root);
        let downsampling = match root.u8()? {
            0 => Downsampling::Minute,
            1 => Downsampling::Hour,
            2 => Downsampling::Day,
            _ => return Err(root.wrong("an unknown size of buckets")),
        };
        let schema = Schema::read(&mut root)?;
        let ids = Ids::read(&mut root)?;
        let labels = Labels::read(&mut root)?;
        let origins = Origins::read(&mut root)?;
        let directory = Directory::read(&mut root)?;
        if !root.is_empty() {
            return Err(root.wrong("more bytes than it says"));
        }
        let maps = schema::map(catalogue, &schema);
        let catalogue = catalogue.clone();
        Ok(Self {
            reader,
            downsampling,
            schema,
            ids,
            labels,
            origins,
            directory,
            maps,
            hidden: BitSet::default(),
            catalogue,
        })
    }

    /// Leaves rows of some entities, which ascend, out of everything that is read or merged from
    /// now on; whether the part knows any of them.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the part cannot be read.
    pub fn hide(&mut self, entities: &[EntityId]) -> Result<bool> {
        let (mut open, mut knows) = (OpenPage::default(), false);
        for id in entities {
            if let Some(code) = self.ids.find(&self.reader, *id, &mut open)? {
                self.hidden.insert(code);
                knows = true;
            }
        }
        Ok(knows)
    }

    /// Its tables with their rows, whether a catalogue knows them or not. What entities they are
    /// about is not told.
    pub fn tables(&self) -> impl Iterator<Item = (Table, u64)> {
        self.schema.tables.iter().map(|table| {
            let columns = table.columns.iter();
            let columns =
                columns.map(|one| Column { name: one.name.clone(), merge: one.merge }).collect();
            (Table { name: table.name.clone(), scope: Scope::Service, columns }, table.rows)
        })
    }

    /// Size of its buckets.
    pub fn downsampling(&self) -> Downsampling {
        self.downsampling
    }

    /// Rows in it; those of tables that the catalogue lacks count too.
    pub fn rows(&self) -> u64 {
        self.schema.rows()
    }

    /// Bytes of the part.
    pub fn bytes(&self) -> u64 {
        self.reader.len()
    }

    /// Entities that it has rows of.
    pub fn entities(&self) -> u32 {
        self.ids.len()
    }

    /// Whether its rows say which append they came with, as those of a flush do.
    pub fn has_origins(&self) -> bool {
        !self.origins.is_empty()
    }

    /// Starts of its first and last bucket; none without rows.
    pub fn buckets(&self) -> Option<(Minute, Minute)> {
        self.schema.buckets()
    }

    /// Starts of the first and last bucket of a table; none without rows.
    pub fn buckets_of(&self, table: TableId) -> Option<(Minute, Minute)> {
        let table = self.table(self.map(table)?.table)?;
        (table.rows > 0).then_some((table.first, table.last))
    }

    /// Bytes of memory that it takes while it is open.
    pub fn memory(&self) -> usize {
        let dictionaries = self.ids.memory() + self.labels.memory() + self.origins.memory();
        let maps =
            self.maps.iter().flatten().map(|map| map.columns.len() * size_of::<Option<usize>>());
        size_of::<Self>()
            + self.schema.memory()
            + dictionaries
            + self.directory.memory()
            + maps.sum::<usize>()
    }

    /// Reads every byte of the part.
    ///
    /// # Errors
    /// `Corrupt` for the first one found that is not as it was written.
    pub fn check(&self) -> Result<()> {
        let mut found = self.ids.check(&self.reader)?;
        found += self.labels.check(&self.reader)?;
        found += self.directory.check(&self.reader)?;
        for (number, table) in (0_u16..).zip(&self.schema.tables) {
            let mut rows = 0;
            let mut frames = self.frames(number, Minute(i64::MIN), Minute(i64::MAX));
            while let Some(entry) = frames.next()? {
                found += u64::from(entry.head.len) + self.check_frame(table, &entry)?;
                rows += u64::from(entry.rows);
            }
            if rows != table.rows {
                return Err(Error::corrupt(format!("table {}: {rows} rows", table.name)));
            }
        }
        self.reader.check_len(found)
    }

    fn check_frame(&self, table: &PartTable, entry: &Entry<0>) -> Result<u64> {
        let frame = self.open_frame(table, entry)?;
        let codes = frame.codes()?;
        let ends = (codes.first().copied(), codes.last().copied());
        if ends != (Some(entry.first), Some(entry.last)) || entry.last >= self.ids.len() {
            return Err(Error::corrupt("frame of metric rows: other codes than it says"));
        }
        let rows: Vec<_> = (0..frame.len).collect();
        frame.origins(&rows)?;
        for (number, merge) in table.merges().into_iter().enumerate() {
            frame.values(number, merge, &rows)?;
        }
        Ok(frame.long())
    }

    pub(super) fn open_frame(
        &self,
        table: &PartTable,
        entry: &Entry<0>,
    ) -> Result<FrameReader<'_>> {
        FrameReader::open(&self.reader, entry, table.columns.len(), self.has_origins())
    }

    pub(super) fn frames(&self, table: u16, from: Minute, to: Minute) -> Walk<'_, 0> {
        self.directory.walk(&self.reader, table, from.0, to.0)
    }

    pub(super) fn table(&self, table: u16) -> Option<&PartTable> {
        self.schema.tables.get(usize::from(table))
    }

    pub(super) fn map(&self, table: TableId) -> Option<&TableMap> {
        self.maps.get(usize::from(table.0))?.as_ref()
    }

    /// Columns that hold labels, of a table.
    pub(super) fn label_columns(table: &PartTable) -> impl Iterator<Item = usize> + '_ {
        let columns = table.columns.iter().enumerate();
        columns.filter(|(_, column)| column.merge == Merge::Labels).map(|(number, _)| number)
    }
}
