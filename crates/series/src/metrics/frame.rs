//! A frame of rows of one table and bucket: a head with the codes of its entities, the origins
//! and the short columns, and a frame of its own for each long one.

use std::ops::Range;

use bytes::Bytes;
use skytrail_columns::read::Reader;
use skytrail_columns::write::put_varint;
use skytrail_columns::{Error, Result};
use skytrail_model::metric::{HistogramColumn, Merge};

use crate::container::{PartReader, PartWriter, Place, framed_len};
use crate::directory::Entry;
use crate::histograms::{self, Histograms};
use crate::ints::{self, Ints};
use crate::sorted::{self, Sorted};

const HEAD: [u8; 4] = *b"MROW";
const BODY: [u8; 4] = *b"BODY";

/// Rows of a full frame.
pub(super) const FRAME_ROWS: usize = 1_024;
/// A frame of so many entries of histograms or labels is full.
pub(super) const FRAME_ENTRIES: usize = 48 << 10;
/// Rows that a reader takes.
const MOST_ROWS: usize = 4 * FRAME_ROWS;
/// Entries of histograms or labels of a frame that a reader takes: those of full frames and of
/// one more row with every bucket.
const MOST_ENTRIES: usize = FRAME_ENTRIES + (1 << 16);
/// A column of so many bytes stands in the head.
const SHORT: usize = 512;

/// The values of a column; labels by their codes.
#[derive(Debug, Clone)]
pub(super) enum Values {
    Ints(Vec<i64>),
    Histograms(HistogramColumn),
    Labels(Vec<Vec<(u32, i64)>>),
}

impl Values {
    pub(super) fn empty(merge: Merge) -> Self {
        match merge {
            Merge::Histogram => Self::Histograms(HistogramColumn::default()),
            Merge::Labels => Self::Labels(Vec::new()),
            Merge::Sum | Merge::Max | Merge::Min => Self::Ints(Vec::new()),
        }
    }

    /// Entries of histograms and labels that a row has.
    pub(super) fn entries(&self, row: usize) -> usize {
        match self {
            Self::Ints(_) => 0,
            Self::Histograms(column) => histogram_range(column, row..row.saturating_add(1)).len(),
            Self::Labels(rows) => rows.get(row).map_or(0, Vec::len),
        }
    }

    /// Appends some rows of a column of the same kind.
    pub(super) fn extend(&mut self, from: &Self, rows: Range<usize>) {
        match (self, from) {
            (Self::Ints(to), Self::Ints(from)) => {
                to.extend_from_slice(from.get(rows).unwrap_or_default());
            }
            (Self::Histograms(to), Self::Histograms(from)) => {
                let range = histogram_range(from, rows.clone());
                let (held, start) = (to.buckets.len() as u32, range.start as u32);
                to.buckets.extend_from_slice(from.buckets.get(range.clone()).unwrap_or_default());
                to.counts.extend_from_slice(from.counts.get(range).unwrap_or_default());
                let ends = from.ends.get(rows).unwrap_or_default();
                to.ends.extend(ends.iter().map(|end| held + end.saturating_sub(start)));
            }
            (Self::Labels(to), Self::Labels(from)) => {
                to.extend_from_slice(from.get(rows).unwrap_or_default());
            }
            // A column has one kind.
            _ => {}
        }
    }
}

/// Where the entries of some rows are.
fn histogram_range(column: &HistogramColumn, rows: Range<usize>) -> Range<usize> {
    let end = |row: usize| {
        let end = row.checked_sub(1).map_or(Some(&0), |before| column.ends.get(before));
        end.or(column.ends.last()).copied().unwrap_or(0) as usize
    };
    end(rows.start)..end(rows.end)
}

/// Rows in the order of their codes.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) codes: Vec<u32>,
    pub(super) origins: Vec<i64>,
    pub(super) columns: Vec<Values>,
}

