//! What some traces have in common that others have not: tags by how much more often the chosen
//! ones carry them.

use skytrail_storage::{Order, SegmentFilter, SpanAppend};

use super::condition::TraceCondition;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::hash::{Map, Set};
use crate::query::Query;
use crate::time::Range;
use crate::trace::{Names, SEGMENT_BYTES};

/// Traces of either side that are looked at, at most.
const MOST_TRACES: usize = 200;

/// Tags of an answer, at most.
const MOST_TAGS: usize = 50;

/// Tags of a row besides the one that names it, at most.
const MOST_TOGETHER: usize = 20;

/// Different tags that are counted, at most; those that come later are left out.
const MOST_COUNTED: usize = 10_000;

/// Bytes of a value; longer ones tell no two traces apart that matter.
const MOST_VALUE: usize = 256;

/// Spans of a trace that are looked at, at most.
const MOST_SPANS: usize = 5_000;

/// Parts of the range that the traces come from.
const SLICES: i64 = 10;

/// Segments that the store is asked for at once.
const CHUNK: usize = 200;

/// The tag that stands for the instance that a segment ran in.
const INSTANCE: &str = "service.instance";

/// Which traces are compared with the rest.
#[derive(Debug, Clone, PartialEq)]
pub enum Chosen {
    /// Those that have a segment which meets the conditions, started within a range, and took from
    /// `min` to `max` milliseconds.
    Box {
        /// When it started.
        range: Range,
        /// Least duration, inclusive.
        min: f64,
        /// Greatest duration, inclusive.
        max: f64,
    },
    /// These.
    Traces(Vec<String>),
}

/// A tag, and how often it is there.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedTag {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// Chosen traces that have it.
    pub chosen: usize,
    /// Others that have it.
    pub others: usize,
    /// From 0 to 1.
    pub chosen_share: f64,
    /// From 0 to 1.
    pub others_share: f64,
    /// The one less the other.
    pub difference: f64,
    /// Keys and values of tags that the very same traces have, as far as they were looked at.
    pub together: Vec<(String, String)>,
}

/// Tags, the largest difference first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagComparison {
    /// Chosen traces that were looked at.
    pub chosen: usize,
    /// Others that were looked at.
    pub others: usize,
    /// At most 50.
    pub tags: Vec<ComparedTag>,
    /// Whether these were all traces, and all their tags.
    pub complete: bool,
}

/// Tags while they are counted.
#[derive(Default)]
struct Counts {
    /// Key, a zero and value of each.
    tags: Names,
    counts: Vec<Count>,
    /// How many traces of each side were counted.
    traces: [usize; 2],
    is_cut: bool,
    /// What the next tag is written in.
    text: String,
}

#[derive(Clone, Copy)]
struct Count {
    of: [usize; 2],
    /// Bytes of the key.
    key: usize,
    /// The trace that was counted last.
    last: usize,
    /// Differs where the traces that were counted do.
    traces: u64,
}

