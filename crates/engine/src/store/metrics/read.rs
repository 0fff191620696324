//! Answers of metric rows, bucket by bucket, from memory and parts together.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrail_model::metric::MetricBlock;
use skytrail_model::time::{Downsampling, Minute};
use skytrail_series::metrics::Selection;
use skytrail_storage::{MetricRead, Result};
use tokio::sync::mpsc;

use crate::store::blocking::blocking;
use crate::store::core::Core;
use crate::store::manifest::Family;
use crate::store::part::MetricPart;
use crate::store::rows::Came;
use crate::store::state::Snapshot;

/// Bytes of blocks that are handed over at once.
const HANDED_BYTES: usize = 256 << 10;

/// Hand-overs that wait for whoever asked.
const WAITING: usize = 2;

/// Blocks by minute, each with the append that brought it.
type InMemory = BTreeMap<Minute, Vec<Came>>;

/// Everything that answers a question.
struct Found {
    read: MetricRead,
    memory: InMemory,
    /// By bucket of the answer: parts, and the buckets of them that are in it.
    parts: Vec<Arc<MetricPart>>,
}

/// Reads rows of the moment of the call.
pub(super) async fn read(
    core: &Arc<Core>,
    read: &MetricRead,
    take: &mut (dyn FnMut(&MetricBlock) -> bool + Send),
) -> Result<()> {
    let snapshot = core.state.snapshot();
    let found = find(core, &snapshot, read);
    if found.parts.is_empty() {
        return give_memory(core, &found, take);
    }
    let (hand, mut handed) = mpsc::channel::<Vec<MetricBlock>>(WAITING);
    let works = core.clone();
    let reading = blocking("reading metrics", move || give_all(&works, &found, &hand));
    while let Some(blocks) = handed.recv().await {
        if !blocks.iter().all(&mut *take) {
            // Whoever reads finds nobody to hand over to, and ends.
            handed.close();
            break;
        }
    }
    drop(handed);
    reading.await
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

fn give_memory(
    core: &Core,
    found: &Found,
    take: &mut (dyn FnMut(&MetricBlock) -> bool + Send),
) -> Result<()> {
    for (minute, came) in &found.memory {
        let bucket = core.zone.bucket(found.read.downsampling, *minute);
        if !came.iter().all(|(_, block)| found.read.give(block, bucket, take)) {
            break;
        }
    }
    Ok(())
}

/// Blocks on their way to whoever asked.
struct Handing<'a> {
    hand: &'a mpsc::Sender<Vec<MetricBlock>>,
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
        self.hand.blocking_send(std::mem::take(&mut self.blocks)).is_ok()
    }
}

fn give_all(core: &Core, found: &Found, hand: &mpsc::Sender<Vec<MetricBlock>>) -> Result<()> {
    let mut handing = Handing { hand, blocks: Vec::new(), bytes: 0 };
    let mut selections = select(core, found)?;
    for (bucket, sources) in by_bucket(core, found, &selections)? {
        for source in sources {
            if !give_source(core, found, &mut selections, bucket, &source, &mut handing)? {
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
fn select<'a>(core: &Core, found: &'a Found) -> Result<Vec<Selected<'a>>> {
    let read = &found.read;
    let mut selections = Vec::with_capacity(found.parts.len());
    for part in &found.parts {
        let sees = |origin| part.is_settled || read.visible.sees(origin);
        let selection = part.part.select(read.table, &read.entities, &read.columns, &sees);
        let selection = core.suspects.judge(part, selection)?.flatten();
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
    core: &Core,
    found: &Found,
    selections: &[Selected<'_>],
) -> Result<BTreeMap<Minute, Vec<Source>>> {
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
        let held = core.suspects.judge(selected.part, held)?.unwrap_or_default();
        held.into_iter().for_each(|minute| add(minute, Source::Part(place, minute)));
    }
    Ok(buckets)
}

/// Whether more is wanted.
fn give_source(
    core: &Core,
    found: &Found,
    selections: &mut [Selected<'_>],
    bucket: Minute,
    source: &Source,
    handing: &mut Handing<'_>,
) -> Result<bool> {
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
            Ok(core.suspects.judge(selected.part, given)?.unwrap_or(true))
        }
    }
}
