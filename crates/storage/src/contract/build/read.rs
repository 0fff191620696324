//! From a batch back to words.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Event, Link, Rows, Segment, Span, Value};

use super::link::LinkSpec;
use super::segment::SegmentSpec;
use super::span::{EventSpec, SpanSpec};
use super::value::ValueSpec;

/// Every segment of a batch, in the words it could have been written in.
pub fn read(batch: &SpanBatch) -> Vec<SegmentSpec> {
    batch.segments.iter().map(|row| segment(batch, row)).collect()
}

fn segment(batch: &SpanBatch, row: &Segment) -> SegmentSpec {
    SegmentSpec {
        trace_id: batch.text(row.trace_id).to_owned(),
        segment_id: batch.text(row.segment_id).to_owned(),
        service: batch.name(row.service).to_owned(),
        instance: batch.name(row.instance).to_owned(),
        spans: batch.spans_of(row).iter().map(|row| span(batch, row)).collect(),
        resource: attributes(batch, row.resource),
        scope: batch.text(row.scope).to_owned(),
        is_size_limited: row.is_size_limited,
    }
}

fn span(batch: &SpanBatch, row: &Span) -> SpanSpec {
    SpanSpec {
        number: Some(row.number),
        parent: Some(row.parent),
        id: batch.text(row.id).to_owned(),
        parent_id: batch.text(row.parent_id).to_owned(),
        start: row.start,
        duration: row.duration,
        kind: row.kind,
        layer: row.layer,
        status: row.status,
        status_message: batch.text(row.status_message).to_owned(),
        skip_analysis: row.skip_analysis,
        component: row.component,
        flags: row.flags,
        trace_state: batch.text(row.trace_state).to_owned(),
        operation: batch.name(row.operation).to_owned(),
        peer: batch.name(row.peer).to_owned(),
        attributes: attributes(batch, row.attributes),
        links: batch.links_of(row).iter().map(|row| link(batch, row)).collect(),
        events: batch.events_of(row).iter().map(|row| event(batch, row)).collect(),
    }
}

fn link(batch: &SpanBatch, row: &Link) -> LinkSpec {
    let parent = [row.parent_service, row.parent_instance, row.parent_endpoint];
    LinkSpec {
        kind: row.kind,
        trace_id: batch.text(row.trace_id).to_owned(),
        segment_id: batch.text(row.segment_id).to_owned(),
        span_number: row.span_number,
        span_id: batch.text(row.span_id).to_owned(),
        parent: parent.map(|name| batch.name(name).to_owned()),
        address: batch.name(row.peer_address).to_owned(),
        attributes: attributes(batch, row.attributes),
    }
}

fn event(batch: &SpanBatch, row: &Event) -> EventSpec {
    EventSpec {
        time: row.time,
        name: batch.text(row.name).to_owned(),
        attributes: attributes(batch, row.attributes),
    }
}

fn attributes(batch: &SpanBatch, rows: Rows) -> Vec<(String, ValueSpec)> {
    let value = |value: Value| match value {
        Value::Text(text) => ValueSpec::Text(batch.text(text).to_owned()),
        Value::Bool(value) => ValueSpec::Bool(value),
        Value::Int(value) => ValueSpec::Int(value.get()),
        Value::Float(value) => ValueSpec::Float(value.get()),
        Value::Bytes(text) => ValueSpec::Bytes(batch.bytes_at(text).to_vec()),
        Value::Json(text) => ValueSpec::Json(batch.text(text).to_owned()),
    };
    let rows = batch.attributes_of(rows).iter();
    rows.map(|row| (batch.name(row.key).to_owned(), value(row.value))).collect()
}

#[cfg(test)]
mod tests {
    use skytrail_model::span::{LinkKind, SpanLayer, Status};

    use super::read;
    use crate::contract::build::{ValueSpec, batch, entry, exit, link, local, segment};

    #[test]
    fn what_is_read_is_what_was_written() {
        let written = [
            segment("t1", "s1")
                .of("shop", "shop-1")
                .resource("host", "a")
                .scope("lib")
                .size_limited()
                .with([
                    entry("GET:/")
                        .at(10)
                        .lasting(90)
                        .status(Status::Error, "late")
                        .linked(
                            link("t0", "s0", 3).parent("ui", "ui-1", "/home").address("shop:80"),
                        )
                        .event(20, "", &[("event", "error")])
                        .tag("retries", 3),
                    exit("select").layer(SpanLayer::Database).peer("db:3306").component(33),
                ]),
            segment("t1", "s2").with([local("work")
                .ids("b7", "a1")
                .w3c(1, "vendor=1")
                .skipped()
                .tag("blob", ValueSpec::Bytes(vec![0, 255]))
                .tag("list", ValueSpec::Json("[1]".to_owned()))
                .tag("ratio", 0.5)
                .tag("is_hit", true)
                .linked(link("t9", "", -1).kind(LinkKind::Follows).span_id("c3"))]),
        ];
        assert_eq!(read(&batch(written.clone())), written);
    }
}