/// Writes rows as a frame.
pub(super) fn write(
    part: &mut PartWriter<'_>,
    (table, bucket): (u16, i64),
    rows: &Rows,
    merges: &[Merge],
    has_origins: bool,
) -> Result<Option<Entry<0>>> {
    let (Some(first), Some(last)) = (rows.codes.first(), rows.codes.last()) else {
        return Ok(None);
    };
    let mut head = Vec::new();
    put_codes(&rows.codes, *first, &mut head);
    if has_origins {
        ints::write(&mut head, &rows.origins, None, &[]);
    }
    let bodies = bodies(rows, merges);
    for body in &bodies {
        put_varint((body.len() as u64) << 1 | u64::from(body.len() > SHORT), &mut head);
    }
    let (short, long): (Vec<_>, Vec<_>) = bodies.iter().partition(|body| body.len() <= SHORT);
    short.iter().for_each(|body| head.extend_from_slice(body));
    let entry = Entry {
        group: table,
        rows: rows.codes.len() as u16,
        first: *first,
        last: *last,
        bucket,
        head: part.put(HEAD, &head, &[])?,
        extra: [],
    };
    for body in long {
        part.put(BODY, body, &[])?;
    }
    Ok(Some(entry))
}

fn put_codes(codes: &[u32], first: u32, head: &mut Vec<u8>) {
    let codes: Vec<_> = codes.iter().map(|code| u64::from(code.saturating_sub(first))).collect();
    sorted::write(head, &codes);
}

/// Writes a frame once more as it is, its columns not even looked at, with other codes and
/// without origins.
pub(super) fn copy(
    part: &mut PartWriter<'_>,
    (table, bucket): (u16, i64),
    codes: &[u32],
    frame: &FrameReader<'_>,
) -> Result<Option<Entry<0>>> {
    let (Some(first), Some(last)) = (codes.first(), codes.last()) else { return Ok(None) };
    let mut head = Vec::with_capacity(frame.head.len() + 16);
    put_codes(codes, *first, &mut head);
    head.extend_from_slice(frame.head.get(frame.columns..).unwrap_or_default());
    let entry = Entry {
        group: table,
        rows: codes.len() as u16,
        first: *first,
        last: *last,
        bucket,
        head: part.put(HEAD, &head, &[])?,
        extra: [],
    };
    for body in &frame.bodies {
        if let Body::Long(place) = body {
            part.put(BODY, &frame.part.open_frame(BODY, *place)?.plain, &[])?;
        }
    }
    Ok(Some(entry))
}

fn bodies(rows: &Rows, merges: &[Merge]) -> Vec<Vec<u8>> {
    let mut bodies = Vec::with_capacity(merges.len());
    // Sums that stand alone, to which others may stand relative.
    let mut alone: Vec<(u32, &[i64])> = Vec::new();
    for ((number, values), merge) in (0_u32..).zip(&rows.columns).zip(merges) {
        let mut body = Vec::new();
        match (values, merge) {
            (Values::Ints(values), Merge::Sum) => {
                if !ints::write(&mut body, values, None, &alone) {
                    alone.push((number, values));
                }
            }
            (Values::Ints(values), merge) => {
                ints::write(&mut body, values, Some(merge.identity()), &[]);
            }
            (Values::Histograms(column), _) => histograms::write(&mut body, column),
            (Values::Labels(rows), _) => write_labels(&mut body, rows),
        }
        bodies.push(body);
    }
    bodies
}

fn write_labels(out: &mut Vec<u8>, rows: &[Vec<(u32, i64)>]) {
    let mut end = 0;
    let ends: Vec<_> = rows.iter().map(|row| (end += row.len() as u64, end).1).collect();
    let codes: Vec<_> = rows.iter().flatten().map(|(code, _)| i64::from(*code)).collect();
    let values: Vec<_> = rows.iter().flatten().map(|(_, value)| *value).collect();
    sorted::write(out, &ends);
    ints::write(out, &codes, None, &[]);
    ints::write(out, &values, None, &[]);
}

/// Where a column stands.
#[derive(Debug, Clone)]
enum Body {
    Short(Range<usize>),
    Long(Place),
}

/// A frame that is read.
#[derive(Debug)]
pub(super) struct FrameReader<'p> {
    part: &'p PartReader,
    head: Bytes,
    pub(super) len: usize,
    first: u32,
    /// Where the origins start in the head.
    origins: usize,
    has_origins: bool,
    /// Where the lengths of the columns start, and behind them those that are short.
    columns: usize,
    bodies: Vec<Body>,
}

const WHAT: &str = "frame of metric rows";

fn wrong(problem: &str) -> Error {
    Error::corrupt(format!("{WHAT}: {problem}"))
}

