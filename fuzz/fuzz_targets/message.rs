//! `SegmentObject` with bytes where the protocol has strings, so that prost
//! judges the structure alone.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Segment {
    #[prost(bytes = "vec", tag = "1")]
    trace: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    spans: Vec<Span>,
    #[prost(bytes = "vec", tag = "4")]
    service: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    instance: Vec<u8>,
    #[prost(bool, tag = "6")]
    is_size_limited: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Span {
    #[prost(int32, tag = "1")]
    number: i32,
    #[prost(int32, tag = "2")]
    parent: i32,
    #[prost(int64, tag = "3")]
    start: i64,
    #[prost(int64, tag = "4")]
    end: i64,
    #[prost(message, repeated, tag = "5")]
    refs: Vec<Reference>,
    #[prost(bytes = "vec", tag = "6")]
    operation: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    peer: Vec<u8>,
    #[prost(int32, tag = "8")]
    kind: i32,
    #[prost(int32, tag = "9")]
    layer: i32,
    #[prost(int32, tag = "10")]
    component: i32,
    #[prost(bool, tag = "11")]
    is_error: bool,
    #[prost(message, repeated, tag = "12")]
    tags: Vec<Pair>,
    #[prost(message, repeated, tag = "13")]
    logs: Vec<Log>,
    #[prost(bool, tag = "14")]
    skip_analysis: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Reference {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(bytes = "vec", tag = "2")]
    trace: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    segment: Vec<u8>,
    #[prost(int32, tag = "4")]
    number: i32,
    #[prost(bytes = "vec", tag = "5")]
    service: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    instance: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    endpoint: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    address: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Log {
    #[prost(int64, tag = "1")]
    time: i64,
    #[prost(message, repeated, tag = "2")]
    data: Vec<Pair>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Pair {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}
