//! Several parts as one.
//!
//! Rows of one key become one. What is in memory at a time: where the ids and labels of each part
//! are in the new one, the directory entries of one bucket of the result, and the rows of a slice
//! of it: those of so few entities that no source has more than some frames of them.

mod slice;
mod source;

use std::collections::BTreeMap;
use std::ops::Range;

use skytrail_columns::{Error, Result};
use skytrail_model::metric::Merge;
use skytrail_model::time::{Downsampling, Minute, Zone};

use slice::Slice;
use source::Source;

use super::KIND;
use super::accumulate::Tally;
use super::build::{Dictionaries, PartBuilder};
use super::frame::FRAME_ROWS;
use super::part::Part;
use super::schema::Schema;
use crate::bits::BitSet;
use crate::container::{PartWriter, Sink};
use crate::directory::Entry;
use crate::ids::{Kept, Union};
use crate::labels::Labels;
use crate::origins::Origins;
use crate::part::PartInfo;

/// Frames of a source that a slice reaches over.
const SLICE_FRAMES: usize = 2;
/// Codes that a slice reaches over.
const SLICE_CODES: u32 = 16 << 10;

/// What parts are merged to.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Size of the buckets; not smaller than those of the parts.
    pub downsampling: Downsampling,
    /// Where buckets start that are larger than those of the parts.
    pub zone: &'a Zone,
    /// Buckets of the result that start before it are left out.
    pub from: Minute,
}

impl Target<'_> {
    /// The bucket of the result that a bucket of a part goes to; none if it is left out.
    fn bucket(&self, part: &Part, bucket: i64) -> Option<Minute> {
        let bucket = match part.downsampling() == self.downsampling {
            true => Minute(bucket),
            false => self.zone.bucket(self.downsampling, Minute(bucket)),
        };
        (bucket >= self.from).then_some(bucket)
    }

    /// Whether rows of a part are left out.
    fn cuts(&self, part: &Part) -> bool {
        part.buckets().is_some_and(|(first, _)| self.bucket(part, first.0).is_none())
    }
}

