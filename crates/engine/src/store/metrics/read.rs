//! Answers of metric rows, bucket by bucket, from memory and parts together.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use skytrail_model::metric::MetricBlock;
use skytrail_model::time::{Downsampling, Minute};
use skytrail_series::metrics::Selection;
use skytrail_storage::{Completeness, MetricRead, Result};

use crate::store::core::Core;
use crate::store::manifest::{Family, Gone};
use crate::store::part::MetricPart;
use crate::store::reading::{Asked, Hand};
use crate::store::rows::Came;
use crate::store::state::Snapshot;

/// Bytes of blocks that are handed over at once.
const HANDED_BYTES: usize = 64 << 10;

/// Blocks by minute, each with the append that brought it.
type InMemory = BTreeMap<Minute, Vec<Came>>;

/// Everything that answers a question.
struct Found {
    read: MetricRead,
    memory: InMemory,
    /// Parts that may hold some of it.
    parts: Vec<Arc<MetricPart>>,
}

/// Reads rows of the moment of the call.
pub(super) async fn read(
    core: &Arc<Core>,
    read: &MetricRead,
    take: &mut (dyn FnMut(&MetricBlock) -> bool + Send),
) -> Result<Completeness> {
    let snapshot = core.state.snapshot();
    let is_lost = is_lost(core, &snapshot.version.gone, read);
    let found = find(core, &snapshot, read);
    if found.parts.is_empty() {
        give_memory(core, &found, take);
        return Ok(Completeness::unless(is_lost));
    }
    let works = core.clone();
    let give = move |asked: &Asked, hand: &Hand<Vec<MetricBlock>>| {
        let is_missing = Cell::new(false);
        give_all(&Giving { core: &works, found: &found, asked, is_missing: &is_missing }, hand)?;
        Ok(is_missing.get())
    };
    let take = |blocks: Vec<MetricBlock>| blocks.iter().all(&mut *take);
    let is_missing = core.reads.hand_over("reading metrics", give, take).await?;
    Ok(Completeness::unless(is_lost || is_missing))
}

/// Whether rows that are not too old went, which may have been in the answer.
fn is_lost(core: &Core, gone: &Gone, read: &MetricRead) -> bool {
    let kept = core.retention();
    let (lost_to, ttl) = match read.downsampling {
        Downsampling::Minute => (gone.minutes_lost_to, kept.metric_ttl),
        Downsampling::Hour => (gone.hours_lost_to, kept.hour_ttl),
        Downsampling::Day => (gone.days_lost_to, kept.day_ttl),
    };
    let from = || read.from.start_nanos().max(core.now().saturating_sub(ttl));
    lost_to.is_some_and(|lost_to| lost_to >= from())
}

/// An answer that is made of parts.
struct Giving<'a> {
    core: &'a Core,
    found: &'a Found,
    asked: &'a Asked,
    /// Whether a part is damaged.
    is_missing: &'a Cell<bool>,
}

impl Giving<'_> {
    /// What was read of a part; none where it is damaged.
    fn judge<T>(
        &self,
        part: &MetricPart,
        read: skytrail_columns::Result<T>,
    ) -> crate::error::Result<Option<T>> {
        let read = self.core.suspects.judge(part, read)?;
        self.is_missing.set(self.is_missing.get() || read.is_none());
        Ok(read)
    }
}

/// The rows in memory and the parts that a question is about.
fn find(core: &Core, snapshot: &Snapshot, read: &MetricRead) -> Found {
    let gone = &snapshot.version.gone;
    let from = read.from.max(core.first_whole(gone, read.downsampling));
    let read = MetricRead { from, ..read.clone() };
    let last = core.zone.next_bucket(read.downsampling, read.to).plus(-1);
    let mut memory = InMemory::new();
    let mut parts = Vec::new();
    if from > read.to {
        return Found { read, memory, parts };
    }
    for generation in &snapshot.generations {
        generation.metrics.look(|layers| {
            for (minute, came) in layers.rows().flat_map(|rows| rows.of(read.table, from..=last)) {
                let seen = came.iter().filter(|(origin, _)| read.visible.sees(*origin)).cloned();
                memory.entry(minute).or_default().extend(seen);
            }
            parts.extend(layers.parts.iter().cloned());
        });
    }
    parts.extend(snapshot.version.parts.metrics.iter().cloned());
    parts.retain(|part| is_about(part, read.downsampling, from, last));
    Found { read, memory, parts }
}

