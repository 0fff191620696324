//! Whatever prost takes is taken and means the same; whatever it refuses is refused.

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use proptest::sample::Index;
use prost::Message;
use skytrail_model::batch::SpanBatch;

use super::seen::{check_invariants, of_batch, of_message};
use super::wire_messages::{Pair, Segment, Span, segment};
use crate::decode::{Decoder, Limits};
use crate::symbols::SymbolLimits;
use crate::wire::{glance, len};

const SYMBOLS: SymbolLimits = SymbolLimits { entries: 1000, bytes: 1 << 20 };

fn start() -> (Decoder, SpanBatch) {
    let mut decoder = Decoder::new(0, Limits::NONE, SYMBOLS);
    let mut batch = SpanBatch::default();
    decoder.begin(&mut batch);
    (decoder, batch)
}

/// Decodes in both ways after some other messages, and compares.
fn compare(decoder: &mut Decoder, batch: &mut SpanBatch, message: &[u8]) {
    let before = batch.clone();
    let ours = decoder.segment(message, batch);
    match Segment::decode(message) {
        Ok(theirs) => {
            let decoded = ours.unwrap_or_else(|error| panic!("{error}: {message:02x?}"));
            assert_eq!(of_batch(batch, before.segments.len()), of_message(&theirs));
            assert_eq!(batch.bytes_at(batch.segments[before.segments.len()].raw), message);
            assert_eq!(decoded.spans as usize, theirs.spans.len());
            let seen = glance(message, len(4), len(3)).unwrap();
            assert_eq!(
                (seen.text, seen.count),
                (theirs.service.as_slice(), u64::from(decoded.spans))
            );
            let is_clean = skytrail_proto::v3::SegmentObject::decode(message).is_ok();
            assert!(!is_clean || decoded.notes.repaired == 0);
        }
        Err(error) => {
            assert!(ours.is_err(), "prost refuses ({error}) what is taken: {message:02x?}");
            assert_same(batch, &before);
        }
    }
    check_invariants(batch);
}

fn assert_same(a: &SpanBatch, b: &SpanBatch) {
    assert_eq!((a.space, &a.bytes, &a.names), (b.space, &b.bytes, &b.names));
    assert_eq!((&a.segments, &a.spans), (&b.segments, &b.spans));
    assert_eq!((&a.attributes, &a.links, &a.events), (&b.attributes, &b.links, &b.events));
}

/// A change to the bytes of a message.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Cut(Index),
}

/// Bytes that mean something: keys of known and unknown fields, of groups and
/// of wire types that do not exist, lengths, long integers.
fn morsel() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(prop_oneof![0..0x80_u8, any::<u8>()], 1..4),
        prop::sample::select(vec![
            &b"\x1a\x00"[..],
            b"\x7b\x08\x01\x7c",
            b"\x7b\x7b\x7c\x7c",
            b"\x7b\x83\x01\x7c",
            b"\xf8\x7f\x01",
            b"\x8a\x00\x01a",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            b"\x79aaaaaaaa",
            b"\x7daaaa",
            b"\x7e",
            b"\x00",
            b"\x62\x04\x12\x00\x0a\x00",
            b"\x6a\x02\x08\x05",
        ])
        .prop_map(<[u8]>::to_vec),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), morsel()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<Index>(), 1..4_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        any::<Index>().prop_map(Change::Cut),
    ]
}

fn apply(message: &mut Vec<u8>, change: Change) {
    match change {
        Change::Insert(at, bytes) => {
            let at = at.index(message.len() + 1);
            message.splice(at..at, bytes);
        }
        _ if message.is_empty() => {}
        Change::Set(at, byte) => {
            let at = at.index(message.len());
            message[at] = byte;
        }
        Change::Remove(at, count) => {
            let at = at.index(message.len());
            message.drain(at..(at + count).min(message.len()));
        }
        Change::Cut(at) => message.truncate(at.index(message.len())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 8 } else { 512 }))]

    #[test]
    fn valid_segments_decode_to_the_same_content(segments in vec(segment(), 1..5)) {
        let (mut decoder, mut batch) = start();
        for segment in segments {
            // The second time its names and the order of its tags are expected.
            for _ in 0..2 {
                compare(&mut decoder, &mut batch, &segment.encode_to_vec());
            }
        }
    }

    #[test]
    fn changed_segments_are_taken_exactly_when_prost_takes_them(
        segments in vec((segment(), vec(change(), 1..4)), 1..5),
    ) {
        let (mut decoder, mut batch) = start();
        for (segment, changes) in segments {
            let mut message = segment.encode_to_vec();
            compare(&mut decoder, &mut batch, &message);
            for change in changes {
                apply(&mut message, change);
            }
            compare(&mut decoder, &mut batch, &message);
        }
    }

    #[test]
    fn morsels_are_taken_exactly_when_prost_takes_them(messages in vec(vec(morsel(), 0..6), 1..5)) {
        let (mut decoder, mut batch) = start();
        for message in messages {
            compare(&mut decoder, &mut batch, &message.concat());
        }
    }
}

/// Tags in the order in which most spans have them.
fn everyday() -> Vec<u8> {
    let pair = |key: &str, value: &str| Pair { key: key.into(), value: value.into() };
    let tags = vec![
        pair("http.method", "GET"),
        pair("url", "http://shop/orders/17"),
        pair("empty", ""),
        pair("a key of thirty-one bytes......", "x"),
        pair("http.status_code", "200"),
    ];
    let span =
        |number| Span { number, operation: "op".into(), tags: tags.clone(), ..Span::default() };
    let spans = (0..3).map(span).collect();
    Segment { trace: "t".into(), spans, service: "s".into(), ..Segment::default() }.encode_to_vec()
}

#[test]
fn what_looks_like_an_everyday_segment_is_read_byte_by_byte() {
    let usual = everyday();
    for at in 0..usual.len() {
        for change in [1, 2, 0x20, 0x80, 0xff] {
            let (mut decoder, mut batch) = start();
            compare(&mut decoder, &mut batch, &usual);
            let mut message = usual.clone();
            message[at] = message[at].wrapping_add(change);
            compare(&mut decoder, &mut batch, &message);
        }
    }
}

#[test]
fn groups_nest_as_deep_as_prost_lets_them() {
    for level in 0..3 {
        for depth in 95..103 {
            let mut body = [vec![0x7b; depth], vec![0x7c; depth]].concat();
            for _ in 0..level {
                let key = [0x62, 0x1a][usize::from(level == 1 || body[0] == 0x62)];
                let mut outer = vec![key];
                prost::encoding::encode_varint(body.len() as u64, &mut outer);
                outer.extend(&body);
                body = outer;
            }
            let (mut decoder, mut batch) = start();
            compare(&mut decoder, &mut batch, &body);
        }
    }
}