/// A number that has little to do with the one it is made of.
fn mixed(number: usize) -> u64 {
    let mut bits = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl Query {
    /// Compares the tags of chosen traces with those of others that meet the conditions: up to 200
    /// of either, spread over the range.
    ///
    /// # Errors
    /// `Invalid` for a wrong id, or where no trace is chosen.
    pub async fn compare_tags(
        &self,
        ctx: &Ctx,
        condition: &TraceCondition,
        chosen: &Chosen,
    ) -> Result<TagComparison> {
        let mut is_cut = false;
        let chosen: Vec<String> = match chosen {
            Chosen::Traces(ids) if ids.is_empty() => {
                return Err(Error::invalid("traces names no trace"));
            }
            Chosen::Traces(ids) => {
                is_cut |= ids.len() > MOST_TRACES;
                ids.iter().take(MOST_TRACES).cloned().collect()
            }
            Chosen::Box { range, min, max } => {
                let within = TraceCondition {
                    range: *range,
                    min: Some(condition.min.map_or(*min, |least| least.max(*min))),
                    max: Some(condition.max.map_or(*max, |most| most.min(*max))),
                    ..condition.clone()
                };
                self.sample(ctx, &within, &Set::default(), &mut is_cut).await?
            }
        };
        let known: Set<&str> = chosen.iter().map(String::as_str).collect();
        let others = self.sample(ctx, condition, &known, &mut is_cut).await?;
        let mut counts = Counts::default();
        let mut working = ctx.working();
        for (side, ids) in [&chosen, &others].into_iter().enumerate() {
            for id in ids {
                self.count_tags(ctx, id, side, &mut counts).await?;
                working.set(counts.bytes())?;
            }
        }
        is_cut |= counts.is_cut || ctx.is_incomplete();
        let row = MOST_VALUE + size_of::<ComparedTag>();
        ctx.keep(MOST_TAGS * (1 + MOST_TOGETHER) * row)?;
        Ok(TagComparison { complete: !is_cut, ..counts.compared() })
    }

    /// Traces that meet the conditions and are not among those that are known, spread over the
    /// range; says whether there are more.
    async fn sample(
        &self,
        ctx: &Ctx,
        condition: &TraceCondition,
        known: &Set<&str>,
        is_cut: &mut bool,
    ) -> Result<Vec<String>> {
        let mut working = ctx.working();
        working.set(CHUNK * SEGMENT_BYTES + MOST_TRACES * 256)?;
        let (mut ids, mut seen) = (Vec::new(), Set::default());
        let slices: Vec<Range> = condition.range.slices(SLICES).collect();
        for (place, range) in slices.iter().enumerate() {
            let most = MOST_TRACES * (place + 1) / slices.len();
            let within = TraceCondition { range: *range, ..condition.clone() };
            let filter: SegmentFilter = within.filter(Order::Start)?;
            let mut after = None;
            loop {
                let page = self.storage.spans().search(&filter, after.as_ref(), CHUNK).await?;
                ctx.charge(usize::try_from(page.examined).unwrap_or(usize::MAX))?;
                *is_cut |= !page.complete;
                for id in page.segments.into_iter().map(|segment| segment.segment.trace_id) {
                    if known.contains(id.as_str()) || seen.contains(&id) {
                        continue;
                    }
                    if ids.len() >= most {
                        *is_cut = true;
                        break;
                    }
                    seen.insert(id.clone());
                    ids.push(id);
                }
                after = page.next;
                if after.is_none() || ids.len() >= most {
                    break;
                }
            }
        }
        Ok(ids)
    }

    /// Counts the tags of a trace, each once.
    async fn count_tags(
        &self,
        ctx: &Ctx,
        trace_id: &str,
        side: usize,
        counts: &mut Counts,
    ) -> Result<()> {
        let number = counts.traces.iter().sum::<usize>() + 1;
        let mut charged = Ok(());
        let mut spans = 0;
        let mut take = |window: SpanAppend| {
            charged = ctx.charge(window.batch.spans.len());
            spans += counts.add_window(&window, trace_id, (side, number));
            charged.is_ok() && spans < MOST_SPANS
        };
        let completeness = self.storage.spans().trace(trace_id, &mut take).await?;
        charged?;
        ctx.note(completeness);
        counts.is_cut |= spans >= MOST_SPANS;
        if let Some(traces) = counts.traces.get_mut(side).filter(|_| spans > 0) {
            *traces += 1;
        }
        Ok(())
    }
}

impl Counts {
    /// Counts what a window has of a trace; says how many spans that were.
    fn add_window(&mut self, window: &SpanAppend, trace_id: &str, of: (usize, usize)) -> usize {
        let batch = &*window.batch;
        let mut spans = 0;
        for entry in &window.entries {
            let Some(segment) = batch.segments.get(entry.segment as usize) else { continue };
            if batch.text(segment.trace_id) != trace_id {
                continue;
            }
            self.add(INSTANCE, batch.name(segment.instance), of);
            for span in batch.spans_of(segment) {
                spans += 1;
                for row in batch.attributes_of(span.attributes) {
                    self.add(batch.name(row.key), &batch.show(row.value), of);
                }
            }
        }
        spans
    }

    fn add(&mut self, key: &str, value: &str, (side, number): (usize, usize)) {
        if value.len() > MOST_VALUE {
            return;
        }
        self.text.clear();
        self.text.extend([key, "\0", value]);
        if self.counts.len() >= MOST_COUNTED && self.tags.find(&self.text).is_none() {
            self.is_cut = true;
            return;
        }
        let place = self.tags.number(&self.text) as usize;
        if place == self.counts.len() {
            self.counts.push(Count { of: [0, 0], key: key.len(), last: 0, traces: 0 });
        }
        let Some(count) = self.counts.get_mut(place).filter(|count| count.last != number) else {
            return;
        };
        count.last = number;
        count.traces = count.traces.wrapping_add(mixed(number));
        if let Some(of) = count.of.get_mut(side) {
            *of += 1;
        }
    }

    /// Memory that they take, in bytes.
    fn bytes(&self) -> usize {
        self.tags.memory() + self.counts.capacity() * size_of::<Count>()
    }

    fn compared(self) -> TagComparison {
        let [chosen, others] = self.traces;
        // Of several chosen ones, what only one has tells nothing of them.
        let least = if chosen > 2 { 2 } else { 1 };
        let share = |count: usize, of: usize| if of == 0 { 0.0 } else { count as f64 / of as f64 };
        let compared = |(place, count): (usize, &Count)| {
            let [of_chosen, of_others] = count.of;
            let (chosen_share, others_share) = (share(of_chosen, chosen), share(of_others, others));
            let difference = chosen_share - others_share;
            let (key, value) = self.tags.get(place).split_at_checked(count.key)?;
            let tag = || ComparedTag {
                key: key.to_owned(),
                value: value.strip_prefix('\0').unwrap_or_default().to_owned(),
                chosen: of_chosen,
                others: of_others,
                chosen_share,
                others_share,
                difference,
                together: Vec::new(),
            };
            (of_chosen >= least && difference > 0.0).then(|| (count.traces, tag()))
        };
        let mut tags: Vec<_> = self.counts.iter().enumerate().filter_map(compared).collect();
        tags.sort_by(|(_, a), (_, b)| {
            let by_difference = b.difference.total_cmp(&a.difference);
            // What an agent said stands before what only says where it was.
            let by_kind = (a.key == INSTANCE).cmp(&(b.key == INSTANCE));
            by_difference.then(by_kind).then_with(|| (&a.key, &a.value).cmp(&(&b.key, &b.value)))
        });
        TagComparison { chosen, others, tags: grouped(tags), complete: true }
    }
}

/// Tags of the same traces as one, which the first of them names.
fn grouped(tags: Vec<(u64, ComparedTag)>) -> Vec<ComparedTag> {
    let mut rows: Vec<ComparedTag> = Vec::new();
    let mut places: Map<u64, usize> = Map::default();
    for (traces, tag) in tags {
        let Some(row) = places.get(&traces).and_then(|place| rows.get_mut(*place)) else {
            if rows.len() < MOST_TAGS {
                places.insert(traces, rows.len());
                rows.push(tag);
            }
            continue;
        };
        if row.together.len() < MOST_TOGETHER {
            row.together.push((tag.key, tag.value));
        }
    }
    rows
}
