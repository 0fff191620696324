//! What is written comes back.

use proptest::prelude::*;
use skytrail_blocks::{BLOCK_SPANS, Block, Limits, PartWriter, Row, trace_hash};
use skytrail_storage::contract::build::{SegmentSpec, append, entry, read, segment};
use skytrail_storage::{SegmentEntry, SegmentFilter, SpanAppend};

use crate::random::{batches, rows, seal, segments, traffic};
use crate::search::anything;

/// A segment in words, and what is known of it but for its place.
pub(crate) type Known = (SegmentSpec, SegmentEntry);

pub(crate) fn known(append: &SpanAppend) -> Vec<Known> {
    let words = read(&append.batch);
    let known = append.entries.iter().map(|entry| {
        let row = append.batch.segments[entry.segment as usize];
        let place = entry.endpoint_span.wrapping_sub(row.spans.start);
        let place = if place < row.spans.len { place } else { u32::MAX };
        (
            words[entry.segment as usize].clone(),
            SegmentEntry { segment: 0, endpoint_span: place, ..*entry },
        )
    });
    known.collect()
}

/// As a block holds them.
fn in_order(appends: &[SpanAppend]) -> Vec<Known> {
    let mut all: Vec<_> = appends.iter().flat_map(known).collect();
    all.sort_by_key(|(_, entry)| (entry.service, entry.start));
    all
}

fn check(block: &Block, wanted: &[Known]) {
    let rows = block.rows().unwrap();
    assert!(rows.batch.segments.iter().zip(0..).all(|(segment, row)| {
        rows.batch.spans_of(segment).iter().all(|span| span.segment == row)
    }));
    assert_eq!(known(&rows), wanted);
    let summary = block.summary();
    assert_eq!(summary.segments as usize, wanted.len());
    assert_eq!(summary.spans as usize, rows.batch.spans.len());
    let services: Vec<_> = summary.services.iter().map(|service| service.service).collect();
    for (row, (_, entry)) in (0..).zip(wanted) {
        let service = summary.services.iter().find(|service| service.rows.contains(&row)).unwrap();
        assert_eq!(service.service, entry.service);
        assert!(service.longest >= entry.duration);
    }
    assert!(services.is_sorted());
}

fn check_traces(block: &Block, wanted: &[Known]) {
    for (words, _) in wanted {
        let of_trace: Vec<_> =
            wanted.iter().filter(|(other, _)| other.trace_id == words.trace_id).cloned().collect();
        let found = block.trace(&words.trace_id).unwrap().unwrap();
        assert_eq!(known(&found), of_trace);
    }
    assert!(block.trace("no such trace").unwrap().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn blocks_come_back(blocks in prop::collection::vec(batches(8), 1..4)) {
        for (sealed, appends) in seal(&blocks).iter().zip(&blocks) {
            let wanted = in_order(appends);
            check(&sealed.block(), &wanted);
            check_traces(&sealed.block(), &wanted);
            let known = wanted.iter().map(|(words, _)| trace_hash(words.trace_id.as_bytes()));
            prop_assert!(known.into_iter().all(|hash| sealed.may_hold(hash)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 50, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn large_segments_come_back(segments in segments(3), count in 1_000_usize..5_000) {
        let mut segments = segments;
        let spans = (0..count).map(|n| entry(format!("{}", n % 3)).at(n as i64).tag("n", format!("{n}x").as_str()));
        segments.push(segment("large", "large").of("a", "b").with(spans));
        let appends = [append(segments)];
        let sealed = seal(&[appends.to_vec()]);
        check(&sealed[0].block(), &in_order(&appends));
        check_traces(&sealed[0].block(), &in_order(&appends));
    }
}

#[test]
fn full_blocks_of_one_part_come_back() {
    let appends = traffic(3 * BLOCK_SPANS / 2);
    let mut writer = PartWriter::new(Limits::default());
    let blocks = appends.entries.chunks(BLOCK_SPANS / 2);
    let sealed: Vec<_> = blocks
        .map(|entries| {
            let rows: Vec<_> =
                entries.iter().map(|entry| Row { batch: &appends.batch, entry }).collect();
            (writer.seal(&rows), entries)
        })
        .collect();
    assert!(!writer.is_full() && writer.memory() > 0);
    for (sealed, entries) in &sealed {
        let part = SpanAppend { batch: appends.batch.clone(), entries: entries.to_vec() };
        check(&sealed.block(), &in_order(&[part]));
        let bytes = sealed.bytes() as f64 / sealed.summary().spans as f64;
        assert!(bytes < 40.0, "{bytes} bytes a span");
    }
}

const SEGMENTS: u64 = 300;

/// Segments most of which are called like their first span, or nearly so.
fn called_like_spans(nearly: u64) -> SpanAppend {
    let id = |n: u64| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    append((1..=SEGMENTS).map(|n| {
        let spans = [
            entry("a").ids(&id(n), &id(n - 1)).at(n as i64),
            entry("b").ids(&id(n + 1_000_000), &id(n)),
        ];
        let own = if n % 10 == 0 { format!("segment-{n}") } else { id(n + nearly) };
        segment(format!("{}{}", id(n % 7), id(n % 7)), own).of("a", "a-1").with(spans)
    }))
}

#[test]
fn a_span_that_is_called_like_its_segment_takes_no_bytes_for_that() {
    let [like, nearly] = [0, 2_000_000].map(|nearly| {
        let appends = [called_like_spans(nearly)];
        let sealed = seal(&[appends.to_vec()]);
        check(&sealed[0].block(), &in_order(&appends));
        for span in appends[0].batch.spans.iter().step_by(97) {
            let span_id = Some(appends[0].batch.text(span.id).to_owned());
            let filter = SegmentFilter { span_id, ..anything() };
            let found = sealed[0].block().search(&filter, &[], None, 9, None).unwrap().found;
            assert_eq!(found.len(), 1);
        }
        sealed[0].bytes() as u64
    });
    // Eight bytes for nine of ten, less what tells which they are.
    assert!(like + SEGMENTS * 13 / 2 < nearly, "{like} and {nearly} bytes");
}

#[test]
fn nothing_comes_back_as_nothing() {
    let sealed = PartWriter::new(Limits::default()).seal(&[]);
    check(&sealed.block(), &[]);
    assert!(sealed.block().trace("").unwrap().is_none());
}

#[test]
fn a_part_is_full_by_spans_or_by_its_dictionaries() {
    let appends = [traffic(10)];
    for limits in [
        Limits { spans: 20, ..Limits::default() },
        Limits { dictionary_bytes: 100, ..Limits::default() },
    ] {
        let mut writer = PartWriter::new(limits);
        assert!(!writer.is_full());
        writer.seal(&rows(&appends));
        assert!(writer.is_full());
    }
}

#[test]
fn a_row_whose_segment_is_not_in_its_batch_is_left_out() {
    let mut appends = traffic(3);
    appends.entries[1].segment = 7;
    let sealed = seal(&[vec![appends]]);
    assert_eq!(sealed[0].block().rows().unwrap().entries.len(), 2);
}

#[test]
fn an_endpoint_span_of_another_segment_is_none() {
    let mut appends = traffic(3);
    appends.entries[1].endpoint_span = 5;
    check(&seal(&[vec![appends.clone()]])[0].block(), &in_order(&[appends]));
}