impl<'p> FrameReader<'p> {
    /// Reads the head of a frame of a table with so many columns.
    pub(super) fn open(
        part: &'p PartReader,
        entry: &Entry<0>,
        columns: usize,
        has_origins: bool,
    ) -> Result<Self> {
        let head = part.open_frame(HEAD, entry.head)?.plain;
        let len = usize::from(entry.rows);
        if len > MOST_ROWS {
            return Err(wrong(&format!("{len} rows, more than {MOST_ROWS}")));
        }
        let mut reader = Reader::new(WHAT, &head);
        Sorted::read(&mut reader, len)?;
        let origins = reader.place();
        if has_origins {
            Ints::read(&mut reader, len)?;
        }
        let lens_at = reader.place();
        let lens = (0..columns).map(|_| reader.varint()).collect::<Result<Vec<_>>>()?;
        let mut short = reader.place();
        let mut place = entry.head;
        let mut bodies = Vec::with_capacity(columns);
        for len in lens {
            let outside = || wrong("a column longer than what is there");
            let bytes = usize::try_from(len >> 1).map_err(|_| outside())?;
            bodies.push(if len & 1 == 1 {
                place = behind(place, bytes).ok_or_else(outside)?;
                Body::Long(place)
            } else {
                let end = short.checked_add(bytes).filter(|end| *end <= head.len());
                let end = end.ok_or_else(outside)?;
                Body::Short(std::mem::replace(&mut short, end)..end)
            });
        }
        if short != head.len() {
            return Err(wrong("more bytes than its columns"));
        }
        let (first, columns) = (entry.first, lens_at);
        Ok(Self { part, head, len, first, origins, has_origins, columns, bodies })
    }

    /// Bytes of the long columns.
    pub(super) fn long(&self) -> u64 {
        let long = self.bodies.iter().map(|body| match body {
            Body::Short(_) => 0,
            Body::Long(place) => u64::from(place.len),
        });
        long.sum()
    }

