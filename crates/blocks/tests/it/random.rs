//! Random segments, with what makes formats go wrong: ids that are nearly of a known kind, numbers at the ends of their
//! ranges, links inside and outside, everything empty.

use std::sync::Arc;

use proptest::prelude::*;
use skytrail_blocks::{Limits, PartWriter, Row, Sealed};
use skytrail_model::span::{LinkKind, SpanKind, SpanLayer, Status};
use skytrail_storage::SpanAppend;
use skytrail_storage::contract::build::{
    EventSpec, LinkSpec, SegmentSpec, SpanSpec, ValueSpec, append, entry, segment,
};

const PROCESS: &str = "0123456789abcdef0123456789abcdef";

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => (0_i64..2_000).prop_map(|n| 1_773_100_800_000_000_000 + n * 1_000_000),
        2 => any::<i32>().prop_map(i64::from),
        1 => prop::sample::select(vec![i64::MIN, i64::MAX, 0, -1]),
    ]
}

fn java_id() -> impl Strategy<Value = String> {
    (0..3_u8, 0..3_u32, 0..40_u64).prop_map(|(process, thread, number)| {
        format!("{}{process}.{thread}.{}", &PROCESS[1..], 17_731_008_000_000_000 + number * 5_003)
    })
}

pub(crate) fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => java_id(),
        2 => (0..20_u64).prop_map(|n| format!("{n:016x}")),
        1 => (0..20_u64).prop_map(|n| format!("{n:032x}")),
        1 => (0..9_u64).prop_map(|n| format!("{n:032X}")),
        1 => Just(String::new()),
        1 => "[a-c.é]{1,3}",
        1 => Just(format!("{PROCESS}.007.12")),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[ab]{0,2}", 1 => Just("GET:/Ünï".to_owned())]
}

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[xyz]{0,3}",
        2 => any::<i16>().prop_map(|n| n.to_string()),
        1 => "-?0[0-9]{0,2}",
        1 => any::<u64>().prop_map(|n| n.to_string()),
        1 => "\\PC{0,20}",
        1 => (1_000..3_000_usize).prop_map(|n| "long".repeat(n)),
    ]
}

fn value() -> impl Strategy<Value = ValueSpec> {
    prop_oneof![
        6 => text().prop_map(ValueSpec::Text),
        1 => any::<bool>().prop_map(ValueSpec::Bool),
        1 => any::<i64>().prop_map(ValueSpec::Int),
        1 => (-3_i64..3).prop_map(ValueSpec::Int),
        1 => any::<f64>().prop_filter("equal to itself", |n| !n.is_nan()).prop_map(ValueSpec::Float),
        1 => prop::collection::vec(any::<u8>(), 0..5).prop_map(ValueSpec::Bytes),
        1 => "\\[[0-9]{0,2}\\]".prop_map(ValueSpec::Json),
    ]
}

pub(crate) fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "db.statement", ""]).prop_map(str::to_owned)
}

fn attributes(most: usize) -> impl Strategy<Value = Vec<(String, ValueSpec)>> {
    prop::collection::vec((key(), value()), 0..=most)
}

fn link() -> impl Strategy<Value = LinkSpec> {
    let kind = prop::sample::select(vec![
        LinkKind::CrossProcess,
        LinkKind::CrossThread,
        LinkKind::Follows,
    ]);
    let ids = (kind, id(), id(), -1..4_i32, id());
    (ids, [name(), name(), name()], name(), attributes(1)).prop_map(
        |((kind, trace_id, segment_id, span_number, span_id), parent, address, attributes)| {
            LinkSpec {
                kind,
                trace_id,
                segment_id,
                span_number,
                span_id,
                parent,
                address,
                attributes,
            }
        },
    )
}

fn event() -> impl Strategy<Value = EventSpec> {
    (time(), name(), attributes(2)).prop_map(|(time, name, attributes)| EventSpec {
        time,
        name,
        attributes,
    })
}

fn span() -> impl Strategy<Value = SpanSpec> {
    let kinds = vec![
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];
    let numbers = prop_oneof![
        6 => Just((None, None)),
        1 => (any::<i32>(), any::<i32>()).prop_map(|(number, parent)| (Some(number), Some(parent))),
    ];
    let what = (prop::sample::select(kinds), 0..8_i64, any::<bool>(), any::<i32>(), name(), name());
    let ids = prop_oneof![3 => Just((String::new(), String::new())), 1 => (id(), id())];
    let when =
        (time(), prop_oneof![4 => (0_i64..900).prop_map(|n| n * 1_000_000), 1 => 0..=i64::MAX]);
    let end = (0..3_u8, text(), prop_oneof![4 => Just(0_u32), 1 => any::<u32>()], text());
    let more =
        (attributes(3), prop::collection::vec(link(), 0..2), prop::collection::vec(event(), 0..2));
    (numbers, what, ids, when, end, more).prop_map(|(numbers, what, ids, when, end, more)| {
        SpanSpec {
            number: numbers.0,
            parent: numbers.1,
            id: ids.0,
            parent_id: ids.1,
            start: when.0,
            duration: when.1,
            kind: what.0,
            layer: SpanLayer::from_number(what.1),
            status: [Status::Unset, Status::Ok, Status::Error][usize::from(end.0)],
            status_message: if end.1.len() % 2 == 0 { String::new() } else { end.1 },
            skip_analysis: what.2,
            component: what.3,
            flags: end.2,
            trace_state: if end.3.len() % 3 == 0 { end.3 } else { String::new() },
            operation: what.4,
            peer: what.5,
            attributes: more.0,
            links: more.1,
            events: more.2,
        }
    })
}

