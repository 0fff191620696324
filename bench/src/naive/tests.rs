//! The naive version and the analysis agree on every value of every metric, so
//! that the ratio of their costs compares equal work.

use std::collections::{BTreeMap, HashMap};

use skytrail_analysis::{Config, Rules};
use skytrail_demo::shop::Shop;
use skytrail_model::entity::{ChildRef, Entity, EntityId, ServiceRef};
use skytrail_model::metric::histogram::middle_of;
use skytrail_model::metric::{MetricValue, Row};
use skytrail_model::time::{Downsampling, Minute};

use super::key::SEPARATOR;
use super::{Cell, Naive};
use crate::rows::{batches, shard};
use crate::workload::Workload;

/// Unix time in nanoseconds.
const START: i64 = 1_767_607_200_000_000_000;

/// Beginning of a metric's name, and the source that it is about; longer ones first.
const SOURCES: &[(&str, &str)] = &[
    ("service_relation_client_", "client ServiceRelation"),
    ("service_relation_server_", "server ServiceRelation"),
    ("service_instance_relation_client_", "client ServiceInstanceRelation"),
    ("service_instance_relation_server_", "server ServiceInstanceRelation"),
    ("endpoint_relation_", "EndpointRelation"),
    ("service_instance_", "ServiceInstance"),
    ("service_", "Service"),
    ("endpoint_", "Endpoint"),
    ("database_access_", "DatabaseAccess"),
    ("cache_access_", "CacheAccess"),
    ("cache_read_", "read CacheAccess"),
    ("cache_write_", "write CacheAccess"),
    ("mq_service_consume_", "consume MQAccess"),
    ("mq_service_produce_", "produce MQAccess"),
    ("mq_endpoint_consume_", "consume MQEndpointAccess"),
    ("mq_endpoint_produce_", "produce MQEndpointAccess"),
];

type Values = BTreeMap<(i64, EntityId), Vec<i64>>;

#[test]
fn every_metric_of_the_shop_and_of_the_benchmark_has_the_same_values() {
    let mut shop = Shop::new(3);
    let requests = (0..400).flat_map(|n| shop.request(START + n * 700_000_000));
    let busy = compare(&Workload::of(requests.collect()));
    for source in SOURCES.iter().map(|(_, source)| source) {
        assert!(busy.get(source).is_some_and(|count| *count > 0), "no {source} in the shop");
    }
    compare(&Workload::new(3_000));
}

/// Gives the number of entities and minutes by source.
fn compare(workload: &Workload) -> HashMap<&'static str, usize> {
    let mut naive = Naive::default();
    let mut shard = shard().unwrap();
    for batch in batches(workload).unwrap() {
        naive.take(&batch.spans);
        shard.process(&batch);
    }
    let settings = Config::default().validate().unwrap();
    let catalogue = Rules::load(&settings).unwrap().catalogue();
    let blocks = shard.drain().metrics;
    let mut compared = 0;
    for metric in catalogue.metrics().iter().filter(|m| !m.name.starts_with("instance_jvm_")) {
        let table = catalogue.table(metric.table).unwrap();
        let mut rows: BTreeMap<(i64, EntityId), Row> = BTreeMap::new();
        for block in blocks.iter().filter(|block| block.table == metric.table) {
            for (at, entity) in block.entities.iter().enumerate() {
                let row = Row { cells: block.columns.iter().map(|c| c.cell(at)).collect() };
                rows.entry((block.bucket.0, *entity))
                    .or_insert_with(|| Row::empty(table))
                    .merge(table, &row);
            }
        }
        let value = |row: &Row| numbers(metric.formula.value(row, Downsampling::Minute));
        let ours: Values = rows.iter().filter_map(|(key, row)| Some((*key, value(row)?))).collect();
        let theirs = expected(&naive, &metric.name);
        assert_eq!(ours.len(), theirs.len(), "{}", metric.name);
        for (key, expected) in &theirs {
            let name = &metric.name;
            assert_eq!(ours.get(key), Some(expected), "{name} {:?} {key:?}", Minute(key.0));
        }
        compared += 1;
    }
    assert_eq!(compared, 63);
    naive.sources.iter().map(|(source, cells)| (*source, cells.len())).collect()
}

fn numbers(value: MetricValue) -> Option<Vec<i64>> {
    match value {
        MetricValue::Absent => None,
        MetricValue::Single(value) => Some(vec![value as i64]),
        MetricValue::Labelled(_, values) => Some(values.iter().map(|v| v.1 as i64).collect()),
    }
}

fn expected(naive: &Naive, metric: &str) -> Values {
    let (prefix, source) = SOURCES.iter().find(|(prefix, _)| metric.starts_with(prefix)).unwrap();
    let what = metric.strip_prefix(prefix).unwrap();
    let unit = if metric.starts_with("mq_") { 1 } else { 1000 };
    let Some(cells) = naive.sources.get(source) else { return Values::new() };
    cells
        .iter()
        .filter_map(|(key, cell)| Some((identify(source, key), value(what, unit, cell)?)))
        .collect()
}

/// `unit` is what a millisecond is counted in.
fn value(what: &str, unit: i64, cell: &Cell) -> Option<Vec<i64>> {
    let average = |sum: i64, count: i64| sum.checked_div(count);
    let value = match what {
        "cpm" => Some(cell.count),
        "sla" | "call_sla" => average(cell.successful * 10_000, cell.count),
        "resp_time" | "latency" => average(cell.latency / unit, cell.count),
        "apdex" => average(cell.satisfied * 10_000 + cell.tolerated * 5_000, cell.count),
        "mq_consume_count" => Some(cell.consumed).filter(|count| *count > 0),
        "mq_consume_latency" => average(cell.transmission, cell.transmitted),
        "percentile" => {
            return Some([50, 75, 90, 95, 99].map(|rank| rank_of(cell, rank, unit)).to_vec());
        }
        other => panic!("what is {other}?"),
    };
    value.map(|value| vec![value])
}

fn rank_of(cell: &Cell, rank: i64, unit: i64) -> i64 {
    let sorted: BTreeMap<_, _> = cell.histogram.iter().collect();
    let roof = (cell.count * rank + 50) / 100;
    let mut reached = 0;
    for (bucket, count) in sorted {
        reached += *count as i64;
        if reached >= roof {
            return (middle_of(*bucket) + unit / 2) / unit;
        }
    }
    panic!("no value at rank {rank}")
}

/// The minute and the entity of a naive key.
fn identify(source: &str, key: &str) -> (i64, EntityId) {
    let parts: Vec<&str> = key.split(SEPARATOR).collect();
    let service =
        |at: usize| ServiceRef { name: parts[at].to_owned(), normal: parts[at + 1] == "1" };
    let child = |at: usize| ChildRef { service: service(at), name: parts[at + 2].to_owned() };
    let entity = match source {
        "ServiceInstance" => Entity::Instance(child(1)),
        "client ServiceRelation" | "server ServiceRelation" => {
            Entity::ServiceRelation { source: service(1), dest: service(3) }
        }
        "client ServiceInstanceRelation" | "server ServiceInstanceRelation" => {
            Entity::InstanceRelation { source: child(1), dest: child(4) }
        }
        "EndpointRelation" => Entity::EndpointRelation { source: child(1), dest: child(4) },
        source if source.contains("Endpoint") => Entity::Endpoint(child(1)),
        _ => Entity::Service(service(1)),
    };
    (parts[0].parse().unwrap(), entity.id())
}
