//! Parts against a list of records.

mod hidden;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use skytrail_model::entity::EntityId;
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::time::Minute;
use skytrail_storage::RecordRead;

use super::frame::key;
use super::{Part, merge, write};
use crate::container::mangle;

fn id(number: u64) -> EntityId {
    EntityId(u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(number))
}

fn record() -> impl Strategy<Value = TopRecord> {
    let numbers = (0_usize..4, 0_u64..4, 0_i64..40, -20_i64..400);
    (numbers, "[0-9a-c]{0,2}", "(select|é| ){0,3}").prop_map(|(numbers, name, statement)| {
        let (stream, entity, latency_ms, time) = numbers;
        TopRecord {
            stream: TopStream::ALL[stream],
            entity: id(entity),
            trace_id: format!("trace {name}"),
            id: name,
            statement,
            latency_ms,
            time,
        }
    })
}

fn bytes_of(write: impl FnOnce(crate::Sink<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut |more: &[u8]| {
        bytes.extend_from_slice(more);
        Ok(())
    });
    bytes
}

fn opened(bytes: Vec<u8>) -> skytrail_columns::Result<Part> {
    let len = bytes.len() as u64;
    Part::open(Arc::new(Bytes::from(bytes)), len)
}

fn written(records: &[TopRecord]) -> Part {
    let bytes = bytes_of(|sink| {
        write(records.to_vec(), sink).unwrap();
    });
    let part = opened(bytes).unwrap();
    part.check().unwrap();
    part
}

/// The answer, as the trait says.
fn top<'a>(records: impl Iterator<Item = &'a TopRecord>, read: &RecordRead) -> Vec<TopRecord> {
    let wanted = |record: &&TopRecord| {
        record.stream == read.stream
            && read.entity.is_none_or(|entity| entity == record.entity)
            && (read.from..=read.to).contains(&record.time)
    };
    let mut found: Vec<_> = records.filter(wanted).collect();
    found.sort_by(|a, b| {
        let latency = a.latency_ms.cmp(&b.latency_ms);
        let latency = if read.descending { latency.reverse() } else { latency };
        latency.then(b.time.cmp(&a.time)).then_with(|| a.id.cmp(&b.id)).then(key(a).cmp(&key(b)))
    });
    let mut ids = HashSet::new();
    found.retain(|record| ids.insert(record.id.as_str()));
    found.into_iter().take(read.limit).cloned().collect()
}

fn given(part: &Part, read: &RecordRead) -> Vec<TopRecord> {
    let mut given = Vec::new();
    let mut take = |record: &TopRecord| {
        given.push(record.clone());
        true
    };
    assert!(part.read(read, &mut take).unwrap());
    given
}

fn questions(from: i64, len: i64, limit: usize) -> Vec<RecordRead> {
    let mut questions = Vec::new();
    for stream in TopStream::ALL {
        for entity in [None, Some(id(1)), Some(id(9))] {
            for descending in [false, true] {
                let to = from + len;
                questions.push(RecordRead { stream, entity, from, to, descending, limit });
            }
        }
    }
    questions
}

fn range(records: &[TopRecord]) -> Option<(i64, i64)> {
    let times = || records.iter().map(|record| record.time);
    Some((times().min()?, times().max()?))
}

