//! A whole trace in numbers, however many spans it has: who took part, what was done, and when.

use std::collections::BTreeMap;

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::Span;
use skytrail_storage::SpanAppend;

use super::columns::{Names, cut};
use crate::context::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Query;

/// Parts of the time of a trace, at most.
const PARTS: i64 = 100;

/// Services and operations that are told apart, at most; those that come later are left out.
const MOST_COUNTED: usize = 10_000;

/// Services, operations and keys of tags of an answer, at most.
const LISTED: usize = 200;

/// Nanoseconds of the shortest part: a tenth of a millisecond.
const SHORTEST: i64 = 100_000;

/// What a service or an operation did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Doer {
    /// Service, as it was sent.
    pub service: String,
    /// Operation, as it was sent; empty for all of the service.
    pub operation: String,
    /// Spans.
    pub spans: u64,
    /// Those that failed.
    pub errors: u64,
    /// Milliseconds of all of them together.
    pub total: f64,
    /// Milliseconds of the longest.
    pub longest: f64,
}

/// Spans that start in a part of the time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Density {
    /// How many.
    pub spans: u64,
    /// Those that failed.
    pub errors: u64,
}

/// A whole trace in numbers. What was sent twice counts twice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceExtent {
    /// Id.
    pub trace_id: String,
    /// Earliest start of a span, milliseconds since the Unix epoch.
    pub start: f64,
    /// From there to the latest end, milliseconds.
    pub duration: f64,
    /// Spans.
    pub spans: u64,
    /// Segments.
    pub segments: u64,
    /// Spans that failed.
    pub errors: u64,
    /// Those with the most spans.
    pub services: Vec<Doer>,
    /// Those that took the most time.
    pub operations: Vec<Doer>,
    /// Where the first part starts, milliseconds since the Unix epoch.
    pub first: f64,
    /// Milliseconds from a part to the next.
    pub step: f64,
    /// Parts of the time.
    pub parts: Vec<Density>,
    /// Whether nothing is missing.
    pub complete: bool,
}

/// A key of tags of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagKey {
    /// The key.
    pub key: String,
    /// Spans that have it.
    pub spans: u64,
    /// Different values, as far as they were counted.
    pub values: u64,
}

/// Keys of the tags of a trace, those of the most spans first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagKeys {
    /// The keys.
    pub keys: Vec<TagKey>,
    /// Whether nothing is missing.
    pub complete: bool,
}

impl Query {
    /// A trace in numbers.
    ///
    /// # Errors
    /// `NotFound` where nothing is kept.
    pub async fn trace_extent(&self, ctx: &Ctx, trace_id: &str) -> Result<TraceExtent> {
        let mut sums = Sums::default();
        self.read_trace(ctx, trace_id, &mut sums).await?;
        ctx.keep(2 * LISTED * (512 + size_of::<Doer>()))?;
        let mut extent = sums.extent();
        trace_id.clone_into(&mut extent.trace_id);
        extent.complete &= !ctx.is_incomplete();
        Ok(extent)
    }

    /// What the spans of a trace are tagged with.
    ///
    /// # Errors
    /// `NotFound` where nothing is kept.
    pub async fn trace_tag_keys(&self, ctx: &Ctx, trace_id: &str) -> Result<TagKeys> {
        let mut keys = Keys::default();
        self.read_trace(ctx, trace_id, &mut keys).await?;
        ctx.keep(LISTED * (256 + size_of::<TagKey>()))?;
        let mut keys = keys.keys();
        keys.complete &= !ctx.is_incomplete();
        Ok(keys)
    }