    fn sorted(&self) -> Result<Sorted<'_>> {
        Sorted::read(&mut Reader::new(WHAT, &self.head), self.len)
    }

    /// The codes of all rows.
    pub(super) fn codes(&self) -> Result<Vec<u32>> {
        let codes = self.sorted()?.all().ok_or_else(|| wrong("codes out of order"))?;
        let code = |code: u64| u32::try_from(code).ok()?.checked_add(self.first);
        let codes: Option<Vec<_>> = codes.into_iter().map(code).collect();
        codes.ok_or_else(|| wrong("a code beyond the last one"))
    }

    /// The rows whose codes are in `from..to`.
    pub(super) fn rows_of(&self, from: u32, to: u32) -> Result<Range<usize>> {
        let codes = self.sorted()?;
        let place = |code: u32| match code.checked_sub(self.first) {
            Some(code) => codes.first_from(u64::from(code)),
            None => Some(0),
        };
        let rows = place(from).zip(place(to));
        let (from, to) = rows.ok_or_else(|| wrong("codes out of order"))?;
        Ok(from..to.max(from))
    }

    /// The codes of the origins of some rows, ascending.
    pub(super) fn origins(&self, rows: &[usize]) -> Result<Vec<i64>> {
        if !self.has_origins {
            return Ok(vec![0; rows.len()]);
        }
        let bytes = self.head.get(self.origins..).unwrap_or_default();
        Ok(Ints::read(&mut Reader::new(WHAT, bytes), self.len)?.pick(rows, 0))
    }

    /// The bytes of a column.
    pub(super) fn body(&self, column: usize) -> Result<Bytes> {
        match self.bodies.get(column) {
            Some(Body::Short(range)) => Ok(self.head.slice(range.clone())),
            Some(Body::Long(place)) => Ok(self.part.open_frame(BODY, *place)?.plain),
            None => Err(wrong("no such column")),
        }
    }

    /// The whole numbers of some rows, ascending.
    pub(super) fn ints(&self, column: usize, merge: Merge, rows: &[usize]) -> Result<Vec<i64>> {
        let body = self.body(column)?;
        let ints = Ints::read(&mut Reader::new(WHAT, &body), self.len)?;
        let mut values = ints.pick(rows, merge.identity());
        if let Some(other) = ints.relative {
            let body = self.body(other as usize)?;
            let others = Ints::read(&mut Reader::new(WHAT, &body), self.len)?;
            if others.relative.is_some() {
                return Err(wrong("a column relative to one that is relative"));
            }
            let others = others.pick(rows, merge.identity());
            let pairs = values.iter_mut().zip(others);
            pairs.for_each(|(value, other)| *value = value.wrapping_add(other));
        }
        Ok(values)
    }

    /// The histograms of some rows, ascending.
    pub(super) fn histograms(&self, column: usize, rows: &[usize]) -> Result<HistogramColumn> {
        let body = self.body(column)?;
        let held = Histograms::read(&mut Reader::new(WHAT, &body), self.len)?;
        let mut out = HistogramColumn::default();
        // All ends are decoded at once unless few are wanted.
        let is_dense = rows.len() > self.len / 16;
        let ends = if is_dense { held.ends() } else { Some(Vec::new()) };
        let ends = ends.ok_or_else(|| wrong("ends of histograms out of order"))?;
        for place in rows.iter().copied() {
            let give = |bucket, count| {
                out.buckets.push(bucket);
                out.counts.push(count);
            };
            let read = match is_dense {
                true => held.between(&ends, place, give),
                false => held.row(place, give),
            };
            if read.is_none() || out.buckets.len() > MOST_ENTRIES {
                return Err(wrong("a histogram that is none"));
            }
            out.ends.push(out.buckets.len() as u32);
        }
        Ok(out)
    }

    /// The histograms of all rows, to be read one after the other.
    pub(super) fn tallies<'b>(&self, body: &'b [u8]) -> Result<RowReader<'b>> {
        let held = Histograms::read(&mut Reader::new(WHAT, body), self.len)?;
        let ends = held.ends().ok_or_else(|| wrong("ends of histograms out of order"))?;
        Ok(RowReader { held, ends, entries: 0 })
    }

    /// The codes and values of labels of some rows.
    pub(super) fn labels(&self, column: usize, rows: &[usize]) -> Result<Vec<Vec<(u32, i64)>>> {
        let body = self.body(column)?;
        let mut reader = Reader::new(WHAT, &body);
        let ends = Sorted::read(&mut reader, self.len)?;
        let ends = ends.all().ok_or_else(|| wrong("ends of labels out of order"))?;
        let entries = entries(&ends)?;
        let codes = Ints::read(&mut reader, entries)?;
        let values = Ints::read(&mut reader, entries)?;
        let row = |row: &usize| {
            let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied();
            let range = start.unwrap_or(0) as usize..ends.get(*row).copied()? as usize;
            let codes = codes.rows(range.clone(), 0).into_iter().map(u32::try_from);
            let row = codes.zip(values.rows(range, 0));
            row.map(|(code, value)| Some((code.ok()?, value))).collect::<Option<Vec<_>>>()
        };
        let rows: Option<Vec<_>> = rows.iter().map(row).collect();
        rows.ok_or_else(|| wrong("a label that is none"))
    }

    /// Some rows of any column.
    pub(super) fn values(&self, column: usize, merge: Merge, rows: &[usize]) -> Result<Values> {
        Ok(match merge {
            Merge::Histogram => Values::Histograms(self.histograms(column, rows)?),
            Merge::Labels => Values::Labels(self.labels(column, rows)?),
            Merge::Sum | Merge::Max | Merge::Min => Values::Ints(self.ints(column, merge, rows)?),
        })
    }
}

/// Histograms of a frame that are read row by row.
#[derive(Debug)]
pub(super) struct RowReader<'b> {
    held: Histograms<'b>,
    ends: Vec<u64>,
    /// Entries that were read.
    entries: usize,
}

impl RowReader<'_> {
    /// Gives the entries of a row.
    pub(super) fn row(&mut self, row: usize, give: impl FnMut(u16, u64)) -> Result<()> {
        let entries = self.held.between(&self.ends, row, give);
        self.entries += entries.ok_or_else(|| wrong("a histogram that is none"))?;
        if self.entries > MOST_ENTRIES {
            return Err(wrong("a histogram that is none"));
        }
        Ok(())
    }
}

/// How many entries the rows that end so have.
fn entries(ends: &[u64]) -> Result<usize> {
    let entries = ends.last().copied().unwrap_or(0);
    if entries > MOST_ENTRIES as u64 {
        return Err(wrong(&format!("{entries} labels, more than {MOST_ENTRIES}")));
    }
    Ok(entries as usize)
}

/// The place of the frame behind another one, of so many plain bytes.
fn behind(place: Place, plain: usize) -> Option<Place> {
    Some(Place {
        at: place.at.checked_add(u64::from(place.len))?,
        len: u32::try_from(framed_len(plain)?).ok()?,
        number: place.number.checked_add(1)?,
    })
}
