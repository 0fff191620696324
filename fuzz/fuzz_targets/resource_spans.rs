//! Bytes as a `ResourceSpans` of OpenTelemetry: what prost takes is taken (text
//! that is not UTF-8 as well), nothing in the batch points outside of it, and a
//! refused message leaves no trace.

#![no_main]

mod taken;

use libfuzzer_sys::fuzz_target;
use prost::Message;
use skytrail_ingest::decode::{Decoder, Limits};
use skytrail_proto::otlp::trace::v1::ResourceSpans;
use taken::{STRICT, decode};

fuzz_target!(|input: &[u8]| {
    let is_taken = decode(Limits::NONE, input, Decoder::resource_spans);
    assert!(is_taken || ResourceSpans::decode(input).is_err());
    decode(STRICT, input, Decoder::resource_spans);
});
