//! Rows in their order become frames, the directory and the root of a part.

use skytrail_columns::{Error, Result};
use skytrail_model::metric::Merge;
use skytrail_model::time::{Downsampling, Minute};

use super::frame::{self, FRAME_ENTRIES, FRAME_ROWS, Rows, Values};
use super::schema::Schema;
use crate::container::PartWriter;
use crate::directory::DirectoryWriter;
use crate::origins::Origins;
use crate::part::PartInfo;

/// What the root holds beside schema, origins and directory.
pub(super) struct Dictionaries {
    pub(super) ids: Vec<u8>,
    pub(super) labels: Vec<u8>,
}

/// Takes rows in the order of table, bucket and code.
pub(super) struct PartBuilder<'a> {
    part: PartWriter<'a>,
    directory: DirectoryWriter<0>,
    schema: Schema,
    origins: Origins,
    table: u16,
    bucket: Minute,
    merges: Vec<Merge>,
    rows: Rows,
    entries: usize,
}

impl<'a> PartBuilder<'a> {
    /// Goes on with a part whose dictionaries are written.
    pub(super) fn new(part: PartWriter<'a>, schema: Schema, origins: Origins) -> Self {
        Self {
            part,
            directory: DirectoryWriter::new(),
            schema,
            origins,
            table: 0,
            bucket: Minute(0),
            merges: Vec::new(),
            rows: Rows { codes: Vec::new(), origins: Vec::new(), columns: Vec::new() },
            entries: 0,
        }
    }

    /// Goes on with another table and bucket.
    pub(super) fn turn(&mut self, table: usize, bucket: Minute) -> Result<()> {
        self.flush()?;
        let number = u16::try_from(table);
        self.table = number.map_err(|_| Error::limit("part: more than 65,535 tables"))?;
        self.bucket = bucket;
        let held = self.schema.tables.get(table);
        self.merges = held.map(|table| table.merges()).unwrap_or_default();
        Ok(())
    }

    /// Takes a row; `fill` appends a value to each column, and says how many entries of histograms
    /// and labels they have.
    pub(super) fn push(
        &mut self,
        code: u32,
        origin: i64,
        fill: impl FnOnce(&mut [Values]) -> usize,
    ) -> Result<()> {
        if self.rows.codes.len() >= FRAME_ROWS || self.entries >= FRAME_ENTRIES {
            self.flush()?;
        }
        if self.rows.columns.is_empty() {
            self.rows.columns = self.merges.iter().map(|merge| Values::empty(*merge)).collect();
        }
        self.rows.codes.push(code);
        self.rows.origins.push(origin);
        self.entries += fill(&mut self.rows.columns);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let key = (self.table, self.bucket.0);
        let has_origins = !self.origins.is_empty();
        let entry = frame::write(&mut self.part, key, &self.rows, &self.merges, has_origins)?;
        if let Some(entry) = entry {
            self.directory.push(&mut self.part, &entry)?;
            if let Some(table) = self.schema.tables.get_mut(usize::from(self.table)) {
                table.count(self.bucket, self.rows.codes.len());
            }
        }
        self.rows.codes.clear();
        self.rows.origins.clear();
        self.rows.columns.clear();
        self.entries = 0;
        Ok(())
    }

    /// Writes what is left, and the root.
    pub(super) fn finish(
        mut self,
        downsampling: Downsampling,
        dictionaries: &Dictionaries,
    ) -> Result<PartInfo> {
        self.flush()?;
        let mut root = vec![downsampling as u8];
        self.schema.write(&mut root);
        root.extend_from_slice(&dictionaries.ids);
        root.extend_from_slice(&dictionaries.labels);
        self.origins.write(&mut root);
        self.directory.finish(&mut self.part, &mut root)?;
        let (rows, range) = (self.schema.rows(), self.schema.buckets());
        Ok(PartInfo { rows, range, bytes: self.part.finish(&root)? })
    }
}
