//! Parts of metrics, relations and records with anything in them: read, checked and
//! merged, or refused.

#![no_main]

mod edits;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use skytrail_columns::Fetch;
use skytrail_model::entity::EntityId;
use skytrail_model::metric::{
    Catalogue, Cell, Column, ColumnId, Histogram, Merge, MetricBlock, Row, Table, TableId,
};
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_series::metrics::Target;
use skytrail_series::{metrics, records, relations};
use skytrail_storage::{
    ColumnSelection, Edge, EntitySelection, HourMinutes, Origin, RecordRead, RelationRead, Visible,
};

fn id(number: u64) -> EntityId {
    EntityId(u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(number))
}

fn catalogue() -> &'static Arc<Catalogue> {
    static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let column = |(name, merge): (&str, Merge)| Column { name: name.to_owned(), merge };
        let columns = [
            ("count", Merge::Sum),
            ("latency", Merge::Histogram),
            ("max", Merge::Max),
            ("min", Merge::Min),
            ("by code", Merge::Labels),
        ];
        let columns: Vec<_> = columns.map(column).into();
        let table = |name: &str, columns| Table { name: name.into(), scope: Scope::Service, columns };
        let few = columns[..2].to_vec();
        Arc::new(Catalogue::new(vec![table("Service", columns), table("Other", few)], Vec::new()))
    })
}

fn bytes_of(write: impl FnOnce(&mut dyn FnMut(&[u8]) -> io::Result<()>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut |more: &[u8]| {
        bytes.extend_from_slice(more);
        Ok(())
    });
    bytes
}

fn origin(n: i64) -> Origin {
    Origin { shard: 0, sequence: 1 + n as u64 / 6 }
}

fn of_metrics() -> Vec<u8> {
    let mut rows = Vec::new();
    for n in 0..12_i64 {
        let number = TableId((n % 2) as u16);
        let Some(table) = catalogue().table(number) else { continue };
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
                    Cell::Labels(labels) => drop(labels.insert(format!("label {}", n % 3), n)),
                }
            }
            block.push(id(entity as u64), &row);
        }
        rows.push((Some(origin(n)), Arc::new(block)));
    }
    bytes_of(|sink| drop(metrics::write(catalogue(), Downsampling::Minute, &rows, sink)))
}

fn of_relations() -> Vec<u8> {
    let edge = |n: i64| Edge {
        scope: [Scope::ServiceRelation, Scope::EndpointRelation][(n % 2) as usize],
        relation: id(n as u64 % 7),
        source: id(n as u64 % 5),
        dest: id(n as u64 % 3),
        source_service: id(1),
        dest_service: id(2),
        side: if n % 3 == 0 { DetectPoint::Client } else { DetectPoint::Server },
        component: n as i32 % 4,
    };
    let mut rows = BTreeMap::new();
    for n in 0..60 {
        let (edge, HourMinutes { hour, minutes }) = (edge(n), HourMinutes::of(Minute(90 + n * 3)));
        *rows.entry((edge.scope, hour, edge, origin(n))).or_insert(0) |= minutes;
    }
    let seen = |((_, hour, edge, origin), minutes): (&(_, i64, Edge, Origin), &u64)| {
        let minutes = HourMinutes { hour: *hour, minutes: *minutes };
        relations::Seen { edge: *edge, minutes, origin: Some(*origin) }
    };
    bytes_of(|sink| {
        relations::write(|| rows.iter().map(seen), sink).expect("rows in their order");
    })
}

fn record(n: i64) -> TopRecord {
    TopRecord {
        stream: TopStream::ALL[n as usize % 4],
        entity: id(n as u64 % 5),
        id: format!("record {n}"),
        statement: format!("select {n}"),
        trace_id: format!("trace {n}"),
        latency_ms: n * 31 % 17,
        time: 1_000 + n * 7,
    }
}

fn of_records() -> Vec<u8> {
    bytes_of(|sink| drop(records::write((0..60).map(record).collect(), sink)))
}

fn fetched(file: Vec<u8>) -> (Arc<dyn Fetch>, u64) {
    let len = file.len() as u64;
    (Arc::new(Bytes::from(file)), len)
}

fn read_metrics(file: Vec<u8>) {
    let (fetch, len) = fetched(file);
    let Ok(part) = metrics::Part::open(fetch, len, catalogue()) else { return };
    let some = EntitySelection::these(vec![id(1), id(4)]);
    for table in 0..2 {
        for entities in [&EntitySelection::All, &some] {
            for columns in [ColumnSelection::All, ColumnSelection::these(vec![ColumnId(1)])] {
                let selection = part.select(TableId(table), entities, &columns, &|_| true);
                let Ok(Some(mut selection)) = selection else { continue };
                let buckets = selection.buckets(Minute(i64::MIN), Minute(i64::MAX));
                for bucket in buckets.unwrap_or_default().into_iter().take(100) {
                    let _ = selection.read(bucket, &mut |_| true);
                }
            }
        }
    }
    let _ = part.check();
    for downsampling in [Downsampling::Minute, Downsampling::Hour, Downsampling::Day] {
        let target = Target { downsampling, zone: &Zone::utc(), from: Minute(101) };
        let _ = metrics::merge(&[&part, &part], &target, &mut |_| Ok(()));
    }
}

fn read_relations(file: Vec<u8>) {
    let (fetch, len) = fetched(file);
    let Ok(part) = relations::Part::open(fetch, len) else { return };
    for scope in [Scope::ServiceRelation, Scope::EndpointRelation] {
        for touching in [EntitySelection::All, EntitySelection::these(vec![id(1), id(3)])] {
            let (from, to) = (Minute(100), Minute(200));
            let read = RelationRead { scope, touching, from, to, visible: Visible::All };
            let mut left = 10_000;
            let mut take = |_: &_, _: _| {
                left -= 1;
                left > 0
            };
            let _ = part.read(&read, &|_| true, &mut take);
        }
    }
    let _ = part.check();
    let _ = relations::merge(&[&part, &part], &mut |_| Ok(()));
}

fn read_records(file: Vec<u8>) {
    let (fetch, len) = fetched(file);
    let Ok(part) = records::Part::open(fetch, len) else { return };
    for stream in TopStream::ALL {
        for entity in [None, Some(id(2))] {
            let (from, to) = (i64::MIN, i64::MAX);
            let read = RecordRead { stream, entity, from, to, descending: true, limit: 10 };
            let _ = part.read(&read, &mut |_| true);
        }
    }
    let _ = part.check();
    let _ = records::merge(&[&part, &part], &mut |_| Ok(()));
}

fuzz_target!(|input: &[u8]| {
    static PARTS: OnceLock<[Vec<u8>; 3]> = OnceLock::new();
    let parts = PARTS.get_or_init(|| [of_metrics(), of_relations(), of_records()]);
    let Some((which, changes)) = input.split_first() else { return };
    let which = usize::from(*which);
    let file = match which / 3 % 4 {
        3 => changes.to_vec(),
        _ => edits::edited(&parts[which % 3], changes),
    };
    [read_metrics, read_relations, read_records][which % 3](file);
});
