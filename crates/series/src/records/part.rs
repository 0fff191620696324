//! A part of records that is read.

use std::sync::Arc;

use skytrail_columns::read::Reader;
use skytrail_columns::{Error, Fetch, Result};
use skytrail_model::entity::EntityId;
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_storage::RecordRead;

use super::KIND;
use super::best::Best;
use super::frame::{FrameEntry, FrameReader, key};
use crate::bits::BitSet;
use crate::container::PartReader;
use crate::directory::{Directory, Walk};
use crate::ids::{Ids, OpenPage};

/// A part of records. Only its root is held in memory.
#[derive(Debug)]
pub struct Part {
    pub(super) reader: PartReader,
    rows: u64,
    range: Option<(i64, i64)>,
    pub(super) ids: Ids,
    directory: Directory<3>,
    /// Codes of entities, and ids of traces, whose records are left out.
    pub(super) hidden: BitSet,
    hidden_traces: Vec<String>,
}

impl Part {
    /// Opens a part of so many bytes.
    ///
    /// # Errors
    /// `Corrupt` when the root is not what was written, or of a version that is not known.
    pub fn open(fetch: Arc<dyn Fetch>, len: u64) -> Result<Self> {
        let (reader, root) = PartReader::open(KIND, fetch, len)?;
        let mut root = Reader::new("root of records", &root);
        let rows = root.varint()?;
        let range = (root.signed()?, root.signed()?);
        let ids = Ids::read(&mut root)?;
        let directory = Directory::read(&mut root)?;
        if !root.is_empty() {
            return Err(root.wrong("more bytes than it says"));
        }
        let range = (rows > 0).then_some(range);
        let (hidden, hidden_traces) = (BitSet::default(), Vec::new());
        Ok(Self { reader, rows, range, ids, directory, hidden, hidden_traces })
    }

    /// Leaves records of some entities, which ascend, and of some traces out of everything that is
    /// read or merged from now on; whether there may be any.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the part cannot be read.
    pub fn hide(&mut self, entities: &[EntityId], traces: &[String]) -> Result<bool> {
        let (mut open, mut has_any) = (OpenPage::default(), false);
        for id in entities {
            if let Some(code) = self.ids.find(&self.reader, *id, &mut open)? {
                self.hidden.insert(code);
                has_any = true;
            }
        }
        for stream in TopStream::ALL {
            let mut frames = self.frames(stream, i64::MIN, i64::MAX);
            while let Some(entry) = frames.next()?.filter(|_| !traces.is_empty()) {
                let records = self.all_records(&entry)?;
                has_any |= records.iter().any(|record| traces.contains(&record.trace_id));
            }
        }
        self.hidden_traces.extend_from_slice(traces);
        Ok(has_any)
    }

    /// Records in it.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of the part.
    pub fn bytes(&self) -> u64 {
        self.reader.len()
    }

    /// When the first and the last record started, in nanoseconds; none without records.
    pub fn times(&self) -> Option<(i64, i64)> {
        self.range
    }

