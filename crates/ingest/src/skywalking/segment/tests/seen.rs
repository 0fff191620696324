//! The content of a segment, from what prost read and from what a batch holds.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{self, LinkKind, Rows, SpanKind, SpanLayer, Status, Value};

use super::wire_messages as wire;

type Pairs = Vec<(String, String)>;

#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    ids: [String; 2],
    names: [String; 2],
    is_size_limited: bool,
    spans: Vec<SeenSpan>,
}

#[derive(Debug, PartialEq)]
struct SeenSpan {
    numbers: (i32, i32, i32),
    start: i64,
    duration: i64,
    kind: SpanKind,
    layer: SpanLayer,
    is_error: bool,
    skip_analysis: bool,
    names: [String; 2],
    tags: Pairs,
    links: Vec<(LinkKind, i32, [String; 6])>,
    events: Vec<(i64, Pairs)>,
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn nanos(millis: i64) -> i64 {
    i64::try_from(i128::from(millis) * 1_000_000).unwrap_or(if millis < 0 {
        i64::MIN
    } else {
        i64::MAX
    })
}

fn wire_pairs(pairs: &[wire::Pair]) -> Pairs {
    pairs.iter().map(|pair| (lossy(&pair.key), lossy(&pair.value))).collect()
}

pub(super) fn of_message(segment: &wire::Segment) -> Seen {
    Seen {
        ids: [lossy(&segment.trace), lossy(&segment.id)],
        names: [lossy(&segment.service), lossy(&segment.instance)],
        is_size_limited: segment.is_size_limited,
        spans: segment.spans.iter().map(of_wire_span).collect(),
    }
}

fn of_wire_span(span: &wire::Span) -> SeenSpan {
    let layer = SpanLayer::from_number(i64::from(span.layer));
    let is_mq = span.layer == 4;
    let kind = match span.kind {
        0 => [SpanKind::Server, SpanKind::Consumer][usize::from(is_mq)],
        1 => [SpanKind::Client, SpanKind::Producer][usize::from(is_mq)],
        _ => SpanKind::Internal,
    };
    let start = nanos(span.start);
    let links = span.refs.iter().map(|reference| {
        let kind = if reference.kind == 0 { LinkKind::CrossProcess } else { LinkKind::CrossThread };
        let texts = [
            &reference.trace,
            &reference.segment,
            &reference.service,
            &reference.instance,
            &reference.endpoint,
            &reference.address,
        ];
        (kind, reference.number, texts.map(|text| lossy(text)))
    });
    SeenSpan {
        numbers: (span.number, span.parent, span.component),
        start,
        duration: if span.end < span.start { 0 } else { nanos(span.end).saturating_sub(start) },
        kind,
        layer,
        is_error: span.is_error,
        skip_analysis: span.skip_analysis,
        names: [lossy(&span.operation), lossy(&span.peer)],
        tags: wire_pairs(&span.tags),
        links: links.collect(),
        events: span.logs.iter().map(|log| (nanos(log.time), wire_pairs(&log.data))).collect(),
    }
}

fn batch_pairs(batch: &SpanBatch, rows: Rows) -> Pairs {
    let pair = |row: &span::Attribute| {
        let Value::Text(value) = row.value else { panic!("not a text: {:?}", row.value) };
        (batch.name(row.key).to_owned(), batch.text(value).to_owned())
    };
    batch.attributes_of(rows).iter().map(pair).collect()
}

pub(super) fn of_batch(batch: &SpanBatch, row: usize) -> Seen {
    let segment = &batch.segments[row];
    let spans = batch.spans_of(segment);
    assert!(spans.iter().all(|span| span.segment as usize == row));
    let text = |text| batch.text(text).to_owned();
    let name = |name| batch.name(name).to_owned();
    Seen {
        ids: [text(segment.trace_id), text(segment.segment_id)],
        names: [name(segment.service), name(segment.instance)],
        is_size_limited: segment.is_size_limited,
        spans: spans.iter().map(|span| of_batch_span(batch, span)).collect(),
    }
}

fn of_batch_span(batch: &SpanBatch, span: &span::Span) -> SeenSpan {
    let text = |text| batch.text(text).to_owned();
    let name = |name| batch.name(name).to_owned();
    let links = batch.links_of(span).iter().map(|link| {
        let texts = [
            text(link.trace_id),
            text(link.segment_id),
            name(link.parent_service),
            name(link.parent_instance),
            name(link.parent_endpoint),
            name(link.peer_address),
        ];
        (link.kind, link.span_number, texts)
    });
    let events = batch.events_of(span).iter();
    SeenSpan {
        numbers: (span.number, span.parent, span.component),
        start: span.start,
        duration: span.duration,
        kind: span.kind,
        layer: span.layer,
        is_error: span.status == Status::Error,
        skip_analysis: span.skip_analysis,
        names: [name(span.operation), name(span.peer)],
        tags: batch_pairs(batch, span.attributes),
        links: links.collect(),
        events: events.map(|event| (event.time, batch_pairs(batch, event.attributes))).collect(),
    }
}

/// What holds of every batch, whoever filled it.
pub(crate) fn check_invariants(batch: &SpanBatch) {
    let mut names = std::collections::HashSet::new();
    let mut symbols = std::collections::HashSet::new();
    for name in &batch.names {
        let text = std::str::from_utf8(batch.bytes_at(name.text)).unwrap();
        assert_eq!(text.len(), name.text.len as usize);
        assert!(names.insert(text), "the name {text:?} stands twice");
        assert!(symbols.insert(name.symbol), "a symbol stands twice");
    }
    assert!(batch.is_blank(skytrail_model::batch::NO_NAME));
    for (row, segment) in batch.segments.iter().enumerate() {
        assert!(batch.spans[segment.spans.range()].iter().all(|span| span.segment == row as u32));
        assert_eq!(batch.bytes_at(segment.raw).len(), segment.raw.len as usize);
    }
    for row in &batch.attributes {
        let Value::Text(text) = row.value else { continue };
        assert!(std::str::from_utf8(batch.bytes_at(text)).is_ok());
    }
}
