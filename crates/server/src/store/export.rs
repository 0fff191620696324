//! Spans as JSON, a segment a line.

use serde_json::{Map, Value, json};
use skytrail_engine::store::view::View;
use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Link, Rows, Segment, Span, Value as Attribute};
use skytrail_storage::SpanAppend;

use crate::show;

/// It is said how far it is once for so many spans.
const TOLD_SPANS: usize = 10_000;

/// Prints all segments.
pub(super) fn jsonl(view: &View) -> anyhow::Result<()> {
    let mut printing = Printing::of("export");
    view.spans(&mut |rows| {
        printing.print(&rows);
        true
    })?;
    Ok(())
}

/// Prints segments, and says how many spans that were.
pub(super) struct Printing {
    what: &'static str,
    spans: usize,
}

impl Printing {
    /// For a command.
    pub(super) fn of(what: &'static str) -> Self {
        Self { what, spans: 0 }
    }

    /// Prints segments, one a line.
    pub(super) fn print(&mut self, rows: &SpanAppend) {
        for entry in &rows.entries {
            if let Some(one) = rows.batch.segments.get(entry.segment as usize) {
                show::line(&segment(&rows.batch, one).to_string());
            }
        }
        let before = self.spans / TOLD_SPANS;
        self.spans += rows.batch.spans.len();
        if self.spans / TOLD_SPANS > before {
            show::progress_beside(&format!("{}: {} spans", self.what, self.spans));
        }
    }
}

fn segment(batch: &SpanBatch, segment: &Segment) -> Value {
    let spans: Vec<Value> = batch.spans_of(segment).iter().map(|one| span(batch, one)).collect();
    json!({
        "traceId": batch.text(segment.trace_id),
        "segmentId": batch.text(segment.segment_id),
        "service": batch.name(segment.service),
        "instance": batch.name(segment.instance),
        "scope": batch.text(segment.scope),
        "resource": attributes(batch, segment.resource),
        "spans": spans,
    })
}

/// Times are nanoseconds, those of starts since the Unix epoch.
fn span(batch: &SpanBatch, span: &Span) -> Value {
    let links: Vec<Value> = batch.links_of(span).iter().map(|one| link(batch, one)).collect();
    let events = batch.events_of(span).iter().map(|event| {
        let attributes = attributes(batch, event.attributes);
        json!({ "time": event.time, "name": batch.text(event.name), "attributes": attributes })
    });
    let events: Vec<Value> = events.collect();
    json!({
        "number": span.number,
        "parent": span.parent,
        "spanId": batch.text(span.id),
        "parentSpanId": batch.text(span.parent_id),
        "operation": batch.name(span.operation),
        "kind": span.kind.skywalking_name(),
        "layer": span.layer.name(),
        "component": span.component,
        "peer": batch.name(span.peer),
        "start": span.start,
        "duration": span.duration,
        "isError": span.is_error(),
        "statusMessage": batch.text(span.status_message),
        "attributes": attributes(batch, span.attributes),
        "links": links,
        "events": events,
    })
}

fn link(batch: &SpanBatch, link: &Link) -> Value {
    json!({
        "traceId": batch.text(link.trace_id),
        "segmentId": batch.text(link.segment_id),
        "spanNumber": link.span_number,
        "spanId": batch.text(link.span_id),
        "service": batch.name(link.parent_service),
        "instance": batch.name(link.parent_instance),
        "endpoint": batch.name(link.parent_endpoint),
        "address": batch.name(link.peer_address),
    })
}

/// A key that comes twice has the last value.
fn attributes(batch: &SpanBatch, rows: Rows) -> Map<String, Value> {
    let rows = batch.attributes_of(rows).iter();
    rows.map(|row| (batch.name(row.key).to_owned(), value(batch, row.value))).collect()
}

fn value(batch: &SpanBatch, value: Attribute) -> Value {
    match value {
        Attribute::Bool(value) => json!(value),
        Attribute::Int(value) => json!(value.get()),
        Attribute::Float(value) => json!(value.get()),
        Attribute::Json(text) => serde_json::from_str(batch.text(text)).unwrap_or_default(),
        Attribute::Text(_) | Attribute::Bytes(_) => json!(batch.show(value)),
    }
}