/// Whether a part may hold rows for an answer of a precision and time.
fn is_about(part: &MetricPart, downsampling: Downsampling, from: Minute, last: Minute) -> bool {
    let is_counted = match (part.entry.family, downsampling) {
        (Family::Minutes, _) => true,
        (Family::FoldedMinutes, size) => size == Downsampling::Minute,
        (Family::Hours, size) => size == Downsampling::Hour,
        (Family::Days, size) => size == Downsampling::Day,
        _ => false,
    };
    let (first, end) = (Minute::of_nanos(part.entry.first), Minute::of_nanos(part.entry.last));
    is_counted && first <= last && end >= from
}

fn give_memory(core: &Core, found: &Found, take: &mut (dyn FnMut(&MetricBlock) -> bool + Send)) {
    for (minute, came) in &found.memory {
        let bucket = core.zone.bucket(found.read.downsampling, *minute);
        if !came.iter().all(|(_, block)| found.read.give(block, bucket, take)) {
            break;
        }
    }
}

/// Blocks on their way to whoever asked.
struct Handing<'a> {
    hand: &'a Hand<Vec<MetricBlock>>,
    blocks: Vec<MetricBlock>,
    bytes: usize,
}

impl Handing<'_> {
    /// Whether somebody still wants more.
    fn take(&mut self, block: MetricBlock) -> bool {
        self.bytes += block.memory();
        self.blocks.push(block);
        self.bytes < HANDED_BYTES || self.flush()
    }

    fn flush(&mut self) -> bool {
        self.bytes = 0;
        self.hand.give(std::mem::take(&mut self.blocks))
    }
}

fn give_all(giving: &Giving<'_>, hand: &Hand<Vec<MetricBlock>>) -> Result<()> {
    let mut handing = Handing { hand, blocks: Vec::new(), bytes: 0 };
    let mut selections = select(giving)?;
    for (bucket, sources) in by_bucket(giving, &selections)? {
        for source in sources {
            giving.asked.check()?;
            if !give_source(giving, &mut selections, bucket, &source, &mut handing)? {
                return Ok(());
            }
        }
    }
    handing.flush();
    Ok(())
}

/// What is selected of a part.
struct Selected<'a> {
    part: &'a MetricPart,
    selection: Selection<'a>,
}

/// What is asked for of each part that has any of it.
fn select<'a>(giving: &Giving<'a>) -> Result<Vec<Selected<'a>>> {
    let found = giving.found;
    let read = &found.read;
    let mut selections = Vec::with_capacity(found.parts.len());
    for part in &found.parts {
        giving.asked.check()?;
        let sees = |origin| part.is_settled || read.visible.sees(origin);
        let selection = part.part.select(read.table, &read.entities, &read.columns, &sees);
        let selection = giving.judge(part, selection)?.flatten();
        selections.extend(selection.map(|selection| Selected { part, selection }));
    }
    Ok(selections)
}

/// Where rows of a bucket of the answer are.
enum Source {
    Memory(Minute),
    Part(usize, Minute),
}

/// Places of rows by bucket of the answer, in its order. What is held are places only.
fn by_bucket(
    giving: &Giving<'_>,
    selections: &[Selected<'_>],
) -> Result<BTreeMap<Minute, Vec<Source>>> {
    let Giving { core, found, .. } = *giving;
    let read = &found.read;
    let last = core.zone.next_bucket(read.downsampling, read.to).plus(-1);
    let mut buckets: BTreeMap<Minute, Vec<Source>> = BTreeMap::new();
    let mut add = |minute: Minute, source: Source| {
        let bucket = core.zone.bucket(read.downsampling, minute);
        buckets.entry(bucket).or_default().push(source);
    };
    found.memory.keys().for_each(|minute| add(*minute, Source::Memory(*minute)));
    for (place, selected) in selections.iter().enumerate() {
        let held = selected.selection.buckets(read.from, last);
        let held = giving.judge(selected.part, held)?.unwrap_or_default();
        held.into_iter().for_each(|minute| add(minute, Source::Part(place, minute)));
    }
    Ok(buckets)
}

/// Whether more is wanted.
fn give_source(
    giving: &Giving<'_>,
    selections: &mut [Selected<'_>],
    bucket: Minute,
    source: &Source,
    handing: &mut Handing<'_>,
) -> Result<bool> {
    let found = giving.found;
    match source {
        Source::Memory(minute) => {
            let came = found.memory.get(minute).map(Vec::as_slice).unwrap_or_default();
            let mut take = |block: &MetricBlock| handing.take(block.clone());
            Ok(came.iter().all(|(_, block)| found.read.give(block, bucket, &mut take)))
        }
        Source::Part(place, minute) => {
            let Some(selected) = selections.get_mut(*place) else { return Ok(true) };
            let mut take = |block: MetricBlock| handing.take(MetricBlock { bucket, ..block });
            let given = selected.selection.read(*minute, &mut take);
            Ok(giving.judge(selected.part, given)?.unwrap_or(true))
        }
    }
}
