//! One span with everything that is known of it.

use skytrail_model::batch::SpanBatch;
use skytrail_model::component;
use skytrail_model::entity::{Entity, EntityId};
use skytrail_model::id;
use skytrail_model::span::{LinkKind, Segment, Span as StoredSpan, SpanKind};
use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::{EntitySelection, SegmentEntry, SpanAppend};

use super::span::pairs;
use crate::context::Ctx;
use crate::entity::KeyValue;
use crate::error::{Error, ErrorKind, Result};
use crate::measures::{ENDPOINT, Measured};
use crate::query::Query;
use crate::rows::RowRead;

/// Minutes before a span that tell what is usual for its endpoint.
const USUAL_MINUTES: i64 = 60;

/// An entity by id and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// How long calls of an endpoint usually take.
#[derive(Debug, Clone, PartialEq)]
pub struct Usual {
    /// Median, milliseconds.
    pub p50: f64,
    /// 99th percentile, milliseconds.
    pub p99: f64,
    /// Calls that tell so.
    pub samples: i64,
}

/// A span that is related.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanLink {
    /// `process`, `thread` or `follows`.
    pub kind: &'static str,
    /// Its trace.
    pub trace_id: String,
    /// Its segment.
    pub segment_id: String,
    /// Its number within the segment; -1 where only its opaque id is known.
    pub span: i32,
    /// Its service, where that was carried along.
    pub service: Option<String>,
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanEvent {
    /// Milliseconds since the Unix epoch.
    pub at: f64,
    /// What is known about it.
    pub fields: Vec<KeyValue>,
}

/// One span.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpanDetail {
    /// Trace.
    pub trace_id: String,
    /// Segment.
    pub segment_id: String,
    /// Number within the segment.
    pub number: i32,
    /// Its service.
    pub service: Named,
    /// Its instance.
    pub instance: Named,
    /// The endpoint that it entered by; none for spans inside and at the exit.
    pub endpoint: Option<Named>,
    /// Operation as it was sent.
    pub operation: String,
    /// `local`, `entry`, `exit`, `producer` or `consumer`.
    pub kind: &'static str,
    /// `Unknown`, `Database`, `Http`…
    pub layer: &'static str,
    /// Name of the component; empty where it is not known.
    pub component: &'static str,
    /// Remote address; empty without one.
    pub peer: String,
    /// Milliseconds since the Unix epoch.
    pub start: f64,
    /// Milliseconds.
    pub duration: f64,
    /// Whether it failed.
    pub error: bool,
    /// Tags.
    pub tags: Vec<KeyValue>,
    /// Logs.
    pub events: Vec<SpanEvent>,
    /// Causes, and what else it is related to.
    pub links: Vec<SpanLink>,
    /// How long its endpoint took in the hour before; none where nothing tells.
    pub usual: Option<Usual>,
}

/// A span that was found, and the entities of its segment.
struct Found {
    detail: SpanDetail,
    entities: [EntityId; 3],
    /// Whether the endpoint of the segment is that of the span.
    is_named_by: bool,
    minute: Minute,
}