    async fn read_trace(&self, ctx: &Ctx, trace_id: &str, into: &mut dyn See) -> Result<()> {
        let mut working = ctx.working();
        let (mut read, mut spans) = (Ok(()), 0_usize);
        let mut take = |window: SpanAppend| {
            let batch = &*window.batch;
            read = ctx.charge(batch.spans.len());
            for entry in &window.entries {
                let Some(segment) = batch.segments.get(entry.segment as usize) else { continue };
                if batch.text(segment.trace_id) == trace_id {
                    let of_segment = batch.spans_of(segment);
                    spans += of_segment.len();
                    into.segment(batch, batch.name(segment.service), of_segment);
                }
            }
            if read.is_ok() {
                read = working.set(into.memory());
            }
            read.is_ok()
        };
        let completeness = self.storage.spans().trace(trace_id, &mut take).await?;
        read?;
        ctx.note(completeness);
        if spans == 0 {
            let message = format!("no span of trace '{trace_id}' is stored");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        Ok(())
    }
}

/// Sees a trace segment by segment.
trait See: Send {
    fn segment(&mut self, batch: &SpanBatch, service: &str, spans: &[Span]);

    /// Memory that it takes, in bytes.
    fn memory(&self) -> usize;
}

/// Sums by service and by operation.
#[derive(Default)]
struct Sums {
    times: Option<(i64, i64)>,
    segments: u64,
    services: Table,
    operations: Table,
    parts: Parts,
}

/// Sums by name.
#[derive(Default)]
struct Table {
    names: Names,
    doers: Vec<Doer>,
    is_cut: bool,
}

impl Table {
    /// Counts a span of a service, and of an operation if one is named.
    fn add(&mut self, service: &str, operation: &str, span: &Span) {
        let name = format!("{service}\0{operation}");
        if self.doers.len() >= MOST_COUNTED && self.names.find(&name).is_none() {
            self.is_cut = true;
            return;
        }
        let place = self.names.number(&name) as usize;
        if place == self.doers.len() {
            let (service, operation) = (service.to_owned(), cut(operation).to_owned());
            self.doers.push(Doer { service, operation, ..Doer::default() });
        }
        let Some(doer) = self.doers.get_mut(place) else { return };
        let millis = span.duration as f64 / 1e6;
        doer.spans += 1;
        doer.errors += u64::from(span.is_error());
        doer.total += millis;
        doer.longest = doer.longest.max(millis);
    }

    fn memory(&self) -> usize {
        2 * self.names.memory() + self.doers.capacity() * size_of::<Doer>()
    }
}

impl See for Sums {
    fn segment(&mut self, batch: &SpanBatch, service: &str, spans: &[Span]) {
        self.segments += 1;
        for span in spans {
            let (first, last) = self.times.unwrap_or((i64::MAX, i64::MIN));
            self.times = Some((first.min(span.start), last.max(span.end())));
            self.parts.add(span.start, span.is_error());
            self.services.add(service, "", span);
            self.operations.add(service, batch.name(span.operation), span);
        }
    }

    fn memory(&self) -> usize {
        self.services.memory() + self.operations.memory()
    }
}

impl Sums {
    fn extent(self) -> TraceExtent {
        let (first, last) = self.times.unwrap_or_default();
        let complete = !self.services.is_cut && !self.operations.is_cut;
        let (mut services, mut operations) = (self.services.doers, self.operations.doers);
        services.sort_by(|a, b| b.spans.cmp(&a.spans).then_with(|| a.service.cmp(&b.service)));
        operations.sort_by(|a, b| {
            b.total.total_cmp(&a.total).then_with(|| a.operation.cmp(&b.operation))
        });
        let spans = services.iter().map(|one| one.spans).sum();
        let errors = services.iter().map(|one| one.errors).sum();
        services.truncate(LISTED);
        operations.truncate(LISTED);
        let (start, step, parts) = self.parts.list();
        TraceExtent {
            start: first as f64 / 1e6,
            duration: last.saturating_sub(first) as f64 / 1e6,
            spans,
            segments: self.segments,
            errors,
            services,
            operations,
            first: start as f64 / 1e6,
            step: step as f64 / 1e6,
            parts,
            complete,
            ..TraceExtent::default()
        }
    }
}

/// Spans by the time they start in parts that become longer as the trace does.
struct Parts {
    step: i64,
    by_place: BTreeMap<i64, Density>,
}

impl Default for Parts {
    fn default() -> Self {
        Self { step: SHORTEST, by_place: BTreeMap::new() }
    }
}

impl Parts {
    fn add(&mut self, start: i64, is_error: bool) {
        let part = self.by_place.entry(start.div_euclid(self.step)).or_default();
        part.spans += 1;
        part.errors += u64::from(is_error);
        while self.count() > PARTS {
            self.step = self.step.saturating_mul(2);
            let mut longer: BTreeMap<i64, Density> = BTreeMap::new();
            for (place, part) in std::mem::take(&mut self.by_place) {
                let sum = longer.entry(place.div_euclid(2)).or_default();
                sum.spans += part.spans;
                sum.errors += part.errors;
            }
            self.by_place = longer;
        }
    }

