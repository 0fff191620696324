//! Where frames end, and what a sealer keeps.

use skytrail_columns::group::GroupWriter;
use skytrail_storage::SpanAppend;
use skytrail_storage::contract::build::{SpanSpec, append, entry, segment};

use super::frame::{Columns, FrameWriter, Out};
use super::{HeadWriter, LEVEL, MOST_BUFFERS, Meaning, PartWriter, Sealer, TagWriter, in_order};
use crate::open::OpenBlock;
use crate::row::Limits;

fn filled(spans: &SpanAppend) -> OpenBlock {
    let mut block = PartWriter::new(Limits::default()).open();
    block.add(&spans.batch, &spans.entries);
    block
}

/// Spans of each frame of a block.
fn frames(block: &OpenBlock) -> Vec<usize> {
    let (rows, dictionary, _) = block.parts();
    let order = in_order(&rows.segments);
    let (mut group, mut tags) = (GroupWriter::new(LEVEL), TagWriter::default());
    let (mut columns, mut head) = (Columns::default(), HeadWriter::default());
    let out = Out { group: &mut group, tags: &mut tags, columns: &mut columns };
    let meaning = Meaning { rows, dictionary: &dictionary };
    head.ids(rows, &order);
    let places = FrameWriter::new(meaning, &order, out).write(&mut head, &mut Vec::new());
    places.iter().map(|place| place.rows).collect()
}

/// A span with events whose texts are alike.
fn with_events(time: i64, events: i64, text: &str) -> SpanSpec {
    let keys: Vec<_> = (0..10).map(|key| format!("key {key}")).collect();
    let pairs: Vec<_> = keys.iter().map(|key| (key.as_str(), text)).collect();
    let span = entry("op").at(time);
    (0..events).fold(span, |span, event| span.event(time + event, "log", &pairs))
}

#[test]
fn texts_that_have_codes_end_frames_as_others_do() {
    let (text, longer) = ("x".repeat(1_000), "x".repeat(1_100));
    let spans = (0..60).map(|n| with_events(n, 10, if n == 0 { &longer } else { &text }));
    let frames = frames(&filled(&append([segment("trace", "segment").with(spans)])));
    // 100,000 bytes of a span each, if codes are spelled out.
    assert_eq!(frames, [11, 11, 11, 11, 11, 5]);
}

#[test]
fn frames_of_short_values_have_as_many_rows_as_they_may() {
    let spans = |n| (0..4).map(move |_| entry("op").at(n).tag("key", "a short value").tag("n", n));
    let segments = (0..512).map(|n| segment("trace", format!("segment-{n}")).with(spans(n)));
    assert_eq!(frames(&filled(&append(segments))), [512; 4]);
}

#[test]
fn buffers_of_a_large_block_go_with_it() {
    let mut sealer = Sealer::default();
    let seal = |sealer: &mut Sealer, text: &str| {
        let one = segment("trace", "segment").with([entry("op").tag("key", text)]);
        sealer.seal(&filled(&append([one])));
        sealer.memory()
    };
    let small = seal(&mut sealer, "short");
    assert!(small > 0);
    assert_eq!(seal(&mut sealer, "short"), small, "they are kept");
    let large = "x".repeat(2 * MOST_BUFFERS);
    assert!(seal(&mut sealer, &large) <= small);
}

#[test]
fn a_block_is_encoded_the_same_whatever_other_writers_had_before() {
    let block = |value: fn(i64) -> i64| {
        let spans = (0..500).map(|n| entry("op").at(n).tag("key", value(n)));
        filled(&append([segment("trace", "segment").with(spans)]))
    };
    // Numbers that zstd helps, and numbers that it does not.
    let (alike, odd) =
        (block(|n| n / 100 * 1_000_000_007), block(|n| n * n * 2_654_435_761 % 99_991));
    for (first, then) in [(&alike, &odd), (&odd, &alike)] {
        let alone = Sealer::default().seal(then);
        let mut sealer = Sealer::default();
        sealer.seal(first);
        assert_eq!(sealer.seal(then).bytes, alone.bytes);
    }
}