impl Query {
    /// One span of a trace, by segment and number.
    ///
    /// # Errors
    /// `NotFound` where it is not kept.
    pub async fn span_detail(
        &self,
        ctx: &Ctx,
        (trace_id, segment_id, number): (&str, &str, i32),
    ) -> Result<SpanDetail> {
        let mut found = None;
        let mut charged = Ok(());
        let mut working = ctx.working();
        let mut take = |window: SpanAppend| {
            charged = ctx.charge(window.batch.spans.len());
            let is_it = |entry: &&SegmentEntry| {
                let segment = window.batch.segments.get(entry.segment as usize);
                segment.is_some_and(|segment| window.batch.text(segment.segment_id) == segment_id)
            };
            let segments = window.entries.iter().filter(is_it);
            found = segments.filter_map(|entry| find(&window.batch, entry, number)).next();
            if let Some(found) = &found {
                charged = charged.clone().and_then(|()| working.set(memory(&found.detail)));
            }
            found.is_none() && charged.is_ok()
        };
        let completeness = self.storage.spans().trace(trace_id, &mut take).await?;
        charged?;
        let Some(found) = found else {
            ctx.note(completeness);
            let message = format!("span {number} of segment '{segment_id}' is not stored");
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        working.keep();
        self.named(ctx, found).await
    }

    /// With ids and names after normalising, and what is usual.
    async fn named(&self, ctx: &Ctx, found: Found) -> Result<SpanDetail> {
        let Found { mut detail, entities, is_named_by, minute } = found;
        ctx.charge(entities.len())?;
        let records = self.storage.entities().get(&entities).await?;
        for record in records {
            let id = id::entity_id(&record.entity);
            match record.entity {
                Entity::Service(service) => detail.service = Named { id, name: service.name },
                Entity::Instance(child) => detail.instance = Named { id, name: child.name },
                Entity::Endpoint(child) if is_named_by => {
                    detail.endpoint = Some(Named { id, name: child.name });
                }
                _ => {}
            }
        }
        if is_named_by {
            let [_, _, endpoint] = entities;
            detail.usual = self.usual(ctx, endpoint, minute).await?;
        }
        Ok(detail)
    }

    async fn usual(&self, ctx: &Ctx, endpoint: EntityId, until: Minute) -> Result<Option<Usual>> {
        let Some(measures) = self.measures(&ENDPOINT) else { return Ok(None) };
        let read = RowRead {
            table: measures.table,
            entities: EntitySelection::these(vec![endpoint]),
            downsampling: Downsampling::Minute,
            from: until.plus(-USUAL_MINUTES),
            to: until,
            columns: measures.columns(),
        };
        let mut measured = Measured::default();
        self.scan_rows(ctx, &read, &mut |_, _, row| {
            measured.add(&measures, row);
            Ok(())
        })
        .await?;
        let usual = measured.percentile(50).zip(measured.percentile(99));
        Ok(usual.map(|(p50, p99)| Usual { p50, p99, samples: measured.calls }))
    }
}

fn find(batch: &SpanBatch, entry: &SegmentEntry, number: i32) -> Option<Found> {
    let segment = batch.segments.get(entry.segment as usize)?;
    let (row, span) = (segment.spans.start..)
        .zip(batch.spans_of(segment))
        .find(|(_, span)| span.number == number)?;
    Some(Found {
        detail: detail(batch, segment, span),
        entities: [entry.service, entry.instance, entry.endpoint],
        is_named_by: row == entry.endpoint_span && span.kind.is_entry(),
        minute: Minute::of_nanos(span.start),
    })
}

fn detail(batch: &SpanBatch, segment: &Segment, span: &StoredSpan) -> SpanDetail {
    let as_sent = |name| Named { id: String::new(), name: batch.name(name).to_owned() };
    SpanDetail {
        trace_id: batch.text(segment.trace_id).to_owned(),
        segment_id: batch.text(segment.segment_id).to_owned(),
        number: span.number,
        service: as_sent(segment.service),
        instance: as_sent(segment.instance),
        endpoint: None,
        operation: batch.name(span.operation).to_owned(),
        kind: kind(span.kind),
        layer: span.layer.name(),
        component: Some(component::name(span.component))
            .filter(|name| *name != "N/A")
            .unwrap_or(""),
        peer: batch.name(span.peer).to_owned(),
        start: millis(span.start),
        duration: span.duration as f64 / 1e6,
        error: span.is_error(),
        tags: pairs(batch, span.attributes),
        events: events(batch, span),
        links: links(batch, span),
        usual: None,
    }
}

/// Milliseconds with their fraction; microseconds are as fine as 64 bits tell today.
fn millis(nanos: i64) -> f64 {
    nanos.div_euclid(1_000) as f64 / 1e3
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Internal => "local",
        SpanKind::Server => "entry",
        SpanKind::Client => "exit",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

fn events(batch: &SpanBatch, span: &StoredSpan) -> Vec<SpanEvent> {
    let event = |event: &skytrail_model::span::Event| {
        let mut fields = pairs(batch, event.attributes);
        let name = batch.text(event.name);
        if !name.is_empty() {
            fields.insert(0, KeyValue::new("event", name));
        }
        SpanEvent { at: millis(event.time), fields }
    };
    batch.events_of(span).iter().map(event).collect()
}

fn links(batch: &SpanBatch, span: &StoredSpan) -> Vec<SpanLink> {
    let link = |link: &skytrail_model::span::Link| SpanLink {
        kind: match link.kind {
            LinkKind::CrossProcess => "process",
            LinkKind::CrossThread => "thread",
            LinkKind::Follows => "follows",
        },
        trace_id: batch.text(link.trace_id).to_owned(),
        segment_id: batch.text(link.segment_id).to_owned(),
        span: link.span_number,
        service: Some(batch.name(link.parent_service).to_owned()).filter(|name| !name.is_empty()),
    };
    batch.links_of(span).iter().map(link).collect()
}

/// Memory of a span, in bytes.
fn memory(detail: &SpanDetail) -> usize {
    let pair = |pair: &KeyValue| size_of::<KeyValue>() + pair.key.len() + pair.value.len();
    let pairs = |pairs: &[KeyValue]| pairs.iter().map(pair).sum::<usize>();
    let link = |link: &SpanLink| {
        size_of::<SpanLink>()
            + link.trace_id.len()
            + link.segment_id.len()
            + link.service.as_ref().map_or(0, String::len)
    };
    size_of::<SpanDetail>()
        + detail.operation.len()
        + pairs(&detail.tags)
        + detail
            .events
            .iter()
            .map(|event| size_of::<SpanEvent>() + pairs(&event.fields))
            .sum::<usize>()
        + detail.links.iter().map(link).sum::<usize>()
}
