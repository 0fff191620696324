//! Spans as they come from the store, in any order, put into columns.

use skytrail_model::batch::SpanBatch;
use skytrail_model::component;
use skytrail_model::span::{Link, LinkKind, Segment, Span, SpanKind, SpanLayer};
use skytrail_storage::SpanAppend;

use super::names::Names;
use super::tagged::Tagged;
use super::{MAX_SPANS, TraceLinkKind, flag};
use crate::hash::Map;
use crate::time::Range;

/// No segment.
pub(super) const NONE: u32 = u32::MAX;

/// What a row takes while the columns are put in order, beside itself.
const ORDER_BYTES: usize = 12;

/// What there must be for what comes between two looks.
const MARGIN: usize = 24 << 10;

/// Spans after which it is looked whether there is room for more.
const LOOK_EVERY: usize = 64;

/// Rows by which columns grow at least.
const STEP: usize = 256;

/// Keys of event fields that only exceptions have.
const EXCEPTION_KEYS: [&str; 3] = ["error.kind", "exception.type", "stack"];

/// Layers in the order of their numbers.
pub(super) const LAYERS: [SpanLayer; 8] = [
    SpanLayer::Unknown,
    SpanLayer::Database,
    SpanLayer::RpcFramework,
    SpanLayer::Http,
    SpanLayer::Mq,
    SpanLayer::Cache,
    SpanLayer::Faas,
    SpanLayer::GenAi,
];

/// A segment that was seen, or is only named by others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) service: u32,
    pub(super) instance: u32,
    /// Earliest start of its spans, nanoseconds; `i64::MAX` without spans.
    pub(super) start: i64,
}

/// A relation besides that to the parent, as it came.
#[derive(Debug, Clone)]
pub(super) struct Related {
    pub(super) row: u32,
    pub(super) kind: TraceLinkKind,
    pub(super) trace_id: Option<String>,
    pub(super) segment: u32,
    pub(super) number: i32,
    /// Place of the other span's opaque id among `ids`; [`NONE`] without one.
    pub(super) id: u32,
}

/// Columns in the order that spans came in.
#[derive(Debug, Default)]
pub(in crate::trace) struct Gathering {
    pub(super) trace_id: String,
    pub(super) start: Vec<i64>,
    pub(super) duration: Vec<i64>,
    /// Segment and number of the parent; [`NONE`] without a parent, or where its opaque id says it.
    pub(super) parent_segment: Vec<u32>,
    pub(super) parent_number: Vec<i32>,
    pub(super) segment: Vec<u32>,
    pub(super) number: Vec<i32>,
    pub(super) operation: Vec<u32>,
    pub(super) peer: Vec<i32>,
    pub(super) component: Vec<i16>,
    pub(super) layer: Vec<u8>,
    pub(super) kind: Vec<u8>,
    pub(super) flags: Vec<u16>,
    pub(super) services: Names,
    pub(super) instances: Names,
    pub(super) operations: Names,
    pub(super) peers: Names,
    pub(super) components: Vec<&'static str>,
    component_places: Map<i32, i16>,
    pub(super) segment_ids: Names,
    pub(super) seen: Vec<Seen>,
    pub(super) links: Vec<Related>,
    /// Bytes of texts of `links`.
    link_bytes: usize,
    /// Opaque ids, of spans and of parents.
    pub(super) ids: Names,
    /// Row and id of those that have one.
    pub(super) own_ids: Vec<(u32, u32)>,
    /// Row and id of the parent.
    pub(super) parent_ids: Vec<(u32, u32)>,
    /// The values of one tag, where they are wanted.
    pub(super) tag: Option<Tagged>,
    /// Only segments that overlap it, nanoseconds since the Unix epoch.
    window: Option<Range>,
    is_full: bool,
}

/// Numbers of a batch's names among those of the trace, found once each.
struct Known<'a> {
    batch: &'a SpanBatch,
    operations: Vec<u32>,
    peers: Vec<u32>,
    /// Whether a key is one that only exceptions have; by name.
    exceptions: Vec<bool>,
}

impl<'a> Known<'a> {
    fn of(batch: &'a SpanBatch) -> Self {
        let unknown = || vec![NONE; batch.names.len()];
        let is_exception = |text: &[u8]| EXCEPTION_KEYS.iter().any(|key| key.as_bytes() == text);
        let exceptions = batch.names.iter().map(|name| is_exception(batch.bytes_at(name.text)));
        let exceptions = exceptions.collect();
        Self { batch, operations: unknown(), peers: unknown(), exceptions }
    }

    /// Whether one of the events is an exception.
    fn is_exception(&self, span: &Span) -> bool {
        let is_key = |key: u32| self.exceptions.get(key as usize).copied().unwrap_or(false);
        self.batch.events_of(span).iter().any(|event| {
            self.batch.text(event.name) == "exception"
                || self.batch.attributes_of(event.attributes).iter().any(|row| is_key(row.key.0))
        })
    }
}