proptest! {
    #[test]
    fn the_best_are_among_those_given(
        records in prop::collection::vec(record(), 0..200),
        from in -50_i64..400,
        len in 0_i64..500,
        limit in 0_usize..8,
    ) {
        let part = written(&records);
        prop_assert_eq!(part.times(), range(&records));
        for read in questions(from, len, limit) {
            let given = given(&part, &read);
            prop_assert_eq!(top(given.iter(), &read), top(records.iter(), &read));
            // Nothing is given that was not asked for.
            let every = RecordRead { limit: usize::MAX, ..read.clone() };
            let distinct: HashSet<_> = given.iter().map(|record| &record.id).collect();
            prop_assert_eq!(top(given.iter(), &every).len(), distinct.len());
        }
    }

    #[test]
    fn merged_parts_are_merged_records(
        parts in prop::collection::vec(prop::collection::vec(record(), 0..60), 0..4),
    ) {
        let all = parts.concat();
        let parts: Vec<_> = parts.iter().map(|records| written(records)).collect();
        let mut info = None;
        let bytes = bytes_of(|sink| {
            info = Some(merge(&parts.iter().collect::<Vec<_>>(), sink).unwrap());
        });
        let part = opened(bytes).unwrap();
        part.check().unwrap();
        let distinct: BTreeSet<_> = all.iter().map(key).collect();
        prop_assert_eq!(part.rows(), distinct.len() as u64);
        let minutes = range(&all).map(|(a, b)| (Minute::of_nanos(a), Minute::of_nanos(b)));
        prop_assert_eq!(info.map(|info| info.range), Some(minutes));
        for read in questions(i64::MIN / 2, i64::MAX, 5) {
            prop_assert_eq!(top(given(&part, &read).iter(), &read), top(all.iter(), &read));
        }
    }
}

fn plain(n: i64) -> TopRecord {
    TopRecord {
        stream: TopStream::ALL[(n % 2) as usize],
        entity: id(n as u64 % 5),
        id: format!("{:032x}.{n}-1", n * 7_919),
        statement: format!("select * from orders where id = {}", n % 1_000),
        trace_id: format!("{:032x}", n * 104_729),
        latency_ms: n * 7_919 % 10_007,
        time: n * 1_000,
    }
}

#[test]
fn frames_without_a_chance_are_not_read() {
    let records: Vec<_> = (0..20_000).map(plain).collect();
    let part = written(&records);
    for read in questions(0, i64::MAX, 10) {
        let given = given(&part, &read);
        assert_eq!(top(given.iter(), &read), top(records.iter(), &read));
        assert!(given.len() < 100, "{}", given.len());
    }
    let merged = bytes_of(|sink| {
        merge(&[&part, &part], sink).unwrap();
    });
    assert_eq!(opened(merged).unwrap().rows(), 20_000);
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let long = TopRecord { statement: "x".repeat(17 << 20), ..plain(1) };
    assert!(write(vec![long], &mut |_| Ok(())).is_err());
}

fn small() -> Vec<TopRecord> {
    (0..12).map(plain).collect()
}

fn read_all(part: &Part) {
    for read in questions(i64::MIN / 2, i64::MAX, 3) {
        let _ = part.read(&read, &mut |_| true);
    }
}

#[test]
fn every_flipped_byte_and_every_other_length_is_detected() {
    let whole = bytes_of(|sink| {
        write(small(), sink).unwrap();
    });
    opened(whole.clone()).unwrap().check().unwrap();
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        let Ok(part) = opened(damaged) else { continue };
        read_all(&part);
        assert!(part.check().is_err(), "byte {place} of {}", whole.len());
    }
    for len in 0..whole.len() {
        assert!(opened(whole[..len].to_vec()).is_err(), "{len}");
    }
    assert!(opened([whole.as_slice(), b"x"].concat()).is_err());
}

/// Bytes under right checksums that no writer writes: nothing is promised but an answer.
#[test]
fn forged_frames_do_not_panic() {
    for frame in 0..5 {
        for step in 0..300_usize {
            let xor = [0xff, 0x80, 1, 0x55][step % 4];
            let forged = mangle::with(frame, step * 3, xor, || {
                bytes_of(|sink| {
                    write(small(), sink).unwrap();
                })
            });
            if let Ok(part) = opened(forged) {
                read_all(&part);
                let _ = part.check();
                let _ = merge(&[&part, &part], &mut |_| Ok(()));
            }
        }
    }
}

/// A part as the first version of the format has it.
#[test]
fn parts_of_the_first_version_are_read() {
    let part = opened(include_bytes!("../../fixtures/1.records").to_vec()).unwrap();
    part.check().unwrap();
    for read in questions(i64::MIN / 2, i64::MAX, usize::MAX) {
        assert_eq!(top(given(&part, &read).iter(), &read), top(small().iter(), &read));
    }
}