/// Writes the rows of several parts as one part, in which every table, bucket and entity has one
/// row and no row an origin. Tables and columns that no catalogue knows are kept; of rows that a
/// part hides nothing is, not even their names.
///
/// # Errors
/// `Limit` for a part of larger buckets than the target's, `Corrupt` or `Io` when a part cannot be
/// read, `Io` when the sink fails.
pub fn merge(parts: &[&Part], target: &Target<'_>, sink: Sink<'_>) -> Result<PartInfo> {
    if parts.iter().any(|part| part.downsampling() > target.downsampling) {
        return Err(Error::limit("merge of metric rows: buckets larger than those to be made"));
    }
    let mut out = PartWriter::begin(KIND, sink)?;
    let used = parts.iter().map(|part| used(part, target)).collect::<Result<Vec<_>>>()?;
    let keeps: Vec<_> = used.iter().map(|used| |code| used.ids.contains(code)).collect();
    let ids = parts.iter().zip(&keeps);
    let ids: Vec<_> =
        ids.map(|(part, keeps)| (&part.reader, &part.ids, keeps as Kept<'_>)).collect();
    let (codes, ids) = Union::write(&mut out, &ids)?;
    let (label_codes, labels) = unite_labels(&mut out, parts, &used)?;
    let schema = unite(parts);
    let names: Vec<_> = schema.tables.iter().map(|table| table.name.clone()).collect();
    let mut builder = PartBuilder::new(out, schema.clone(), Origins::default());
    for (number, name) in names.iter().enumerate() {
        let Some(table) = schema.tables.get(number) else { continue };
        let sources = parts.iter().zip(codes.codes.iter().zip(&label_codes));
        let sources = sources
            .filter_map(|(part, (codes, labels))| Source::of(part, name, table, codes, labels));
        let merger = Merger { sources: sources.collect(), merges: table.merges(), target };
        merger.table(&mut builder, number)?;
    }
    builder.finish(target.downsampling, &Dictionaries { ids, labels })
}

/// Codes of ids and labels of a part that rows name which are kept.
struct Used {
    ids: BitSet,
    labels: BitSet,
}

fn used(part: &Part, target: &Target<'_>) -> Result<Used> {
    let mut used = Used { ids: BitSet::all(), labels: BitSet::all() };
    if !target.cuts(part) && part.hidden.is_empty() {
        return Ok(used);
    }
    used = Used { ids: BitSet::default(), labels: BitSet::default() };
    for (number, table) in (0_u16..).zip(&part.schema.tables) {
        let mut frames = part.frames(number, Minute(i64::MIN), Minute(i64::MAX));
        while let Some(entry) = frames.next()? {
            if target.bucket(part, entry.bucket).is_none() {
                continue;
            }
            let frame = part.open_frame(table, &entry)?;
            let mut rows = Vec::with_capacity(frame.len);
            for (row, code) in frame.codes()?.into_iter().enumerate() {
                if code < part.ids.len() && !part.hidden.contains(code) {
                    used.ids.insert(code);
                    rows.push(row);
                }
            }
            for column in Part::label_columns(table) {
                let labels = frame.labels(column, &rows)?;
                let codes = labels.iter().flatten().map(|(code, _)| *code);
                codes
                    .filter(|code| *code < part.labels.len())
                    .for_each(|code| used.labels.insert(code));
            }
        }
    }
    Ok(used)
}

/// The tables and columns of all parts.
fn unite(parts: &[&Part]) -> Schema {
    let mut schema = Schema::default();
    for table in parts.iter().flat_map(|part| &part.schema.tables) {
        if let Some(held) = schema.table(&table.name) {
            table.columns.iter().for_each(|column| {
                held.column(&column.name, column.merge);
            });
        }
    }
    schema
}

/// New codes by part and old code, and what the root holds of the labels.
type United = (Vec<Vec<u32>>, Vec<u8>);

fn unite_labels(out: &mut PartWriter<'_>, parts: &[&Part], used: &[Used]) -> Result<United> {
    let texts = parts.iter().map(|part| part.labels.all(&part.reader));
    let texts = texts.collect::<Result<Vec<_>>>()?;
    let mut all: BTreeMap<&str, u32> = BTreeMap::new();
    for (texts, used) in texts.iter().zip(used) {
        let kept = (0..).zip(texts).filter(|(code, _)| used.labels.contains(*code));
        all.extend(kept.map(|(_, text)| (text.as_str(), 0)));
    }
    all.values_mut().zip(0..).for_each(|(code, place)| *code = place);
    let root = Labels::write(out, all.keys().copied())?;
    let code = |text: &String| all.get(text.as_str()).copied().unwrap_or(u32::MAX);
    Ok((texts.iter().map(|texts| texts.iter().map(code).collect()).collect(), root))
}

/// The frames of a bucket of a source.
struct Run {
    source: usize,
    /// With the new codes of the first and the last row.
    frames: Vec<(u32, u32, Entry<0>)>,
    next: usize,
}

impl Run {
    fn first(&self, ahead: usize) -> Option<u32> {
        self.frames.get(self.next.saturating_add(ahead)).map(|(first, ..)| *first)
    }
}

struct Merger<'p> {
    sources: Vec<Source<'p>>,
    merges: Vec<Merge>,
    target: &'p Target<'p>,
}

impl Merger<'_> {
    fn table(&self, builder: &mut PartBuilder<'_>, number: usize) -> Result<()> {
        for (bucket, held) in self.buckets()? {
            builder.turn(number, bucket)?;
            let mut runs = Vec::with_capacity(held.len());
            for (source, bucket) in held {
                runs.extend(self.run(source, bucket)?);
            }
            self.bucket(builder, &mut runs)?;
        }
        Ok(())
    }

    /// By bucket of the result, the buckets of sources that go to it.
    fn buckets(&self) -> Result<BTreeMap<Minute, Vec<(usize, i64)>>> {
        let mut buckets: BTreeMap<Minute, Vec<(usize, i64)>> = BTreeMap::new();
        for (number, source) in self.sources.iter().enumerate() {
            let mut last = None;
            let mut frames = source.part.frames(source.number, Minute(i64::MIN), Minute(i64::MAX));
            while let Some(entry) = frames.next()? {
                if last.replace(entry.bucket) == Some(entry.bucket) {
                    continue;
                }
                if let Some(bucket) = self.target.bucket(source.part, entry.bucket) {
                    buckets.entry(bucket).or_default().push((number, entry.bucket));
                }
            }
        }
        Ok(buckets)
    }

    fn run(&self, number: usize, bucket: i64) -> Result<Option<Run>> {
        let Some(source) = self.sources.get(number) else { return Ok(None) };
        let mut run = Run { source: number, frames: Vec::new(), next: 0 };
        let mut frames = source.part.frames(source.number, Minute(bucket), Minute(bucket));
        while let Some(entry) = frames.next()? {
            let (first, last) = (source.code(entry.first)?, source.code(entry.last)?);
            if run.frames.last().is_some_and(|(_, before, _)| *before > first) {
                return Err(Error::corrupt("frame of metric rows: out of order"));
            }
            run.frames.push((first, last, entry));
        }
        Ok(Some(run))
    }

    fn bucket(&self, builder: &mut PartBuilder<'_>, runs: &mut [Run]) -> Result<()> {
        let (mut done, mut tally) = (0, Tally::new());
        loop {
            for run in runs.iter_mut() {
                while run.frames.get(run.next).is_some_and(|(_, last, _)| *last < done) {
                    run.next += 1;
                }
            }
            let Some(first) = runs.iter().filter_map(|run| run.first(0)).min() else {
                return Ok(());
            };
            if first >= done
                && let Some(last) = self.copied(builder, runs)?
            {
                done = last.saturating_add(1);
                continue;
            }
            let start = first.max(done);
            let ahead = runs.iter().filter_map(|run| run.first(SLICE_FRAMES)).min();
            let last = runs.iter().filter_map(|run| Some(run.frames.last()?.1)).max();
            let end = last.unwrap_or(u32::MAX).saturating_add(1).min(ahead.unwrap_or(u32::MAX));
            done = end.min(start.saturating_add(SLICE_CODES)).max(start.saturating_add(1));
            self.slice(builder, runs, start..done, &mut tally)?;
        }
    }

    /// Writes the frame that comes first as it is, if there is nothing to merge it with; gives the
    /// code of its last row.
    fn copied(&self, builder: &mut PartBuilder<'_>, runs: &[Run]) -> Result<Option<u32>> {
        let heads = runs.iter().filter_map(|run| Some((run, run.frames.get(run.next)?)));
        let mut heads: Vec<_> = heads.collect();
        heads.sort_by_key(|(_, (first, ..))| *first);
        let Some((run, (_, last, entry))) = heads.first() else { return Ok(None) };
        let next = heads.get(1).map(|(_, (first, ..))| *first);
        let is_apart =
            next.is_none_or(|next| next > *last) && run.first(1).is_none_or(|next| next > *last);
        // Small frames between those of others would stay small.
        let is_large = heads.len() == 1 || usize::from(entry.rows) * 2 >= FRAME_ROWS;
        let Some(source) = self.sources.get(run.source) else { return Ok(None) };
        if !is_apart || !is_large {
            return Ok(None);
        }
        let Some((frame, codes)) = source.as_it_is(entry)? else { return Ok(None) };
        builder.copy(&codes, &frame)?;
        Ok(Some(*last))
    }

    /// Merges the rows of some codes.
    fn slice(
        &self,
        builder: &mut PartBuilder<'_>,
        runs: &[Run],
        codes: Range<u32>,
        tally: &mut Tally,
    ) -> Result<()> {
        let mut slice = Slice::new(codes.clone());
        for run in runs {
            let Some(source) = self.sources.get(run.source) else { continue };
            let due = run.frames.get(run.next..).unwrap_or_default().iter();
            for (.., entry) in due.take_while(|(first, ..)| *first < codes.end) {
                slice.add(source, entry)?;
            }
        }
        let (codes, columns) = slice.merge(&self.merges, tally)?;
        builder.extend(&codes, &columns)
    }
}