impl Gathering {
    pub(in crate::trace) fn new(trace_id: &str) -> Self {
        Self { trace_id: trace_id.to_owned(), ..Self::default() }
    }

    /// Only what overlaps a time.
    pub(super) fn within(self, window: Option<Range>) -> Self {
        Self { window, ..self }
    }

    /// With the values of a tag.
    pub(super) fn with_tag(self, key: Option<&str>) -> Self {
        Self { tag: key.map(Tagged::new), ..self }
    }

    /// Spans so far; what came twice counts twice.
    pub(in crate::trace) fn len(&self) -> usize {
        self.start.len()
    }

    /// Memory that it takes until it is finished, in bytes.
    pub(in crate::trace) fn bytes(&self) -> usize {
        let names =
            [&self.services, &self.instances, &self.operations, &self.peers, &self.segment_ids];
        // Once more when they are written.
        let names: usize = names.into_iter().map(|names| 2 * names.memory()).sum();
        // Eleven columns that have grown alike.
        self.start.capacity() * 46
            + self.len() * ORDER_BYTES
            + names
            + self.ids.memory()
            + (self.own_ids.capacity() + self.parent_ids.capacity()) * 2 * size_of::<(u32, u32)>()
            + self.seen.capacity() * 3 * size_of::<Seen>()
            + self.links.capacity() * 3 * size_of::<Related>()
            + 2 * self.link_bytes
            + self.tag.as_ref().map_or(0, Tagged::memory)
            + MARGIN
    }

    /// Whether spans were left out because there may not be more.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Adds the spans of a window; asks `look` every so many spans, and behind the last one,
    /// whether there is room for more. Says whether more is wanted.
    pub(in crate::trace) fn add(
        &mut self,
        window: &SpanAppend,
        look: &mut dyn FnMut(&Self) -> bool,
    ) -> bool {
        let batch = &*window.batch;
        let mut known = Known::of(batch);
        for entry in &window.entries {
            let Some(segment) = batch.segments.get(entry.segment as usize) else { continue };
            if batch.bytes_at(segment.trace_id) != self.trace_id.as_bytes() {
                continue;
            }
            let end = entry.start.saturating_add(entry.duration);
            if self.window.is_some_and(|within| entry.start >= within.to || end < within.from) {
                continue;
            }
            let place = self.segment_of(batch, segment);
            for span in batch.spans_of(segment) {
                self.is_full = self.len() >= MAX_SPANS;
                if self.is_full {
                    return false;
                }
                self.add_span(&mut known, place, span);
                if self.len().is_multiple_of(LOOK_EVERY) && !look(self) {
                    return false;
                }
            }
        }
        look(self)
    }

    fn segment_of(&mut self, batch: &SpanBatch, segment: &Segment) -> u32 {
        let place = self.named_segment(batch.text(segment.segment_id));
        let service = self.services.number(batch.name(segment.service));
        let instance = self.instances.number(batch.name(segment.instance));
        if let Some(seen) = self.seen.get_mut(place as usize) {
            (seen.service, seen.instance) = (service, instance);
        }
        place
    }

    fn named_segment(&mut self, id: &str) -> u32 {
        let place = self.segment_ids.number(id);
        if place as usize >= self.seen.len() {
            self.seen.push(Seen { service: 0, instance: 0, start: i64::MAX });
        }
        place
    }

    fn add_span(&mut self, known: &mut Known<'_>, segment: u32, span: &Span) {
        self.grow();
        let batch = known.batch;
        if let Some(seen) = self.seen.get_mut(segment as usize) {
            seen.start = seen.start.min(span.start);
        }
        let row = self.len() as u32;
        let mut flags = if span.is_error() { flag::ERROR } else { 0 };
        if span.events.len > 0 {
            flags |= flag::EVENTS;
            flags |= if known.is_exception(span) { flag::EXCEPTION } else { 0 };
        }
        let (parent, of_parent) = self.parent(batch, segment, row, span);
        flags |= of_parent | self.relate(batch, row, span);
        let operation = place(&mut known.operations, span.operation.0, || {
            self.operations.number(batch.name(span.operation))
        });
        let peer = match batch.is_blank(span.peer) {
            true => -1,
            false => {
                place(&mut known.peers, span.peer.0, || self.peers.number(batch.name(span.peer)))
                    as i32
            }
        };
        self.start.push(span.start);
        self.duration.push(span.duration);
        self.parent_segment.push(parent.0);
        self.parent_number.push(parent.1);
        self.segment.push(segment);
        self.number.push(span.number);
        self.operation.push(operation);
        self.peer.push(peer);
        let component = self.component(span.component);
        self.component.push(component);
        self.layer.push(span.layer as u8);
        self.kind.push(kind(span.kind));
        self.flags.push(flags);
        if let Some(tag) = &mut self.tag {
            tag.see(batch, span);
        }
        let id = batch.text(span.id);
        if !id.is_empty() {
            self.own_ids.push((row, self.ids.number(id)));
        }
    }