fn one() -> impl Strategy<Value = SegmentSpec> {
    let spans = prop_oneof![12 => prop::collection::vec(span(), 0..5), 1 => prop::collection::vec(span(), 80..90)];
    (id(), id(), name(), name(), spans, attributes(2), name(), any::<bool>()).prop_map(
        |(trace_id, segment_id, service, instance, spans, resource, scope, is_size_limited)| {
            let mut spec =
                segment(trace_id, segment_id).of(&service, &instance).with(spans).scope(&scope);
            spec.resource = resource;
            spec.is_size_limited = is_size_limited;
            spec
        },
    )
}

pub(crate) fn segments(most: usize) -> impl Strategy<Value = Vec<SegmentSpec>> {
    prop::collection::vec(one(), 0..=most)
}

/// Segments as they come in several batches, some of which have segments that are not kept.
pub(crate) fn batches(most: usize) -> impl Strategy<Value = Vec<SpanAppend>> {
    prop::collection::vec((segments(most), any::<u8>()), 1..4).prop_map(|batches| {
        let batch = |(segments, dropped): (Vec<SegmentSpec>, u8)| {
            let mut append = append(segments);
            append.entries.retain(|entry| entry.segment != u32::from(dropped % 8));
            append
        };
        batches.into_iter().map(batch).collect()
    })
}

pub(crate) fn rows(appends: &[SpanAppend]) -> Vec<Row<'_>> {
    let rows = appends
        .iter()
        .flat_map(|append| append.entries.iter().map(|entry| Row { batch: &append.batch, entry }));
    rows.collect()
}

/// A block of each.
pub(crate) fn seal(blocks: &[Vec<SpanAppend>]) -> Vec<Sealed> {
    let mut writer = PartWriter::new(Limits::default());
    blocks.iter().map(|appends| writer.seal(&rows(appends))).collect()
}

/// Segments such as many are: three services, calls between them, few kinds of tags.
pub(crate) fn traffic(segments: usize) -> SpanAppend {
    let specs = (0..segments).map(|n| {
        let (trace, service) = (n / 3, n % 3);
        let id = |n: usize| {
            format!("{PROCESS}.{}.{}", n % 7, 17_731_008_000_000_000 + n as u64 * 10_007)
        };
        let at = 1_773_100_800_000_000_000 + n as i64 * 1_000_000;
        let mut first =
            entry(format!("GET:/{}", n % 11)).at(at).lasting((n % 900) as i64 * 1_000_000);
        first = first.tag("http.method", if n % 2 == 0 { "GET" } else { "POST" });
        first = first.tag("order", format!("{:x}", n.wrapping_mul(2_654_435_761)).as_str());
        if service > 0 {
            let names = ["a", "a-1", "GET:/"].map(str::to_owned);
            first.links.push(LinkSpec {
                kind: LinkKind::CrossProcess,
                trace_id: id(trace * 3),
                segment_id: id(n - 1),
                span_number: 0,
                span_id: String::new(),
                parent: names,
                address: String::new(),
                attributes: Vec::new(),
            });
        }
        if n % 17 == 0 {
            first = first.failed().event(at, "", &[("stack", "at some.Class(Some.java:17)")]);
        }
        let exit =
            SpanSpec { kind: SpanKind::Client, ..entry("Mysql/query").at(at).peer("db:3306") };
        let service = ["a", "b", "c"][service];
        segment(id(trace * 3), id(n)).of(service, &format!("{service}-1")).with([first, exit])
    });
    append(specs)
}

/// A whole part in memory.
pub(crate) fn file(sealed: &[Sealed]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut sink = |bytes: &[u8]| {
        file.extend_from_slice(bytes);
        Ok(())
    };
    let info = skytrail_blocks::write_part(sealed, &mut sink).unwrap();
    assert_eq!(info.bytes, file.len() as u64);
    assert_eq!(info.streams.iter().map(|stream| stream.1).sum::<u64>(), info.bytes);
    file
}

pub(crate) fn open(file: Vec<u8>) -> skytrail_blocks::Result<skytrail_blocks::Part> {
    let len = file.len() as u64;
    skytrail_blocks::Part::open(Arc::new(bytes::Bytes::from(file)), len)
}
