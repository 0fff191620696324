//! Rows in their order become frames, the directory and the root of a part.

use skytrail_columns::{Error, Result};
use skytrail_model::metric::Merge;
use skytrail_model::time::{Downsampling, Minute};

use super::frame::{self, FRAME_ENTRIES, FRAME_ROWS, FrameReader, Rows, Values};
use super::schema::Schema;
use crate::container::PartWriter;
use crate::directory::{DirectoryWriter, Entry};
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
        if self.is_full() {
            self.flush()?;
        }
        self.begin();
        self.rows.codes.push(code);
        self.rows.origins.push(origin);
        self.entries += fill(&mut self.rows.columns);
        Ok(())
    }

    /// Takes rows in columns, of which none has an origin.
    pub(super) fn extend(&mut self, codes: &[u32], columns: &[Values]) -> Result<()> {
        let mut next = 0;
        while next < codes.len() {
            if self.is_full() {
                self.flush()?;
            }
            let start = next;
            while next < codes.len()
                && self.rows.codes.len() + next - start < FRAME_ROWS
                && self.entries < FRAME_ENTRIES
            {
                self.entries += columns.iter().map(|column| column.entries(next)).sum::<usize>();
                next += 1;
            }
            self.begin();
            self.rows.codes.extend_from_slice(codes.get(start..next).unwrap_or_default());
            self.rows.origins.resize(self.rows.codes.len(), 0);
            for (to, from) in self.rows.columns.iter_mut().zip(columns) {
                to.extend(from, start..next);
            }
        }
        Ok(())
    }

    /// Takes the rows of a frame with the same columns as they are, with other codes.
    pub(super) fn copy(&mut self, codes: &[u32], frame: &FrameReader<'_>) -> Result<()> {
        self.flush()?;
        let key = (self.table, self.bucket.0);
        let entry = frame::copy(&mut self.part, key, codes, frame)?;
        self.note(entry, codes.len())
    }

    fn is_full(&self) -> bool {
        self.rows.codes.len() >= FRAME_ROWS || self.entries >= FRAME_ENTRIES
    }

    fn begin(&mut self) {
        if self.rows.columns.is_empty() {
            self.rows.columns = self.merges.iter().map(|merge| Values::empty(*merge)).collect();
        }
    }

    fn flush(&mut self) -> Result<()> {
        let key = (self.table, self.bucket.0);
        let has_origins = !self.origins.is_empty();
        let entry = frame::write(&mut self.part, key, &self.rows, &self.merges, has_origins)?;
        self.note(entry, self.rows.codes.len())?;
        self.rows.codes.clear();
        self.rows.origins.clear();
        self.rows.columns.clear();
        self.entries = 0;
        Ok(())
    }

    fn note(&mut self, entry: Option<Entry<0>>, rows: usize) -> Result<()> {
        let Some(entry) = entry else { return Ok(()) };
        self.directory.push(&mut self.part, &entry)?;
        if let Some(table) = self.schema.tables.get_mut(usize::from(self.table)) {
            table.count(self.bucket, rows);
        }
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
