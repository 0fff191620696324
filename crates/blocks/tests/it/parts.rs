//! Parts answer as the blocks that they were made of.

use proptest::prelude::*;
use skytrail_blocks::{
    Limits, Part, PartInfo, PartWriter, Sealed, Summary, copy_parts, trace_hash, write_part,
};

use crate::random::{batches, file, open, rows, seal, traffic};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_part_answers_as_its_blocks(blocks in prop::collection::vec(batches(6), 0..4)) {
        let sealed = seal(&blocks);
        let part = open(file(&sealed)).unwrap();
        prop_assert_eq!(part.len() as usize, sealed.len());
        prop_assert!(summaries(&part).iter().eq(sealed.iter().map(|block| block.summary())));
        for (number, sealed) in (0..).zip(&sealed) {
            let (block, other) = (part.block(number).unwrap(), sealed.block());
            let (rows, others) = (block.rows().unwrap(), other.rows().unwrap());
            prop_assert_eq!(&rows.entries, &others.entries);
            prop_assert_eq!(&rows.batch.bytes, &others.batch.bytes);
            for segment in &rows.batch.segments {
                let hash = trace_hash(rows.batch.bytes_at(segment.trace_id));
                prop_assert!(part.blocks_of(hash).unwrap().contains(&number));
            }
        }
        prop_assert!(part.block(sealed.len() as u32).is_err());
    }
}

fn summaries(part: &Part) -> Vec<Summary> {
    part.summaries().unwrap().iter().map(|summary| Summary::clone(summary)).collect()
}

pub(crate) fn copied(parts: &[Part]) -> (PartInfo, Vec<u8>) {
    let mut file = Vec::new();
    let parts: Vec<_> = parts.iter().collect();
    let info = copy_parts(&parts, &mut |bytes| {
        file.extend_from_slice(bytes);
        Ok(())
    });
    (info.unwrap(), file)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_copy_answers_as_its_parts(
        parts in prop::collection::vec(prop::collection::vec(batches(4), 0..3), 0..4),
    ) {
        let parts: Vec<_> = parts.iter().map(|blocks| open(file(&seal(blocks))).unwrap()).collect();
        let (info, bytes) = copied(&parts);
        prop_assert_eq!(info.bytes, bytes.len() as u64);
        let copy = open(bytes).unwrap();
        prop_assert_eq!(summaries(&copy), parts.iter().flat_map(summaries).collect::<Vec<_>>());
        let mut number = 0;
        for part in &parts {
            for of_part in 0..part.len() {
                let rows = copy.block(number).unwrap().rows().unwrap();
                let others = part.block(of_part).unwrap().rows().unwrap();
                prop_assert_eq!(&rows.entries, &others.entries);
                prop_assert_eq!(&rows.batch.bytes, &others.batch.bytes);
                for segment in &rows.batch.segments {
                    let hash = trace_hash(rows.batch.bytes_at(segment.trace_id));
                    prop_assert!(copy.blocks_of(hash).unwrap().contains(&number));
                }
                number += 1;
            }
        }
        prop_assert_eq!(number, copy.len());
    }
}

#[test]
fn parts_of_one_writer_have_one_dictionary_when_they_are_copied() {
    let mut writer = PartWriter::new(Limits::default());
    let parts = [3_000, 2_000, 4_000].map(|segments| {
        let sealed: Vec<Sealed> = vec![writer.seal(&rows(&[traffic(segments)]))];
        writer.begin_part();
        let mut bytes = Vec::new();
        let put = &mut |some: &[u8]| {
            bytes.extend_from_slice(some);
            Ok(())
        };
        let info = write_part(&sealed, put).unwrap();
        (info.dictionary_bytes, open(bytes).unwrap())
    });
    let largest = parts.iter().map(|(bytes, _)| *bytes).max().unwrap();
    let parts = parts.map(|(_, part)| part);
    let (info, bytes) = copied(&parts);
    assert_eq!(info.dictionary_bytes, largest);
    let copy = open(bytes).unwrap();
    for number in 0..3 {
        let rows = copy.block(number).unwrap().rows().unwrap();
        let others = parts[number as usize].block(0).unwrap().rows().unwrap();
        assert_eq!(rows.batch.bytes, others.batch.bytes);
    }
    // Of another writer, to which others came first: nothing of it begins with the others.
    let traffic = [traffic(10)];
    let mut backwards = rows(&traffic);
    backwards.reverse();
    let sealed = PartWriter::new(Limits::default()).seal(&backwards);
    let mut other = vec![open(file(&[sealed])).unwrap()];
    other.extend(parts);
    assert!(copied(&other).0.dictionary_bytes > largest);
}

