//! Blocks that are being filled answer as what they were filled with.

use proptest::prelude::*;
use skytrail_blocks::{Limits, OpenBlock, PartWriter, Sealer};
use skytrail_storage::contract::build::{append, entry, segment};
use skytrail_storage::rows::{matches, matches_entry};
use skytrail_storage::{SegmentFilter, SpanAppend, TagFilter};

use crate::random::batches;
use crate::round_trip::{Known, known};
use crate::search::{anything, asked, filter};

fn filled(appends: &[SpanAppend]) -> OpenBlock {
    let mut block = PartWriter::new(Limits::default()).open();
    appends.iter().for_each(|append| block.add(&append.batch, &append.entries));
    block
}

/// Segments of some places, read in windows.
fn read(block: &OpenBlock, places: &[u32], bytes: usize) -> Vec<Known> {
    let (mut left, mut all) = (places, Vec::new());
    while !left.is_empty() {
        let window;
        (window, left) = block.read(left, bytes).unwrap();
        assert!(!window.entries.is_empty());
        all.extend(known(&window));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn open_blocks_answer_as_their_batches(
        appends in batches(8),
        asked in prop::collection::vec(asked(), 6),
        bytes in 0_usize..20_000,
    ) {
        let block = filled(&appends);
        let wanted: Vec<_> = appends.iter().flat_map(known).collect();
        let all: Vec<_> = (0..wanted.len() as u32).collect();
        prop_assert_eq!(&read(&block, &all, bytes), &wanted);
        for (words, _) in &wanted {
            let of_trace = wanted.iter().filter(|(other, _)| other.trace_id == words.trace_id);
            let found = read(&block, &block.of_trace(&words.trace_id), bytes);
            prop_assert_eq!(found, of_trace.cloned().collect::<Vec<_>>());
        }
        prop_assert!(block.of_trace("no such trace").is_empty());
        let entries = || appends.iter().flat_map(|append| {
            append.entries.iter().map(move |entry| (&append.batch, entry))
        });
        for asked in &asked {
            let filter = filter(asked, &appends);
            let found = block.candidates(&filter);
            for (place, (batch, entry)) in (0..).zip(entries()) {
                let is_found = found.contains(&(entry.start, entry.duration, place));
                prop_assert!(is_found || !matches(&filter, batch, entry));
                prop_assert!(!is_found || matches_entry(&filter, entry));
            }
        }
    }
}

/// Values of a key in the order they came, each on a segment of its own.
fn values(values: impl IntoIterator<Item = String>) -> SpanAppend {
    let of = |(n, value): (i64, String)| {
        let one = entry("op").at(1_773_100_800_000_000_000 + n).tag("key", value.as_str());
        segment("trace", format!("segment-{n}")).with([one])
    };
    append((0..).zip(values).map(of))
}

#[test]
fn numbers_among_which_words_come_are_found_as_both() {
    let numbers = (0..100).map(|n| n.to_string());
    let mixed = numbers.chain(["word".to_owned(), "7".to_owned(), "007".to_owned()]);
    let spans = values(mixed);
    let block = filled(std::slice::from_ref(&spans));
    let sealed = Sealer::default().seal(&block);
    assert_eq!(known(&sealed.block().rows().unwrap()), known(&spans));
    for (value, hits) in [("7", 2), ("word", 1), ("007", 1), ("99", 1), ("100", 0)] {
        let tag = TagFilter { key: "key".to_owned(), value: Some(value.to_owned()) };
        let filter = SegmentFilter { tags: vec![tag], ..anything() };
        assert_eq!(block.candidates(&filter).len(), hits, "{value}");
        let found = sealed.block().search(&filter, &[], None, 10, None).unwrap();
        assert_eq!(found.found.len(), hits, "{value}");
    }
}

#[test]
fn words_and_ids_of_spans_leave_few_candidates() {
    let of = |n: i64| {
        let one = entry(format!("GET:/orders/{n}")).at(1_773_100_800_000_000_000 + n);
        let one =
            one.ids(&format!("{n:016x}"), "").tag("db.statement", format!("select {n}").as_str());
        segment("trace", format!("segment-{n}")).with([one])
    };
    let block = filled(&[append((0..100).map(of))]);
    let count = |filter: SegmentFilter| block.candidates(&filter).len();
    let word = |word: &str| SegmentFilter { keyword: Some(word.to_owned()), ..anything() };
    for (text, hits) in [("get:/ORDERS/7", 11), ("SELECT 99", 1), ("", 100), ("none", 0)] {
        assert_eq!(count(word(text)), hits, "{text}");
    }
    let id = |id: &str| SegmentFilter { span_id: Some(id.to_owned()), ..anything() };
    for (text, hits) in [("000000000000001f", 1), ("segment-7", 1), ("segment", 0)] {
        assert_eq!(count(id(text)), hits, "{text}");
    }
}

#[test]
fn a_block_is_sealed_after_its_writer_is_gone_and_while_another_one_is_filled() {
    let mut writer = PartWriter::new(Limits::default());
    let (first, second) = (values(["a".to_owned()]), values(["b".to_owned(), "a".to_owned()]));
    let (mut one, mut other) = (writer.open(), writer.open());
    one.add(&first.batch, &first.entries);
    other.add(&second.batch, &second.entries);
    writer.begin_part();
    drop(writer);
    let mut sealer = Sealer::default();
    let (other, one) = (sealer.seal(&other), sealer.seal(&one));
    assert_eq!(known(&one.block().rows().unwrap()), known(&first));
    assert_eq!(known(&other.block().rows().unwrap()), known(&second));
}
