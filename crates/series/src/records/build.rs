//! Records in their order become frames, the directory and the root of a part.

use skytrail_columns::write::{put_signed, put_varint};
use skytrail_columns::{Error, Result};
use skytrail_model::time::Minute;

use super::frame::{self, Coded, FRAME_ROWS, FRAME_TEXT, MOST_TEXT, text_len};
use crate::container::PartWriter;
use crate::directory::DirectoryWriter;
use crate::part::PartInfo;

/// Takes records in their order.
pub(super) struct PartBuilder<'a> {
    part: PartWriter<'a>,
    directory: DirectoryWriter<3>,
    rows: Vec<Coded>,
    text: usize,
    count: u64,
    range: Option<(i64, i64)>,
}

impl<'a> PartBuilder<'a> {
    /// Goes on with a part whose entities are written.
    pub(super) fn new(part: PartWriter<'a>) -> Self {
        let directory = DirectoryWriter::new();
        Self { part, directory, rows: Vec::new(), text: 0, count: 0, range: None }
    }

    /// Takes a record. One that equals the one before is none.
    pub(super) fn push(&mut self, row: Coded) -> Result<()> {
        let last = self.rows.last();
        if last == Some(&row) {
            return Ok(());
        }
        let is_next = last.is_some_and(|last| last.record.stream != row.record.stream);
        let text = text_len(&row.record);
        if text > MOST_TEXT {
            return Err(Error::limit(format!(
                "record: {text} bytes of text, more than {MOST_TEXT}"
            )));
        }
        // A frame never ends between equal records, so that they meet.
        if is_next || self.rows.len() >= FRAME_ROWS || self.text >= FRAME_TEXT {
            self.flush()?;
        }
        let time = row.record.time;
        let (first, last) = self.range.unwrap_or((time, time));
        self.range = Some((first.min(time), last.max(time)));
        self.text += text;
        self.rows.push(row);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if let Some(entry) = frame::write(&mut self.part, &self.rows)? {
            self.directory.push(&mut self.part, &entry)?;
        }
        self.count += self.rows.len() as u64;
        self.rows.clear();
        self.text = 0;
        Ok(())
    }

    /// Writes what is left, and the root.
    pub(super) fn finish(mut self, ids: &[u8]) -> Result<PartInfo> {
        self.flush()?;
        let mut root = Vec::new();
        put_varint(self.count, &mut root);
        let (first, last) = self.range.unwrap_or((0, -1));
        put_signed(first, &mut root);
        put_signed(last, &mut root);
        root.extend_from_slice(ids);
        self.directory.finish(&mut self.part, &mut root)?;
        let range = self.range;
        let range = range.map(|(first, last)| (Minute::of_nanos(first), Minute::of_nanos(last)));
        Ok(PartInfo { rows: self.count, range, bytes: self.part.finish(&root)? })
    }
}