#[test]
fn traces_are_found_in_few_blocks() {
    let appends = traffic(6_000);
    let mut blocks = Vec::new();
    for entries in appends.entries.chunks(1_000) {
        let mut some = appends.clone();
        some.entries = entries.to_vec();
        blocks.push(vec![some]);
    }
    let part = open(file(&seal(&blocks))).unwrap();
    for segment in appends.batch.segments.iter().step_by(101) {
        let trace_id = appends.batch.text(segment.trace_id);
        let found = part.blocks_of(trace_hash(trace_id.as_bytes())).unwrap();
        let spans = found.iter().map(|number| {
            let rows = part.block(*number).unwrap().trace(trace_id).unwrap();
            rows.map_or(0, |rows| rows.batch.spans.len())
        });
        assert_eq!(spans.sum::<usize>(), 6);
        assert!(found.len() <= 2);
    }
    let others = (0..10_000)
        .map(|n| part.blocks_of(trace_hash(format!("other {n}").as_bytes())).unwrap().len());
    assert_eq!(others.sum::<usize>(), 0);
}

#[test]
fn what_was_forgotten_is_read_again() {
    let appends = traffic(100);
    let part = open(file(&seal(&[vec![appends.clone()]]))).unwrap();
    let (told, before) = (summaries(&part), part.memory());
    let block = part.block(0).unwrap();
    block.rows().unwrap();
    let with = part.memory();
    assert!(with > before);
    assert_eq!(part.forget(), with - part.memory());
    let least = part.memory();
    assert!(least < before);
    assert_eq!(part.forget(), 0);
    // The filter goes by itself.
    assert!(!part.may_hold(trace_hash(b"other")));
    assert_eq!(part.held_filter(), Some(part.forget_filter()));
    assert_eq!((part.held_filter(), part.forget_filter()), (None, 0));
    assert_eq!(block.rows().unwrap().entries.len(), 100);
    assert_eq!(summaries(&part), told);
    // Without its filter any trace may be there; the index tells those that are not.
    assert!(part.may_hold(trace_hash(b"other")));
    assert!(part.blocks_of(trace_hash(b"other")).unwrap().is_empty());
    let trace_id = appends.batch.segments.first().map(|one| appends.batch.bytes_at(one.trace_id));
    assert_eq!(part.blocks_of(trace_hash(trace_id.unwrap())).unwrap(), [0]);
    // Until it is recalled.
    let without = part.memory();
    let bytes = part.forgotten_filter().unwrap();
    part.recall_filter().unwrap();
    assert_eq!((part.memory(), part.forgotten_filter()), (without + bytes, None));
    assert!(!part.may_hold(trace_hash(b"other")));
    // A copy has a filter, too.
    part.forget();
    part.forget_filter();
    let copy = open(copied(std::slice::from_ref(&part)).1).unwrap();
    assert!(!copy.may_hold(trace_hash(b"other")));
    assert_eq!(summaries(&copy), told);
}

#[test]
fn the_latest_start_of_blocks_is_known() {
    let appends = traffic(400);
    let blocks = [1, 3, 2].map(|n| {
        let mut some = appends.clone();
        some.entries = appends.entries.iter().skip(n * 100).take(100).copied().collect();
        vec![some]
    });
    let part = open(file(&seal(&blocks))).unwrap();
    part.forget();
    let latest: Vec<_> = summaries(&part).iter().map(|summary| summary.latest).collect();
    assert!(latest[0] < latest[2] && latest[2] < latest[1]);
    let below = [Some(latest[0]), Some(latest[1]), Some(latest[1]), None];
    assert_eq!([1, 2, 3, 4].map(|n| part.latest_below(n)), below);
    assert_eq!(part.latest_below(0), None);
}

#[test]
fn errors_of_the_sink_are_told() {
    let sealed = seal(&[vec![traffic(10)]]);
    let mut left = 3;
    let mut sink = |_: &[u8]| {
        left -= 1;
        if left == 0 { Err(std::io::Error::other("disk full")) } else { Ok(()) }
    };
    let error = skytrail_blocks::write_part(&sealed, &mut sink).unwrap_err();
    assert_eq!(error.kind, skytrail_blocks::ErrorKind::Io);
}
