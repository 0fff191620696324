//! Bytes as a `SegmentObject`: taken exactly when prost takes them, nothing in
//! the batch points outside of it, and a refused message leaves no trace.

#![no_main]

mod message;
mod taken;

use libfuzzer_sys::fuzz_target;
use prost::Message;
use skytrail_ingest::decode::{Decoder, Limits};
use taken::{STRICT, decode};

fuzz_target!(|input: &[u8]| {
    let is_message = message::Segment::decode(input).is_ok();
    assert_eq!(decode(Limits::NONE, input, Decoder::segment), is_message);
    let is_taken = decode(STRICT, input, Decoder::segment);
    assert!(is_message || !is_taken);
});