    /// Columns grow by an eighth, so that little is left over.
    fn grow(&mut self) {
        if self.start.len() < self.start.capacity() {
            return;
        }
        let more = STEP.max(self.start.len() / 8);
        self.start.reserve_exact(more);
        self.duration.reserve_exact(more);
        self.parent_segment.reserve_exact(more);
        self.parent_number.reserve_exact(more);
        self.segment.reserve_exact(more);
        self.number.reserve_exact(more);
        self.operation.reserve_exact(more);
        self.peer.reserve_exact(more);
        self.component.reserve_exact(more);
        self.layer.reserve_exact(more);
        self.kind.reserve_exact(more);
        self.flags.reserve_exact(more);
    }

    /// Segment and number of the parent, and what the flags say of it. The last cause is the
    /// parent, then what the parent id names, then the parent within the segment.
    fn parent(
        &mut self,
        batch: &SpanBatch,
        segment: u32,
        row: u32,
        span: &Span,
    ) -> ((u32, i32), u16) {
        if let Some(cause) = cause(batch, span) {
            let of_parent = match cause.kind {
                LinkKind::CrossThread => flag::CROSS_THREAD,
                LinkKind::CrossProcess | LinkKind::Follows => flag::CROSS_PROCESS,
            };
            let id = batch.text(cause.span_id);
            if id.is_empty() {
                let of = self.named_segment(batch.text(cause.segment_id));
                return ((of, cause.span_number), of_parent);
            }
            self.parent_ids.push((row, self.ids.number(id)));
            return ((NONE, -1), of_parent);
        }
        match batch.text(span.parent_id) {
            "" if span.parent < 0 => ((NONE, -1), 0),
            "" => ((segment, span.parent), 0),
            id => {
                self.parent_ids.push((row, self.ids.number(id)));
                ((NONE, -1), 0)
            }
        }
    }

    /// Notes what else a span is related to.
    fn relate(&mut self, batch: &SpanBatch, row: u32, span: &Span) -> u16 {
        let links = batch.links_of(span);
        let causes = links.iter().filter(|link| link.kind != LinkKind::Follows).count();
        let parent = cause(batch, span).map(std::ptr::from_ref::<Link>);
        let before = self.links.len();
        for link in links.iter().filter(|link| Some(std::ptr::from_ref(*link)) != parent) {
            let kind = match link.kind {
                LinkKind::Follows => TraceLinkKind::Follows,
                LinkKind::CrossThread => TraceLinkKind::Thread,
                LinkKind::CrossProcess if causes > 1 => TraceLinkKind::Batch,
                LinkKind::CrossProcess => TraceLinkKind::Process,
            };
            let trace_id = Some(batch.text(link.trace_id)).filter(|id| *id != self.trace_id);
            self.link_bytes += trace_id.map_or(0, str::len);
            let id = match batch.text(link.span_id) {
                "" => NONE,
                id => self.ids.number(id),
            };
            let segment = self.named_segment(batch.text(link.segment_id));
            let (number, trace_id) = (link.span_number, trace_id.map(str::to_owned));
            self.links.push(Related { row, kind, trace_id, segment, number, id });
        }
        if self.links.len() > before { flag::LINKS } else { 0 }
    }

    fn component(&mut self, number: i32) -> i16 {
        if let Some(place) = self.component_places.get(&number) {
            return *place;
        }
        let name = component::name(number);
        let known = self.components.iter().position(|known| *known == name);
        let place = match known {
            _ if name == "N/A" => -1,
            Some(place) => place as i16,
            None => {
                self.components.push(name);
                self.components.len() as i16 - 1
            }
        };
        // Numbers are the sender's, names are those of the catalogue.
        if self.component_places.len() < 4_096 {
            self.component_places.insert(number, place);
        }
        place
    }
}

/// The last link that is a cause.
fn cause<'a>(batch: &'a SpanBatch, span: &Span) -> Option<&'a Link> {
    batch.links_of(span).iter().rev().find(|link| link.kind != LinkKind::Follows)
}

fn place(known: &mut [u32], name: u32, find: impl FnOnce() -> u32) -> u32 {
    match known.get_mut(name as usize) {
        Some(place) if *place != NONE => *place,
        Some(place) => {
            *place = find();
            *place
        }
        None => find(),
    }
}

fn kind(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 0,
        SpanKind::Server => 1,
        SpanKind::Client => 2,
        SpanKind::Producer => 3,
        SpanKind::Consumer => 4,
    }
}
