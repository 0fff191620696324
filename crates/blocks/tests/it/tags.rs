//! The index of tags leads to all that a search without it finds, and to little else.

use proptest::prelude::*;
use skytrail_blocks::{Part, Selection, TagPlaces};
use skytrail_storage::contract::build::{append, entry, segment};
use skytrail_storage::{SegmentFilter, TagFilter};

use crate::parts::copied;
use crate::random::{batches, file, open, seal, traffic};
use crate::search::{anything, asked, filter};

fn tag(key: &str, value: &str) -> TagFilter {
    TagFilter { key: key.to_owned(), value: Some(value.to_owned()) }
}

fn with_tags(tags: impl IntoIterator<Item = TagFilter>) -> SegmentFilter {
    SegmentFilter { tags: tags.into_iter().collect(), ..anything() }
}

fn search(part: &Part, number: u32, filter: &SegmentFilter, places: &TagPlaces) -> Selection {
    let block = part.block(number).unwrap();
    let within = places.of(number);
    within.map_or_else(Selection::default, |at| block.search(filter, at, None, 9, None).unwrap())
}

/// Blocks that the index leads to, and segments looked at and found there.
fn asked_of(part: &Part, filter: &SegmentFilter) -> (usize, u64, usize) {
    let places = part.tag_places(filter).unwrap();
    let numbers = (0..part.len()).filter(|number| places.of(*number).is_some());
    let selections: Vec<_> = numbers.map(|number| search(part, number, filter, &places)).collect();
    let examined = selections.iter().map(|one| one.examined).sum();
    (selections.len(), examined, selections.iter().map(|one| one.found.len()).sum())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_index_leads_to_everything(
        blocks in prop::collection::vec(batches(6), 1..5),
        asked in prop::collection::vec((asked(), any::<prop::sample::Index>()), 6),
    ) {
        let sealed = seal(&blocks);
        let part = open(file(&sealed)).unwrap();
        for (asked, of) in &asked {
            let filter = filter(asked, &blocks[of.index(blocks.len())]);
            let places = part.tag_places(&filter).unwrap();
            let mut last = places.last_below(part.len());
            for number in (0..part.len()).rev().filter(|number| places.of(*number).is_some()) {
                prop_assert_eq!(last, Some(number));
                last = places.last_below(number);
            }
            prop_assert_eq!(last, None);
            for (number, sealed) in (0..).zip(&sealed) {
                let all = search(&part, number, &filter, &TagPlaces::ANYWHERE);
                let found = search(&part, number, &filter, &places);
                prop_assert_eq!(&found.found, &all.found);
                prop_assert!(found.examined <= all.examined);
                let in_memory = sealed.tag_places(&filter).unwrap();
                prop_assert_eq!(in_memory.of(0), places.of(number));
            }
        }
    }
}

#[test]
fn few_segments_are_looked_at() {
    let all = traffic(12_000);
    let blocks = all.entries.chunks(3_000).map(|entries| {
        let mut some = all.clone();
        some.entries = entries.to_vec();
        vec![some]
    });
    let part = open(file(&seal(&blocks.collect::<Vec<_>>()))).unwrap();
    let order = |n: usize| tag("order", &format!("{:x}", n.wrapping_mul(2_654_435_761)));
    for n in (0..12_000).step_by(997) {
        let (blocks, examined, found) = asked_of(&part, &with_tags([order(n)]));
        assert_eq!((blocks, found), (1, 1));
        assert!(examined < 300, "{examined} segments");
    }
    let both = |method: &str| with_tags([tag("http.method", method), order(4)]);
    assert_eq!(asked_of(&part, &both("GET")).2, 1);
    assert_eq!(asked_of(&part, &both("POST")).2, 0);
    assert_eq!(asked_of(&part, &with_tags([tag("http.method", "GET")])).0, 4);
    assert_eq!(asked_of(&part, &with_tags([tag("http.method", "PUT")])).0, 0);
    assert_eq!(asked_of(&part, &with_tags([order(4), order(4_000)])).0, 0);
    let key = TagFilter { key: "order".to_owned(), value: None };
    assert_eq!(asked_of(&part, &with_tags([key.clone()])).0, 4);
    assert_eq!(
        asked_of(&part, &with_tags([key, order(4)])),
        asked_of(&part, &with_tags([order(4)]))
    );
    let nowhere = |n: &u32| {
        let places = part.tag_places(&with_tags([tag("order", &format!("x{n}"))])).unwrap();
        (0..part.len()).any(|number| places.of(number).is_some())
    };
    // With four bits less, one in 1,400 would be.
    assert!((0..20_000).filter(nowhere).count() < 5);
}

/// Parts of the first version of the format, in which hashes of tags have fewer bits.
fn parts_of_before() -> Vec<Part> {
    let files = std::fs::read_dir("../../cases/store/1/store").unwrap();
    let files = files.map(|file| file.unwrap().path());
    let parts = files.filter(|path| path.extension().is_some_and(|kind| kind == "spans"));
    parts.map(|path| open(std::fs::read(path).unwrap()).unwrap()).collect()
}

#[test]
fn parts_that_were_written_before_are_searched_alone_and_merged() {
    let mut parts = parts_of_before();
    assert_eq!(parts.len(), 3);
    let found = |parts: &[Part], tag: TagFilter| {
        let filter = with_tags([tag]);
        parts.iter().map(|part| asked_of(part, &filter).2).sum::<usize>()
    };
    let steps = || (1..=16).map(|n: u32| tag("n", &n.to_string()));
    steps().for_each(|tag| assert_eq!(found(&parts, tag.clone()), 1, "{tag:?}"));
    parts.push(open(file(&seal(&[vec![traffic(500)]]))).unwrap());
    let merged = open(copied(&parts).1).unwrap();
    // What is merged is merged again.
    for merged in [open(copied(&[merged]).1).unwrap(), open(copied(&parts).1).unwrap()] {
        let merged = [merged];
        steps().for_each(|tag| assert_eq!(found(&merged, tag.clone()), 1, "{tag:?}"));
        for n in 0..500_usize {
            let value = format!("{:x}", n.wrapping_mul(2_654_435_761));
            assert_eq!(found(&merged, tag("order", &value)), 1, "{value}");
        }
        assert_eq!(found(&merged, tag("n", "17")), 0);
    }
}

#[test]
fn blocks_of_many_frames_are_divided() {
    let spans = (0..40_000).map(|n| entry("op").tag("n", n).tag("same", n / 20_000));
    let long = append([segment("t", "s").with(spans)]);
    let part = open(file(&seal(&[vec![traffic(10)], vec![long]]))).unwrap();
    for n in (0..40_000).step_by(1_777) {
        assert_eq!(asked_of(&part, &with_tags([tag("n", &n.to_string())])), (1, 1, 1));
    }
    // Tags of one segment need not be in one frame.
    assert_eq!(asked_of(&part, &with_tags([tag("n", "5"), tag("n", "39999")])), (1, 1, 1));
    assert_eq!(asked_of(&part, &with_tags([tag("n", "5"), tag("same", "1")])), (1, 1, 1));
    assert_eq!(asked_of(&part, &with_tags([tag("n", "40000")])).0, 0);
}
