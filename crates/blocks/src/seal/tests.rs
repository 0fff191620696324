//! Where frames end, and what a sealer keeps.

use skytrail_columns::group::GroupWriter;
use skytrail_storage::SpanAppend;
use skytrail_storage::contract::build::{SpanSpec, append, entry, segment};

use super::frame::{Columns, FrameWriter, Out};
use super::{HeadWriter, LEVEL, Meaning, PartWriter, TagWriter, in_order};
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
