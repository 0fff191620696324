//! Parts against a map of edges and minutes.

mod hidden;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use skytrail_model::entity::EntityId;
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::{Edge, EntitySelection, HourMinutes, Origin, RelationRead, Visible};

use super::{Part, Seen, merge};
use crate::container::mangle;

type Rows = Vec<(Option<Origin>, RelationRow)>;
/// Minutes by edge and hour.
type Model = BTreeMap<(Edge, i64), u64>;

const SCOPES: [Scope; 3] =
    [Scope::ServiceRelation, Scope::ServiceInstanceRelation, Scope::EndpointRelation];

fn id(number: u64) -> EntityId {
    EntityId(u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(number))
}

fn row(minute: i64, scope: usize, ends: (u64, u64), side: bool, component: i32) -> RelationRow {
    let (source, dest) = ends;
    RelationRow {
        minute: Minute(minute),
        scope: SCOPES[scope % 3],
        relation: id(source * 100 + dest),
        source: id(source),
        dest: id(dest),
        source_service: id(source / 4),
        dest_service: id(dest / 4),
        side: if side { DetectPoint::Server } else { DetectPoint::Client },
        component,
    }
}

fn rows(has_origins: bool) -> impl Strategy<Value = Rows> {
    let origin = prop::option::weighted(0.8, (0_u16..3, 1_u64..5));
    let ends = (0_u64..9, 0_u64..9);
    let row = (-100_i64..200, 0_usize..3, ends, any::<bool>(), 0_i32..3).prop_map(
        |(minute, scope, ends, side, component)| row(minute, scope, ends, side, component),
    );
    let pair = move |(origin, row): (Option<(u16, u64)>, RelationRow)| {
        let origin = origin.filter(|_| has_origins);
        (origin.map(|(shard, sequence)| Origin { shard, sequence }), row)
    };
    prop::collection::vec((origin, row).prop_map(pair), 0..120)
}

fn model(rows: &Rows, sees: &dyn Fn(Origin) -> bool) -> Model {
    let mut model = Model::new();
    for (_, row) in rows.iter().filter(|(origin, _)| origin.is_none_or(sees)) {
        let HourMinutes { hour, minutes } = HourMinutes::of(row.minute);
        *model.entry((Edge::from(row), hour)).or_default() |= minutes;
    }
    model
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

/// Writes rows in their order, joined where they differ by the minute alone.
fn write(rows: &Rows, sink: crate::Sink<'_>) -> skytrail_columns::Result<crate::PartInfo> {
    let mut joined: BTreeMap<_, u64> = BTreeMap::new();
    for (origin, row) in rows {
        let HourMinutes { hour, minutes } = HourMinutes::of(row.minute);
        *joined.entry((row.scope, hour, Edge::from(row), *origin)).or_default() |= minutes;
    }
    let seen = |((_, hour, edge, origin), minutes): (&(Scope, i64, Edge, _), &u64)| {
        let minutes = HourMinutes { hour: *hour, minutes: *minutes };
        Seen { edge: *edge, minutes, origin: *origin }
    };
    super::write(|| joined.iter().map(seen), sink)
}

fn written(rows: &Rows) -> Part {
    let bytes = bytes_of(|sink| {
        write(rows, sink).unwrap();
    });
    let part = opened(bytes).unwrap();
    part.check().unwrap();
    part
}

fn question(scope: Scope, touching: EntitySelection, from: i64, to: i64) -> RelationRead {
    let (from, to) = (Minute(from), Minute(to));
    RelationRead { scope, touching, from, to, visible: Visible::All }
}

fn read(part: &Part, read: &RelationRead, sees: &dyn Fn(Origin) -> bool) -> Model {
    let mut found = Model::new();
    let mut last = i64::MIN;
    let mut take = |edge: &Edge, minutes: HourMinutes| {
        assert!(minutes.minutes != 0 && minutes.hour >= last);
        last = minutes.hour;
        *found.entry((*edge, minutes.hour)).or_default() |= minutes.minutes;
        true
    };
    assert!(part.read(read, sees, &mut take).unwrap());
    found
}

fn expected(model: &Model, read: &RelationRead) -> Model {
    let within = |((edge, hour), minutes): (&(Edge, i64), &u64)| {
        let minutes = HourMinutes { hour: *hour, minutes: *minutes }.within(read.from, read.to);
        (read.wants_edge(edge) && minutes.minutes != 0).then_some(((*edge, *hour), minutes.minutes))
    };
    model.iter().filter_map(within).collect()
}

fn range(model: &Model) -> Option<(Minute, Minute)> {
    let rows = |((_, hour), minutes): (&(Edge, i64), &u64)| {
        HourMinutes { hour: *hour, minutes: *minutes }.iter().collect::<Vec<_>>()
    };
    let minutes: Vec<_> = model.iter().flat_map(rows).collect();
    Some((minutes.iter().min().copied()?, minutes.iter().max().copied()?))
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        rows in rows(true),
        sees in prop::collection::btree_set((0_u16..3, 1_u64..5), 0..12),
        some in prop::collection::vec(0_u64..12, 0..4),
        from in -150_i64..250,
        len in 0_i64..200,
    ) {
        let part = written(&rows);
        let sees = |origin: Origin| sees.contains(&(origin.shard, origin.sequence));
        let (all, seen) = (model(&rows, &|_| true), model(&rows, &sees));
        prop_assert_eq!(part.minutes(), range(&all));
        let some = EntitySelection::these(some.into_iter().map(id).collect());
        for scope in SCOPES {
            for touching in [&EntitySelection::All, &some] {
                for (from, to) in [(i64::MIN, i64::MAX), (from, from + len)] {
                    let question = question(scope, touching.clone(), from, to);
                    let expected = expected(&seen, &question);
                    prop_assert_eq!(read(&part, &question, &sees), expected);
                }
            }
        }
        // Edges that are there, and some that differ from them a little.
        let held: Vec<_> = all.keys().map(|(edge, _)| *edge).collect();
        let other = |edge: &Edge| Edge { component: edge.component + 3, ..*edge };
        let foreign = |edge: &Edge| Edge { dest_service: id(77), ..*edge };
        let others = held.iter().map(other).chain(held.iter().map(foreign));
        let asked: Vec<_> = held.iter().copied().chain(others).collect();
        let answer: Vec<_> = (0..asked.len()).map(|place| place < held.len()).collect();
        prop_assert_eq!(part.hold(&asked).unwrap(), answer);
    }

    #[test]
    fn merged_parts_are_merged_rows(first in rows(true), second in rows(false), third in rows(true)) {
        let parts = [&first, &second, &third].map(written);
        let mut info = None;
        let bytes = bytes_of(|sink| {
            info = Some(merge(&parts.iter().collect::<Vec<_>>(), sink).unwrap());
        });
        let part = opened(bytes).unwrap();
        part.check().unwrap();
        let together: Rows = [first, second, third].concat();
        let model = model(&together, &|_| true);
        prop_assert_eq!((part.rows(), part.has_origins()), (model.len() as u64, false));
        prop_assert_eq!(info.map(|info| info.range), Some(range(&model)));
        for scope in SCOPES {
            let question = question(scope, EntitySelection::All, i64::MIN, i64::MAX);
            let expected = expected(&model, &question);
            prop_assert_eq!(read(&part, &question, &|_| false), expected);
        }
    }
}

