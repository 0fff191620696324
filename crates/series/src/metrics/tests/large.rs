//! Groups of many frames.

use std::sync::Arc;

use skytrail_model::entity::EntityId;
use skytrail_model::metric::{Cell, Histogram, MetricBlock, Row, TableId};
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::EntitySelection;

use super::{ALL, Rows, bytes_of, id, model, old_catalogue, opened, read, seen_with, written};
use crate::metrics::{Target, merge};

/// Every `step`th of 6,000 entities.
fn rows(bucket: i64, step: usize) -> Rows {
    let entities = (0..6_000_u64).step_by(step);
    rows_of(bucket, entities.map(|number| (number, id(number))))
}

/// Entities by numbers, with histograms so full that they fill frames.
fn rows_of(bucket: i64, entities: impl Iterator<Item = (u64, EntityId)>) -> Rows {
    let catalogue = old_catalogue();
    let table = catalogue.table(TableId(2)).unwrap();
    let mut block = MetricBlock::empty(TableId(2), table, Minute(bucket));
    for (entity, id) in entities {
        let mut histogram = Histogram::default();
        let len = if entity % 4 == 0 { 90 } else { 2 };
        (0..len).for_each(|n| histogram.add_bucket((n * 17 + entity % 13) as u16, 1 + entity % 5));
        let cells = vec![Cell::Int((entity * entity) as i64), Cell::Histogram(histogram)];
        block.push(id, &Row { cells });
    }
    vec![(None, Arc::new(block))]
}

#[test]
fn groups_of_many_frames_are_read_and_merged() {
    // In two minutes, so that all rows meet others, and in four, so that none do.
    for minutes in [2, 4] {
        let all: Vec<_> = (0..4).map(|n| rows(120 + n % minutes, 1 + n as usize)).collect();
        are_read_and_merged(&all);
    }
}

#[test]
fn frames_between_those_of_others_are_merged() {
    let part = |of: std::ops::Range<u64>| of.map(|n| (n, EntityId(n.into())));
    let all = [
        rows_of(120, part(0..5_000)),
        // Behind the others, in their midst, and in a frame of few rows before and behind them.
        rows_of(120, part(5_000..9_000)),
        rows_of(120, part(2_500..2_501).chain(part(9_500..9_600))),
        rows_of(121, part(0..3).chain(part(4_000..6_000))),
    ];
    are_read_and_merged(&all);
}

fn are_read_and_merged(all: &[Rows]) {
    let catalogue = old_catalogue();
    let parts: Vec<_> =
        all.iter().map(|rows| written(&catalogue, Downsampling::Minute, rows)).collect();
    let expected = |bucket: &dyn Fn(Minute) -> Option<Minute>, rows: &Rows| {
        seen_with(&catalogue, &model(&catalogue, rows, &|_| true, bucket), &ALL)
    };
    let one = read(&parts[0], &catalogue, &EntitySelection::All, &ALL, &|_| true);
    assert_eq!(one, expected(&Some, &all[0]));
    let zone = Zone::utc();
    for downsampling in [Downsampling::Minute, Downsampling::Hour] {
        let target = Target { downsampling, zone: &zone, from: Minute(0) };
        let bytes = bytes_of(|sink| {
            merge(&parts.iter().collect::<Vec<_>>(), &target, sink).unwrap();
        });
        let part = opened(bytes, &catalogue).unwrap();
        part.check().unwrap();
        let together: Rows = all.iter().flatten().cloned().collect();
        let bucket = |minute| Some(zone.bucket(downsampling, minute));
        let expected = expected(&bucket, &together);
        assert_eq!(read(&part, &catalogue, &EntitySelection::All, &ALL, &|_| true), expected);
        let some = EntitySelection::these(vec![id(0), id(3_000), id(5_999)]);
        let few = read(&part, &catalogue, &some, &ALL, &|_| true);
        let is_some = |key: &super::Key| some.contains(key.2);
        let expected: super::BTreeMap<_, _> =
            expected.into_iter().filter(|(key, _)| is_some(key)).collect();
        assert_eq!(few, expected);
    }
}
