//! What the reader does beyond prost: limits, repairs, times, recorded agents.

use prost::Message;
use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{SpanKind, Status};
use skytrail_proto::v3;

use super::seen::{check_invariants, of_batch, of_message};
use super::wire_messages::Segment;
use crate::decode::{Decoded, Decoder, Limits, Notes, Refusal};
use crate::symbols::SymbolLimits;

const SYMBOLS: SymbolLimits = SymbolLimits { entries: 1000, bytes: 1 << 20 };

fn decode(limits: Limits, message: &[u8]) -> Result<(Decoded, SpanBatch), Refusal> {
    let mut decoder = Decoder::new(0, limits, SYMBOLS);
    let mut batch = SpanBatch::default();
    decoder.begin(&mut batch);
    let decoded = decoder.segment(message, &mut batch)?;
    check_invariants(&batch);
    Ok((decoded, batch))
}

fn pair(key: &str, value: &str) -> v3::KeyStringValuePair {
    v3::KeyStringValuePair { key: key.into(), value: value.into() }
}

fn segment(spans: Vec<v3::SpanObject>) -> v3::SegmentObject {
    v3::SegmentObject {
        trace_id: "t".into(),
        trace_segment_id: "s".into(),
        spans,
        ..Default::default()
    }
}

fn one(span: v3::SpanObject) -> Vec<u8> {
    segment(vec![span]).encode_to_vec()
}

#[test]
fn segments_of_real_agents_decode_to_what_prost_reads() {
    let folder = "../../cases/segments";
    let mut decoder = Decoder::new(0, Limits::NONE, SYMBOLS);
    let mut batch = SpanBatch::default();
    decoder.begin(&mut batch);
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let is_segment = name.rsplit('-').next().unwrap().parse::<u32>().is_ok();
        if !is_segment {
            continue;
        }
        let message = std::fs::read(&path).unwrap();
        let theirs = Segment::decode(message.as_slice()).unwrap();
        let decoded = decoder.segment(&message, &mut batch).unwrap();
        assert!(decoded.notes.is_clean(), "{name}: {:?}", decoded.notes);
        assert_eq!(of_batch(&batch, count), of_message(&theirs), "{name}");
        count += 1;
    }
    assert!(count >= 15, "{count}");
    check_invariants(&batch);
}

#[test]
fn texts_that_are_not_utf8_are_repaired_and_counted() {
    let message =
        b"\x0a\x02t\xff\x1a\x0e\x32\x02\xc3\x28\x62\x08\x0a\x02k\xff\x12\x02v\xff\x22\x02\xc3\x28";
    let (decoded, batch) = decode(Limits::NONE, message).unwrap();
    assert_eq!(decoded.notes, Notes { repaired: 5, ..Notes::default() });
    let segment = &batch.segments[0];
    let span = &batch.spans[0];
    assert_eq!(batch.text(segment.trace_id), "t\u{fffd}");
    // The service is the same repaired name as the operation.
    assert_eq!((batch.name(span.operation), segment.service), ("\u{fffd}(", span.operation));
    assert_eq!(batch.text_attribute(span, "k\u{fffd}"), Some("v\u{fffd}"));
}

#[test]
fn times_become_nanoseconds_and_absurd_ones_saturate() {
    let millis = 1_700_000_000_123_i64;
    for (start, end, expected) in [
        (millis, millis + 7, (millis * 1_000_000, 7_000_000, 0)),
        (millis, millis - 1, (millis * 1_000_000, 0, 1)),
        (millis, 0, (millis * 1_000_000, 0, 1)),
        (i64::MAX, i64::MAX, (i64::MAX, 0, 0)),
        (0, i64::MAX, (0, i64::MAX, 0)),
        (i64::MIN, i64::MAX, (i64::MIN, i64::MAX, 0)),
        (-5, -3, (-5_000_000, 2_000_000, 0)),
    ] {
        let span = v3::SpanObject { start_time: start, end_time: end, ..Default::default() };
        let (decoded, batch) = decode(Limits::NONE, &one(span)).unwrap();
        let span = &batch.spans[0];
        assert_eq!((span.start, span.duration, decoded.notes.negative_durations), expected);
    }
}

#[test]
fn kinds_follow_type_and_layer() {
    for (kind, layer, expected) in [
        (0, 3, SpanKind::Server),
        (0, 4, SpanKind::Consumer),
        (1, 1, SpanKind::Client),
        (1, 4, SpanKind::Producer),
        (2, 4, SpanKind::Internal),
        (9, 0, SpanKind::Internal),
        (0, 99, SpanKind::Server),
    ] {
        let span = v3::SpanObject {
            span_type: kind,
            span_layer: layer,
            is_error: true,
            parent_span_id: -1,
            ..Default::default()
        };
        let (_, batch) = decode(Limits::NONE, &one(span)).unwrap();
        let span = &batch.spans[0];
        assert_eq!((span.kind, span.status, span.parent), (expected, Status::Error, -1));
    }
}

