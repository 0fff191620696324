//! A frame of records of one list: numbers, and texts in one stream.

use skytrail_columns::frame::Frame;
use skytrail_columns::read::Reader;
use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;
use skytrail_model::record::{TopRecord, TopStream};

use crate::container::{PartReader, PartWriter};
use crate::directory::Entry;
use crate::ints::{self, Ints};

const FRAME: [u8; 4] = *b"TREC";
const WHAT: &str = "frame of records";
/// Records of a full frame.
pub(super) const FRAME_ROWS: usize = 512;
/// A frame of so many bytes of text is full.
pub(super) const FRAME_TEXT: usize = 256 << 10;
/// Bytes of text that a record may have.
pub(super) const MOST_TEXT: usize = 16 << 20;

/// A record whose entity is a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coded {
    pub(super) entity: u32,
    pub(super) record: TopRecord,
}

/// What records of a part are ordered by; equal ones are one record.
pub(super) fn key(record: &TopRecord) -> impl Ord + '_ {
    let texts = (record.id.as_str(), record.statement.as_str(), record.trace_id.as_str());
    (record.stream, record.time, texts, record.entity, record.latency_ms)
}

/// Bytes of text of a record.
pub(super) fn text_len(record: &TopRecord) -> usize {
    record.id.len() + record.statement.len() + record.trace_id.len()
}

/// A frame in the directory: `extra` is the last time, the least and the greatest latency.
pub(super) type FrameEntry = Entry<3>;

/// Writes records of one list, in the order of their times, as a frame.
pub(super) fn write(part: &mut PartWriter<'_>, rows: &[Coded]) -> Result<Option<FrameEntry>> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
    let latencies = || rows.iter().map(|row| row.record.latency_ms);
    let mut plain = Vec::new();
    let mut column = |values: Vec<i64>| ints::write(&mut plain, &values, None, &[]);
    column(rows.iter().map(|row| row.record.time).collect());
    column(latencies().collect());
    column(rows.iter().map(|row| i64::from(row.entity)).collect());
    let texts: [fn(&TopRecord) -> &str; 3] =
        [|record| &record.id, |record| &record.statement, |record| &record.trace_id];
    let mut stream = Vec::new();
    for text in texts {
        column(rows.iter().map(|row| text(&row.record).len() as i64).collect());
        rows.iter().for_each(|row| stream.extend_from_slice(text(&row.record).as_bytes()));
    }
    let (least, most) = (latencies().min().unwrap_or(0), latencies().max().unwrap_or(0));
    Ok(Some(Entry {
        group: first.record.stream as u16,
        rows: rows.len() as u16,
        first: 0,
        last: 0,
        bucket: first.record.time,
        head: part.put(FRAME, &plain, &stream)?,
        extra: [last.record.time, least, most],
    }))
}

/// A frame that is read.
#[derive(Debug)]
pub(super) struct FrameReader {
    frame: Frame,
    stream: TopStream,
    pub(super) times: Vec<i64>,
    pub(super) latencies: Vec<i64>,
    pub(super) entities: Vec<u32>,
    lens: [Vec<usize>; 3],
}

/// The texts of a frame: ids, statements and trace ids, each by where they end.
#[derive(Debug)]
pub(super) struct Texts<'f> {
    frame: &'f FrameReader,
    columns: [(Vec<usize>, String); 3],
}

impl FrameReader {
    /// Reads the numbers of a frame.
    pub(super) fn open(part: &PartReader, entry: &FrameEntry) -> Result<Self> {
        let frame = part.open_frame(FRAME, entry.head)?;
        let mut reader = Reader::new(WHAT, &frame.plain);
        let rows = usize::from(entry.rows);
        if rows > FRAME_ROWS {
            return Err(reader.wrong("more rows than a frame has"));
        }
        let stream = TopStream::ALL.into_iter().find(|stream| *stream as u16 == entry.group);
        let stream = stream.ok_or_else(|| reader.wrong("an unknown list"))?;
        let mut column =
            || -> Result<Vec<i64>> { Ok(Ints::read(&mut reader, rows)?.rows(0..rows, 0)) };
        let (times, latencies) = (column()?, column()?);
        let entities: Option<Vec<u32>> =
            column()?.into_iter().map(|code| u32::try_from(code).ok()).collect();
        let entities = entities.ok_or_else(|| wrong("a code beyond the last entity"))?;
        let mut lens: [Vec<usize>; 3] = Default::default();
        for lens in &mut lens {
            let checked: Option<_> =
                column()?.into_iter().map(|len| usize::try_from(len).ok()).collect();
            *lens = checked.ok_or_else(|| wrong("a text of no length"))?;
        }
        if !reader.is_empty() {
            return Err(reader.wrong("more bytes than its columns"));
        }
        Ok(Self { frame, stream, times, latencies, entities, lens })
    }

    /// The texts of all records.
    pub(super) fn texts(&self) -> Result<Texts<'_>> {
        let stream = self.frame.stream()?;
        let mut rest = &*stream;
        let mut columns: [(Vec<usize>, String); 3] = Default::default();
        for ((ends, texts), lens) in columns.iter_mut().zip(&self.lens) {
            let mut end = 0_usize;
            for len in lens {
                end = end
                    .checked_add(*len)
                    .ok_or_else(|| wrong("texts longer than what is there"))?;
                ends.push(end);
            }
            let cut = rest.split_at_checked(end);
            let (held, behind) = cut.ok_or_else(|| wrong("texts longer than what is there"))?;
            let held = std::str::from_utf8(held).map_err(|_| wrong("a text that is not utf-8"))?;
            (*texts, rest) = (held.to_owned(), behind);
        }
        if !rest.is_empty() {
            return Err(wrong("more texts than it says"));
        }
        Ok(Texts { frame: self, columns })
    }
}

impl Texts<'_> {
    fn text(&self, column: usize, row: usize) -> Option<&str> {
        let (ends, texts) = self.columns.get(column)?;
        let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        texts.get(start..*ends.get(row)?)
    }

    /// The id of a record.
    pub(super) fn id(&self, row: usize) -> Result<&str> {
        self.text(0, row).ok_or_else(|| wrong("a text that is not utf-8"))
    }

    /// A record, with its entity as well as the code of it.
    pub(super) fn record(&self, row: usize, entity: EntityId) -> Result<TopRecord> {
        let record = || {
            Some(TopRecord {
                stream: self.frame.stream,
                entity,
                id: self.text(0, row)?.to_owned(),
                statement: self.text(1, row)?.to_owned(),
                trace_id: self.text(2, row)?.to_owned(),
                latency_ms: *self.frame.latencies.get(row)?,
                time: *self.frame.times.get(row)?,
            })
        };
        record().ok_or_else(|| wrong("a text that is not utf-8"))
    }
}

fn wrong(problem: &str) -> Error {
    Error::corrupt(format!("{WHAT}: {problem}"))
}
