//! Several parts as one. What is in memory at a time is a frame of each part.

use std::collections::VecDeque;

use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;
use skytrail_model::record::{TopRecord, TopStream};

use super::KIND;
use super::build::PartBuilder;
use super::frame::{Coded, key};
use super::part::Part;
use crate::container::{PartWriter, Sink};
use crate::directory::Walk;
use crate::ids::{Kept, OpenPage, Union};
use crate::part::PartInfo;

/// Writes the records of several parts as one part. Records that are equal in everything become
/// one; those that a part hides are left out.
///
/// # Errors
/// `Corrupt` or `Io` when a part cannot be read, `Io` when the sink fails.
pub fn merge(parts: &[&Part], sink: Sink<'_>) -> Result<PartInfo> {
    let mut out = PartWriter::begin(KIND, sink)?;
    let keeps: Vec<_> = parts.iter().map(|part| |code| !part.hidden.contains(code)).collect();
    let ids = parts.iter().zip(&keeps);
    let ids: Vec<_> =
        ids.map(|(part, keeps)| (&part.reader, &part.ids, keeps as Kept<'_>)).collect();
    let (codes, ids) = Union::write(&mut out, &ids)?;
    let mut builder = PartBuilder::new(out);
    for stream in TopStream::ALL {
        let cursors = parts.iter().zip(&codes.codes);
        let mut cursors = cursors
            .map(|(part, codes)| Cursor::open(part, codes, stream))
            .collect::<Result<Vec<_>>>()?;
        while let Some(next) = least(&cursors) {
            let Some(cursor) = cursors.get_mut(next) else { break };
            if let Some(row) = cursor.take()? {
                builder.push(row)?;
            }
        }
    }
    builder.finish(&ids)
}

/// The cursor that is at the first record of all.
fn least(cursors: &[Cursor<'_>]) -> Option<usize> {
    let heads = cursors.iter().enumerate();
    let heads = heads.filter_map(|(number, cursor)| Some((cursor.records.front()?, number)));
    heads.min_by(|(left, _), (right, _)| key(left).cmp(&key(right))).map(|(_, number)| number)
}

/// Records of a list of a part, one after the other.
struct Cursor<'p> {
    part: &'p Part,
    codes: &'p [u32],
    frames: Walk<'p, 3>,
    records: VecDeque<TopRecord>,
    open: OpenPage,
}

impl<'p> Cursor<'p> {
    fn open(part: &'p Part, codes: &'p [u32], stream: TopStream) -> Result<Self> {
        let frames = part.frames(stream, i64::MIN, i64::MAX);
        let (records, open) = (VecDeque::new(), OpenPage::default());
        let mut cursor = Self { part, codes, frames, records, open };
        cursor.fill()?;
        Ok(cursor)
    }

    fn fill(&mut self) -> Result<()> {
        while self.records.is_empty() {
            let Some(entry) = self.frames.next()? else { break };
            self.records = self.part.records(&entry)?.into();
        }
        Ok(())
    }

    fn code(&mut self, id: EntityId) -> Result<u32> {
        let old = self.part.ids.find(&self.part.reader, id, &mut self.open)?;
        let new = old.and_then(|old| self.codes.get(old as usize)).copied();
        new.ok_or_else(|| Error::corrupt("frame of records: a code beyond the last entity"))
    }

    fn take(&mut self) -> Result<Option<Coded>> {
        let Some(record) = self.records.pop_front() else { return Ok(None) };
        self.fill()?;
        Ok(Some(Coded { entity: self.code(record.entity)?, record }))
    }
}