#[test]
fn what_is_too_long_is_cut_on_a_character_and_what_is_too_much_left_out() {
    let limits = Limits {
        attributes: 2,
        events: 1,
        links: 1,
        key_bytes: 4,
        value_bytes: 5,
        long_value_bytes: 12,
        name_bytes: 5,
        ..Limits::NONE
    };
    let span = v3::SpanObject {
        operation_name: "/ordérs".into(),
        refs: vec![v3::SegmentReference::default(), v3::SegmentReference::default()],
        tags: vec![pair("keyé", "valué"), pair("url", "short"), pair("more", "x")],
        logs: vec![
            v3::Log { time: 1, data: vec![pair("a", "exactly 12 b"), pair("b", "more than 12 b")] },
            v3::Log { time: 2, data: vec![pair("a", "left out")] },
        ],
        ..Default::default()
    };
    let (decoded, batch) = decode(limits, &one(span)).unwrap();
    let span = &batch.spans[0];
    assert_eq!(batch.name(span.operation), "/ord");
    assert_eq!(batch.text_attribute(span, "key"), Some("valu"));
    assert_eq!(batch.text_attribute(span, "url"), Some("short"));
    assert_eq!(batch.attributes_of(span.attributes).len(), 2);
    assert_eq!((batch.events_of(span).len(), batch.links_of(span).len()), (1, 1));
    let data = batch.attributes_of(batch.events_of(span)[0].attributes);
    assert_eq!(
        data.iter().map(|row| batch.show(row.value)).collect::<Vec<_>>(),
        ["exactly 12 b", "more than 12"]
    );
    let expected = Notes {
        cut_names: 1,
        cut_keys: 1,
        cut_values: 2,
        left_out_attributes: 2,
        left_out_events: 1,
        left_out_links: 1,
        ..Notes::default()
    };
    assert_eq!(Notes { negative_durations: 0, ..decoded.notes }, expected);
}

#[test]
fn a_statement_may_be_longer_than_other_values() {
    let limits = Limits { key_bytes: 99, value_bytes: 5, long_value_bytes: 9, ..Limits::NONE };
    let tags = vec![pair("db.statement", "select 1"), pair("other", "select 1")];
    let (_, batch) = decode(limits, &one(v3::SpanObject { tags, ..Default::default() })).unwrap();
    assert_eq!(batch.text_attribute(&batch.spans[0], "db.statement"), Some("select 1"));
    assert_eq!(batch.text_attribute(&batch.spans[0], "other"), Some("selec"));
}

#[test]
fn what_cannot_be_cut_is_refused_and_says_by_which_limit() {
    let spans = |count| segment(vec![v3::SpanObject::default(); count]).encode_to_vec();
    let limits = Limits { spans: 3, rows: 4, id_bytes: 8, message_bytes: 400, ..Limits::NONE };
    assert!(decode(limits, &spans(3)).is_ok());
    for (message, text) in [
        (spans(4), "spans 4 exceeds ingest.segment.max_spans (3)"),
        (
            one(v3::SpanObject { tags: vec![pair("", ""); 5], ..Default::default() }),
            "rows 5 exceeds ingest.segment.max_rows (4)",
        ),
        (
            v3::SegmentObject { trace_id: "123456789".into(), ..Default::default() }
                .encode_to_vec(),
            "id_bytes 9 exceeds ingest.segment.max_id_length (8)",
        ),
        (vec![0; 401], "message_bytes 401 exceeds ingest.segment.max_size (400)"),
        (vec![0x0a, 9], "not a protobuf message: a length reaches beyond the message"),
    ] {
        assert_eq!(decode(limits, &message).unwrap_err().to_string(), text);
    }
}

#[test]
fn names_of_a_refused_message_do_not_linger() {
    let mut decoder = Decoder::new(0, Limits { spans: 1, ..Limits::NONE }, SYMBOLS);
    let mut batch = SpanBatch::default();
    decoder.begin(&mut batch);
    let span = |name: &str| v3::SpanObject { operation_name: name.into(), ..Default::default() };
    let refused = segment(vec![span("a"), span("b")]).encode_to_vec();
    decoder.segment(&refused, &mut batch).unwrap_err();
    assert_eq!((batch.names.len(), batch.spans.len()), (1, 0));
    decoder.segment(&one(span("b")), &mut batch).unwrap();
    assert_eq!(batch.name(batch.spans[0].operation), "b");
    check_invariants(&batch);
    let mut next = SpanBatch::default();
    decoder.begin(&mut next);
    decoder.segment(&one(span("b")), &mut next).unwrap();
    assert_eq!(next.names[1].symbol, batch.names[1].symbol);
}

#[test]
fn limits_read_back_from_the_journal() {
    let limits = Limits { spans: 7, name_bytes: 9, ..Limits::NONE };
    assert_eq!(Limits::from_bytes(&limits.to_bytes()), Some(limits));
    assert_eq!(Limits::from_bytes(&limits.to_bytes()[1..]), None);
}

/// Tags whose keys follow one another as before are read in a way of their own,
/// which ends where the limits would be asked for.
#[test]
fn as_many_tags_as_allowed_are_kept_however_often_they_came_before() {
    let keys: Vec<String> = (0..30).map(|number| format!("{number}")).collect();
    let value = |at: usize| ["v", "", "\u{e9}", "a value of some length"][at % 4];
    let tags: Vec<_> = keys.iter().enumerate().map(|(at, key)| pair(key, value(at))).collect();
    let spans = vec![v3::SpanObject { tags, ..Default::default() }; 3];
    let message = segment(spans).encode_to_vec();
    for attributes in 0..32 {
        let limits = Limits { attributes, ..Limits::NONE };
        let (decoded, batch) = decode(limits, &message).unwrap();
        let kept = keys.len().min(attributes as usize);
        let left_out = 3 * (keys.len() - kept) as u32;
        assert_eq!(decoded.notes, Notes { left_out_attributes: left_out, ..Notes::default() });
        for span in &batch.spans {
            let rows = batch.attributes_of(span.attributes);
            assert_eq!(rows.len(), kept);
            for (at, row) in rows.iter().enumerate() {
                let seen = (batch.name(row.key), batch.show(row.value));
                assert_eq!(seen, (keys[at].as_str(), value(at).to_owned()));
            }
        }
    }
}
