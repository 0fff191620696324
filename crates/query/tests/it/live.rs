//! The minute that is being filled, and the rows that are on their way from
//! there to the store.

use std::sync::Arc;

use skytrail_model::entity::Entity;
use skytrail_model::metric::MetricBlock;
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_query::metrics::MetricsCondition;
use skytrail_storage::memory;
use skytrail_storage::{Cut, LiveMetrics, MetricRead, RelationRead, Visible};

use crate::shop::{SERVICE, Shop, at, block, calls, minutes, named, service};

/// Windows that hold two minutes; what was appended behind `seen` is still in
/// them.
struct Windows {
    seen: u64,
}

impl Windows {
    fn visible(&self) -> Visible {
        let mut cut = Cut::default();
        cut.include(0, self.seen);
        Visible::UpTo(cut)
    }
}

impl LiveMetrics for Windows {
    fn metrics(&self, read: &MetricRead) -> (Vec<MetricBlock>, Visible) {
        let web = Entity::Service(service("web"));
        let block = |minute, count| block(SERVICE, at(minute), &web, &calls(count, 10));
        let blocks = vec![block(2, 5), block(3, 7), block(2, 1), block(0, 100)];
        let wanted = |block: &MetricBlock| (read.from..=read.to).contains(&block.bucket);
        (blocks.into_iter().filter(wanted).collect(), self.visible())
    }

    fn relations(&self, read: &RelationRead) -> (Vec<RelationRow>, Visible) {
        let relation = Entity::ServiceRelation { source: service("web"), dest: service("mail") };
        let row = RelationRow {
            minute: at(3),
            scope: Scope::ServiceRelation,
            relation: relation.id(),
            source: service("web").id(),
            dest: service("mail").id(),
            source_service: service("web").id(),
            dest_service: service("mail").id(),
            side: DetectPoint::Client,
            component: 2,
        };
        (vec![row].into_iter().filter(|row| read.wants(row)).collect(), self.visible())
    }
}

#[tokio::test]
async fn every_row_is_counted_once_wherever_it_is() {
    let shop = Shop::with("UTC", Arc::new(Windows { seen: 2 }));
    let web = Entity::Service(service("web"));
    shop.metric(SERVICE, 1, &web, &calls(10, 10)).await;
    shop.metric(SERVICE, 2, &web, &calls(20, 10)).await;
    // Flushed, but still live as well: only the live one counts.
    shop.metric(SERVICE, 2, &web, &calls(5, 10)).await;
    let condition = MetricsCondition { name: "service_cpm".to_owned(), entity: named("web") };
    let values =
        shop.query.read_metrics_values(&shop.ctx, &condition, &minutes(1, 4)).await.unwrap();
    let points: Vec<_> = values.values.values.iter().map(|point| point.value).collect();
    assert_eq!(points, [10, 26, 7, 0]);
}

#[tokio::test]
async fn late_rows_of_a_minute_that_the_store_answers_no_more_are_not_its_value() {
    let config = memory::Config { max_bytes: 64 << 10, ..memory::Config::default() };
    let shop = Shop::within(config, "UTC", Arc::new(Windows { seen: 1_000 }));
    let web = Entity::Service(service("web"));
    let condition = MetricsCondition { name: "service_cpm".to_owned(), entity: named("web") };
    let read = async || {
        let range = minutes(1, 4);
        let values = shop.query.read_metrics_values(&shop.ctx, &condition, &range).await.unwrap();
        values.values.values.iter().map(|point| point.value).collect::<Vec<_>>()
    };
    for minute in 0..4 {
        shop.metric(SERVICE, minute, &web, &calls(10, 10)).await;
    }
    assert_eq!(read().await, [10, 16, 17, 0]);
    for minute in 4..104 {
        shop.metric(SERVICE, minute, &web, &calls(10, 10)).await;
    }
    // Room had to be made: what is live of these minutes is but a part of them.
    assert_eq!(read().await, [0, 0, 0, 0]);
}

#[tokio::test]
async fn a_call_is_in_the_graph_while_its_minute_is_filled() {
    let shop = Shop::with("UTC", Arc::new(Windows { seen: 100 }));
    for name in ["web", "mail"] {
        shop.general(name).await;
    }
    let graph = shop.query.get_global_topology(&shop.ctx, &minutes(0, 4), None).await.unwrap();
    assert_eq!(graph.calls.len(), 1);
    assert_eq!(graph.nodes.len(), 2);
    let earlier = shop.query.get_global_topology(&shop.ctx, &minutes(0, 2), None).await.unwrap();
    assert!(earlier.calls.is_empty());
}
