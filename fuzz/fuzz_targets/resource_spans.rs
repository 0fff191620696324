//! Bytes as a `ResourceSpans` of OpenTelemetry: what prost takes is taken (text
//! that is not UTF-8 as well), nothing in the batch points outside of it, and a
//! refused message leaves no trace.

#![no_main]

mod taken;

use libfuzzer_sys::fuzz_target;
use prost::Message;
use skytrail_ingest::decode::{Decoded, Decoder, Limits, Refusal};
use skytrail_model::batch::SpanBatch;
use skytrail_proto::otlp::trace::v1::ResourceSpans;
use taken::{STRICT, decode};

/// A message of which no span was taken is one all the same.
fn read(
    decoder: &mut Decoder,
    input: &[u8],
    batch: &mut SpanBatch,
) -> Result<Decoded, Refusal> {
    match decoder.resource_spans(input, batch) {
        Err(Refusal::NoneTaken(_)) => Ok(Decoded::default()),
        other => other,
    }
}

fuzz_target!(|input: &[u8]| {
    let is_taken = decode(Limits::NONE, input, read);
    assert!(is_taken || ResourceSpans::decode(input).is_err());
    decode(STRICT, input, read);
});