/// More edges than a page holds, and an edge with more appends than a frame has rows.
fn many() -> [Rows; 2] {
    let edge = |n: u64| row((n % 240) as i64, 1, (n, n * 7 % 500), n.is_multiple_of(2), 5);
    let first = (0..3_000).map(|n| (None, edge(n))).collect();
    let often = |n: u64| {
        let origin = Origin { shard: 1, sequence: n + 1 };
        (Some(origin), row((n % 60) as i64, 1, (n % 3, 1), true, 5))
    };
    [first, (0..9_000).map(often).chain((1_000..5_000).map(|n| (None, edge(n)))).collect()]
}

#[test]
fn many_pages_of_edges_are_read_and_merged() {
    let rows = many();
    let parts = rows.each_ref().map(written);
    let question = question(SCOPES[1], EntitySelection::All, i64::MIN, i64::MAX);
    for (part, rows) in parts.iter().zip(&rows) {
        let model = model(rows, &|_| true);
        assert_eq!(read(part, &question, &|_| true), model);
        let held: Vec<_> = model.keys().map(|(edge, _)| *edge).collect();
        assert!(part.hold(&held).unwrap().into_iter().all(|held| held));
    }
    let bytes = bytes_of(|sink| {
        merge(&[&parts[0], &parts[1]], sink).unwrap();
    });
    let part = opened(bytes).unwrap();
    part.check().unwrap();
    let together = model(&rows.concat(), &|_| true);
    assert_eq!(read(&part, &question, &|_| true), together);
}

fn small() -> Rows {
    let row = |n: i64| {
        let origin = Origin { shard: 0, sequence: 1 + n as u64 % 2 };
        (Some(origin), row(n * 11, n as usize, (n as u64 % 4, n as u64 % 5), n % 3 == 0, 7))
    };
    (0..24).map(row).collect()
}

#[test]
fn rows_out_of_order_are_refused() {
    let mut rows = [3, 1].map(|n| {
        let row = row(7, 0, (n, 1), true, 7);
        let minutes = HourMinutes::of(row.minute);
        Seen { edge: Edge::from(&row), minutes, origin: None }
    });
    rows.sort_unstable_by_key(|seen| seen.edge);
    let [one, other] = rows;
    let of = |rows: [Seen; 2]| super::write(|| rows.into_iter(), &mut |_| Ok(())).is_ok();
    assert!(of([one, other]));
    assert!(!of([other, one]) && !of([one, one]));
}

fn read_all(part: &Part) {
    let edge = Edge::from(&row(0, 0, (0, 0), true, 7));
    for scope in SCOPES {
        for touching in [EntitySelection::All, EntitySelection::these(vec![id(1)])] {
            let question = question(scope, touching, i64::MIN, i64::MAX);
            let _ = part.read(&question, &|_| true, &mut |_, _| true);
        }
    }
    let _ = part.hold(&[edge]);
}

#[test]
fn every_flipped_byte_and_every_other_length_is_detected() {
    let whole = bytes_of(|sink| {
        write(&small(), sink).unwrap();
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
    for frame in 0..12 {
        for step in 0..120_usize {
            let xor = [0xff, 0x80, 1, 0x55][step % 4];
            let forged = mangle::with(frame, step * 5, xor, || {
                bytes_of(|sink| {
                    write(&small(), sink).unwrap();
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
    let part = opened(include_bytes!("../../fixtures/1.relations").to_vec()).unwrap();
    part.check().unwrap();
    let model = model(&small(), &|_| true);
    let questions = SCOPES.map(|scope| question(scope, EntitySelection::All, i64::MIN, i64::MAX));
    let found = questions.iter().flat_map(|question| read(&part, question, &|_| true));
    assert_eq!(found.collect::<Model>(), model);
}