    fn ends(&self) -> Option<(i64, i64)> {
        Some((*self.by_place.first_key_value()?.0, *self.by_place.last_key_value()?.0))
    }

    fn count(&self) -> i64 {
        self.ends().map_or(0, |(first, last)| last.saturating_sub(first).saturating_add(1))
    }

    /// Where the first one starts, how long they are, and all of them.
    fn list(self) -> (i64, i64, Vec<Density>) {
        let Some((first, last)) = self.ends() else { return (0, self.step, Vec::new()) };
        let part = |place: i64| self.by_place.get(&place).copied().unwrap_or_default();
        let parts = (first..=last).map(part).collect();
        (first.saturating_mul(self.step), self.step, parts)
    }
}

/// Keys of tags, and how many spans have them.
#[derive(Default)]
struct Keys {
    names: Names,
    keys: Vec<TagKey>,
    /// Key, a zero and value of each.
    values: Names,
    is_cut: bool,
}

impl See for Keys {
    fn segment(&mut self, batch: &SpanBatch, _service: &str, spans: &[Span]) {
        for row in spans.iter().flat_map(|span| batch.attributes_of(span.attributes)) {
            let key = batch.name(row.key);
            if self.keys.len() >= MOST_COUNTED && self.names.find(key).is_none() {
                self.is_cut = true;
                continue;
            }
            let place = self.names.number(key) as usize;
            if place == self.keys.len() {
                self.keys.push(TagKey { key: key.to_owned(), ..TagKey::default() });
            }
            let value = format!("{key}\0{}", cut(&batch.show(row.value)));
            let is_new = self.values.find(&value).is_none() && self.values.len() < MOST_COUNTED;
            if is_new {
                self.values.number(&value);
            }
            if let Some(known) = self.keys.get_mut(place) {
                known.spans += 1;
                known.values += u64::from(is_new);
            }
        }
    }

    fn memory(&self) -> usize {
        2 * self.names.memory() + self.values.memory() + self.keys.capacity() * size_of::<TagKey>()
    }
}

impl Keys {
    fn keys(mut self) -> TagKeys {
        self.keys.sort_by(|a, b| b.spans.cmp(&a.spans).then_with(|| a.key.cmp(&b.key)));
        self.keys.truncate(LISTED);
        TagKeys { keys: self.keys, complete: !self.is_cut }
    }
}

#[cfg(test)]
mod tests {
    use super::{PARTS, Parts};

    #[test]
    fn parts_become_longer_as_the_trace_does() {
        let mut parts = Parts::default();
        for start in 0..1_000 {
            parts.add(start * 1_000_000 + 5_000_000_000, false);
        }
        parts.add(0, true);
        assert!(parts.count() <= PARTS && parts.count() > PARTS / 2, "{}", parts.count());
        let (first, step, list) = parts.list();
        assert_eq!((first, list.len() as i64 * step >= 5_999_000_000), (0, true));
        assert_eq!(list.iter().map(|one| one.spans).sum::<u64>(), 1_001);
        assert_eq!((list[0].spans, list[0].errors), (1, 1));
    }
}
