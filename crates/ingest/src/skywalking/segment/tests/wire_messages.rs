//! `SegmentObject` with bytes where the protocol has strings, so that prost
//! reads whatever is structurally sound.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Segment {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) trace: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) id: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) spans: Vec<Span>,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) service: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) instance: Vec<u8>,
    #[prost(bool, tag = "6")]
    pub(crate) is_size_limited: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Span {
    #[prost(int32, tag = "1")]
    pub(crate) number: i32,
    #[prost(int32, tag = "2")]
    pub(crate) parent: i32,
    #[prost(int64, tag = "3")]
    pub(crate) start: i64,
    #[prost(int64, tag = "4")]
    pub(crate) end: i64,
    #[prost(message, repeated, tag = "5")]
    pub(crate) refs: Vec<Reference>,
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) operation: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub(crate) peer: Vec<u8>,
    #[prost(int32, tag = "8")]
    pub(crate) kind: i32,
    #[prost(int32, tag = "9")]
    pub(crate) layer: i32,
    #[prost(int32, tag = "10")]
    pub(crate) component: i32,
    #[prost(bool, tag = "11")]
    pub(crate) is_error: bool,
    #[prost(message, repeated, tag = "12")]
    pub(crate) tags: Vec<Pair>,
    #[prost(message, repeated, tag = "13")]
    pub(crate) logs: Vec<Log>,
    #[prost(bool, tag = "14")]
    pub(crate) skip_analysis: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Reference {
    #[prost(int32, tag = "1")]
    pub(crate) kind: i32,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) trace: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) segment: Vec<u8>,
    #[prost(int32, tag = "4")]
    pub(crate) number: i32,
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) service: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) instance: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub(crate) endpoint: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    pub(crate) address: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Log {
    #[prost(int64, tag = "1")]
    pub(crate) time: i64,
    #[prost(message, repeated, tag = "2")]
    pub(crate) data: Vec<Pair>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Pair {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

/// Mostly short names out of a few, so that they recur; sometimes long, not
/// ASCII, or not UTF-8.
fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => "(|a|b|http\\.method|url|db\\.statement|shop|/orders/\\{id\\})"
            .prop_map(String::into_bytes),
        1 => "k{31,33}".prop_map(String::into_bytes),
        2 => "\\PC{0,20}".prop_map(String::into_bytes),
        1 => "[ -~]{100,200}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..8),
    ]
}

fn number() -> impl Strategy<Value = i32> {
    prop_oneof![4 => -1..12_i32, 1 => any::<i32>()]
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 1_700_000_000_000..1_700_000_001_000_i64, 1 => Just(0), 1 => any::<i64>()]
}

fn pair() -> impl Strategy<Value = Pair> {
    (text(), text()).prop_map(|(key, value)| Pair { key, value })
}

fn log() -> impl Strategy<Value = Log> {
    (time(), vec(pair(), 0..3)).prop_map(|(time, data)| Log { time, data })
}

fn reference() -> impl Strategy<Value = Reference> {
    ((number(), text(), text(), number()), (text(), text(), text(), text())).prop_map(
        |((kind, trace, segment, number), (service, instance, endpoint, address))| Reference {
            kind,
            trace,
            segment,
            number,
            service,
            instance,
            endpoint,
            address,
        },
    )
}

fn span() -> impl Strategy<Value = Span> {
    (
        (number(), number(), time(), time(), vec(reference(), 0..3), text(), text()),
        (number(), number(), number(), any::<bool>(), any::<bool>()),
        (vec(pair(), 0..6), vec(log(), 0..3)),
    )
        .prop_map(|(head, middle, (tags, logs))| {
            let (number, parent, start, end, refs, operation, peer) = head;
            let (kind, layer, component, is_error, skip_analysis) = middle;
            Span {
                number,
                parent,
                start,
                end,
                refs,
                operation,
                peer,
                kind,
                layer,
                component,
                is_error,
                tags,
                logs,
                skip_analysis,
            }
        })
}

pub(crate) fn segment() -> impl Strategy<Value = Segment> {
    (text(), text(), vec(span(), 0..5), text(), text(), any::<bool>()).prop_map(
        |(trace, id, spans, service, instance, is_size_limited)| Segment {
            trace,
            id,
            spans,
            service,
            instance,
            is_size_limited,
        },
    )
}
