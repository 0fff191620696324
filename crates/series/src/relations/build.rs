//! Rows in their order become frames, the directory and the root of a part.

use skytrail_columns::Result;
use skytrail_columns::write::{put_signed, put_varint};
use skytrail_model::time::Minute;

use super::edges::PAGE_EDGES;
use super::frame::{self, FRAME_ROWS, Rows};
use crate::container::PartWriter;
use crate::directory::DirectoryWriter;
use crate::origins::Origins;
use crate::part::PartInfo;

/// A row without its scope and hour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) code: u32,
    pub(super) origin: i64,
    pub(super) minutes: u64,
}

/// Takes rows in the order of scope, hour and code.
pub(super) struct PartBuilder<'a> {
    part: PartWriter<'a>,
    directory: DirectoryWriter<0>,
    origins: Origins,
    key: (u16, i64),
    rows: Rows,
    count: u64,
    range: Option<(Minute, Minute)>,
}

impl<'a> PartBuilder<'a> {
    /// Goes on with a part whose dictionaries are written.
    pub(super) fn new(part: PartWriter<'a>, origins: Origins) -> Self {
        Self {
            part,
            directory: DirectoryWriter::new(),
            origins,
            key: (0, 0),
            rows: Rows::default(),
            count: 0,
            range: None,
        }
    }

    /// Takes a row; one without minutes is none.
    pub(super) fn push(&mut self, key: (u16, i64), row: Row) -> Result<()> {
        if row.minutes == 0 {
            return Ok(());
        }
        let page = row.code / PAGE_EDGES;
        let is_next = self.rows.codes.last().is_some_and(|last| last / PAGE_EDGES != page);
        if self.key != key || is_next || self.rows.codes.len() >= FRAME_ROWS {
            self.flush()?;
        }
        self.key = key;
        self.rows.codes.push(row.code);
        self.rows.origins.push(row.origin);
        self.rows.minutes.push(row.minutes);
        let start = key.1.saturating_mul(60);
        let first = Minute(start.saturating_add(i64::from(row.minutes.trailing_zeros())));
        let last = Minute(start.saturating_add(i64::from(63 - row.minutes.leading_zeros())));
        let held = self.range.unwrap_or((first, last));
        self.range = Some((held.0.min(first), held.1.max(last)));
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let has_origins = !self.origins.is_empty();
        let entry = frame::write(&mut self.part, self.key, &self.rows, has_origins)?;
        if let Some(entry) = entry {
            self.directory.push(&mut self.part, &entry)?;
        }
        self.count += self.rows.codes.len() as u64;
        self.rows = Rows::default();
        Ok(())
    }

    /// Writes what is left, and the root.
    pub(super) fn finish(mut self, ids: &[u8], edges: &[u8]) -> Result<PartInfo> {
        self.flush()?;
        let mut root = Vec::new();
        put_varint(self.count, &mut root);
        let (first, last) = self.range.unwrap_or((Minute(0), Minute(-1)));
        put_signed(first.0, &mut root);
        put_signed(last.0, &mut root);
        root.extend_from_slice(ids);
        root.extend_from_slice(edges);
        self.origins.write(&mut root);
        self.directory.finish(&mut self.part, &mut root)?;
        Ok(PartInfo { rows: self.count, range: self.range, bytes: self.part.finish(&root)? })
    }
}