    /// Bytes of memory that it takes while it is open.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.ids.memory() + self.directory.memory()
    }

    /// Gives records that answer a question to `take`, in no order, until it says false; whether
    /// it never did. Those that this part lets into the answer are among them; of the others, most
    /// are left out: frames whose best latency is behind are not looked at.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the part cannot be read.
    pub fn read(
        &self,
        read: &RecordRead,
        take: &mut dyn FnMut(&TopRecord) -> bool,
    ) -> Result<bool> {
        let mut open = OpenPage::default();
        let entity = match read.entity {
            Some(id) => match self.ids.find(&self.reader, id, &mut open)? {
                Some(code) => Some(code),
                None => return Ok(true),
            },
            None => None,
        };
        let mut best = Best::new(read);
        let mut due: Vec<(i64, FrameEntry)> = Vec::new();
        // Of frames that begin before the first time, some may reach over it.
        let mut frames = self.frames(read.stream, i64::MIN, read.to);
        while let Some(entry) = frames.next()? {
            let [last, least, most] = entry.extra;
            if last >= read.from {
                due.push((best.rank(least, most), entry));
            }
        }
        due.sort_by_key(|(rank, _)| *rank);
        for (rank, entry) in due {
            if !best.wants(rank) {
                break;
            }
            if !self.read_frame(read, entity, &entry, &mut best, take)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn read_frame(
        &self,
        read: &RecordRead,
        entity: Option<u32>,
        entry: &FrameEntry,
        best: &mut Best,
        take: &mut dyn FnMut(&TopRecord) -> bool,
    ) -> Result<bool> {
        let frame = FrameReader::open(&self.reader, entry)?;
        let numbers = frame.times.iter().zip(&frame.latencies).zip(&frame.entities).enumerate();
        let wanted = numbers.filter(|(_, ((time, _), code))| {
            let is_asked = entity.is_none_or(|entity| entity == **code);
            (read.from..=read.to).contains(*time) && is_asked && !self.hidden.contains(**code)
        });
        let mut wanted: Vec<_> = wanted
            .map(|(row, ((_, latency), code))| (best.rank(*latency, *latency), row, *code))
            .collect();
        wanted.sort_unstable();
        if !wanted.first().is_some_and(|(rank, ..)| best.wants(*rank)) {
            return Ok(true);
        }
        let (texts, mut open) = (frame.texts()?, OpenPage::default());
        for (rank, row, code) in wanted {
            if !best.wants(rank) {
                break;
            }
            let entity = self.ids.get(&self.reader, code, &mut open)?;
            let record = texts.record(row, entity)?;
            if self.hidden_traces.contains(&record.trace_id) {
                continue;
            }
            best.saw(rank, texts.id(row)?);
            if !take(&record) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads every byte of the part.
    ///
    /// # Errors
    /// `Corrupt` for the first one found that is not as it was written.
    pub fn check(&self) -> Result<()> {
        let mut found = self.ids.check(&self.reader)? + self.directory.check(&self.reader)?;
        let mut rows = 0;
        for stream in TopStream::ALL {
            let mut frames = self.frames(stream, i64::MIN, i64::MAX);
            while let Some(entry) = frames.next()? {
                found += u64::from(entry.head.len);
                rows += u64::from(entry.rows);
                self.check_frame(&entry)?;
            }
        }
        if rows != self.rows {
            return Err(Error::corrupt(format!("part of records: {rows} rows")));
        }
        self.reader.check_len(found)
    }

    fn check_frame(&self, entry: &FrameEntry) -> Result<()> {
        let records = self.all_records(entry)?;
        let latencies = || records.iter().map(|record| record.latency_ms);
        let last = records.last().map(|record| record.time);
        let (least, most) = (latencies().min(), latencies().max());
        let [held_last, held_least, held_most] = entry.extra.map(Some);
        let is_right = (last, least, most) == (held_last, held_least, held_most);
        if !is_right || !records.is_sorted_by(|left, right| key(left) < key(right)) {
            return Err(Error::corrupt("frame of records: other records than it says"));
        }
        Ok(())
    }

    /// Records of a frame.
    pub(super) fn records(&self, entry: &FrameEntry) -> Result<Vec<TopRecord>> {
        let mut records = self.all_records(entry)?;
        if !self.hidden.is_empty() {
            let codes = FrameReader::open(&self.reader, entry)?.entities;
            let mut codes = codes.into_iter();
            records.retain(|_| codes.next().is_some_and(|code| !self.hidden.contains(code)));
        }
        records.retain(|record| !self.hidden_traces.contains(&record.trace_id));
        Ok(records)
    }

    /// The same with those that are left out.
    fn all_records(&self, entry: &FrameEntry) -> Result<Vec<TopRecord>> {
        let frame = FrameReader::open(&self.reader, entry)?;
        let (texts, mut open) = (frame.texts()?, OpenPage::default());
        let mut records = Vec::with_capacity(frame.times.len());
        for (row, code) in frame.entities.iter().enumerate() {
            let entity = self.ids.get(&self.reader, *code, &mut open)?;
            records.push(texts.record(row, entity)?);
        }
        Ok(records)
    }

    pub(super) fn frames(&self, stream: TopStream, from: i64, to: i64) -> Walk<'_, 3> {
        self.directory.walk(&self.reader, stream as u16, from, to)
    }
}
