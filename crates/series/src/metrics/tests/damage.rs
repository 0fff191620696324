//! Parts that are not what was written.

use std::sync::Arc;

use skytrail_model::metric::{Cell, ColumnId, Histogram, MetricBlock, Row, TableId};
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::{ColumnSelection, EntitySelection, Origin};

use super::{ALL, Rows, bytes_of, id, model, old_catalogue, opened, seen_with};
use crate::container::mangle;
use crate::metrics::{Part, Target, merge, write};

/// Two tables, three buckets, all kinds of columns, two origins.
fn rows() -> Rows {
    let catalogue = old_catalogue();
    let mut rows = Rows::new();
    for n in 0..12_i64 {
        let number = TableId((n % 2) as u16);
        let table = catalogue.table(number).unwrap();
        let mut block = MetricBlock::empty(number, table, Minute(100 + n / 4));
        for entity in 0..5 {
            let mut row = Row::empty(table);
            for cell in &mut row.cells {
                match cell {
                    Cell::Int(value) => *value = n * 37 + entity * entity,
                    Cell::Histogram(counts) => {
                        *counts = Histogram::default();
                        (0..n).for_each(|value| counts.add(value * 1_000 * entity));
                    }
                    Cell::Labels(labels) => {
                        labels.insert(format!("label {}", n % 3), n);
                    }
                }
            }
            block.push(id(entity as u64), &row);
        }
        let origin = Origin { shard: 0, sequence: 1 + n as u64 / 6 };
        rows.push((Some(origin), Arc::new(block)));
    }
    rows
}

fn whole() -> Vec<u8> {
    let rows = rows();
    bytes_of(|sink| {
        write(&old_catalogue(), Downsampling::Minute, &rows, sink).unwrap();
    })
}

/// Reads all that can be read, whatever comes of it.
fn read(part: &Part) {
    let some = EntitySelection::these(vec![id(1), id(4)]);
    for table in 0..3 {
        for entities in [&EntitySelection::All, &some] {
            for columns in [ColumnSelection::All, ColumnSelection::these(vec![ColumnId(1)])] {
                let selection = part.select(TableId(table), entities, &columns, &|_| true);
                let Ok(Some(mut selection)) = selection else { continue };
                let buckets = selection.buckets(Minute(i64::MIN), Minute(i64::MAX));
                for bucket in buckets.unwrap_or_default() {
                    let _ = selection.read(bucket, &mut |_| true);
                }
            }
        }
    }
}

#[test]
fn every_flipped_byte_is_detected() {
    let whole = whole();
    opened(whole.clone(), &old_catalogue()).unwrap().check().unwrap();
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        let part = opened(damaged, &old_catalogue());
        let Ok(part) = part else { continue };
        read(&part);
        assert!(part.check().is_err(), "byte {place} of {}", whole.len());
    }
}

#[test]
fn every_other_length_is_detected() {
    let whole = whole();
    for len in 0..whole.len() {
        assert!(opened(whole[..len].to_vec(), &old_catalogue()).is_err(), "{len}");
    }
    assert!(opened([whole.as_slice(), b"x"].concat(), &old_catalogue()).is_err());
}

/// Bytes under right checksums that no writer writes: nothing is promised but an answer.
#[test]
fn forged_frames_do_not_panic() {
    let rows = rows();
    for frame in 0..32 {
        for step in 0..48_usize {
            let xor = [0xff, 0x80, 1, 0x55][step % 4];
            let forged = mangle::with(frame, step * 11, xor, || {
                bytes_of(|sink| {
                    write(&old_catalogue(), Downsampling::Minute, &rows, sink).unwrap();
                })
            });
            if let Ok(part) = opened(forged, &old_catalogue()) {
                read(&part);
                let _ = part.check();
                let zone = Zone::utc();
                for from in [Minute(0), Minute(102)] {
                    let target = Target { downsampling: Downsampling::Hour, zone: &zone, from };
                    let _ = merge(&[&part, &part], &target, &mut |_| Ok(()));
                }
            }
        }
    }
}

/// A part as the first version of the format has it.
#[test]
fn parts_of_the_first_version_are_read() {
    let held = include_bytes!("../../../fixtures/1.metrics").to_vec();
    let catalogue = old_catalogue();
    let part = opened(held, &catalogue).unwrap();
    part.check().unwrap();
    let sees = |origin: Origin| origin.sequence == 2;
    for sees in [&sees as &dyn Fn(Origin) -> bool, &|_| true] {
        let model = model(&catalogue, &rows(), sees, &Some);
        let found = super::read(&part, &catalogue, &EntitySelection::All, &ALL, sees);
        assert_eq!(found, seen_with(&catalogue, &model, &ALL));
    }
}
