//! Slow statements.

use skytrail_model::record::{TopRecord, TopStream};
use skytrail_query::metrics::TopNCondition;
use skytrail_query::records::{RecordCondition, TopNRecordsCondition};
use skytrail_query::{EntityCondition, Order};
use skytrail_storage::Storage;

use crate::shop::{Shop, at, conjectured, minutes};

async fn shop() -> Shop {
    let shop = Shop::new();
    let record = |id: &str, latency_ms, minute| TopRecord {
        stream: TopStream::DatabaseStatement,
        entity: conjectured("db:3306").id(),
        id: id.to_owned(),
        statement: format!("select {id}"),
        trace_id: format!("trace-{id}"),
        latency_ms,
        time: at(minute).start_nanos(),
    };
    let records = vec![record("a", 300, 1), record("b", 900, 2), record("c", 5000, 50)];
    shop.storage.records().append(shop.origin(), records).await.unwrap();
    shop
}

fn database() -> EntityCondition {
    EntityCondition {
        service_name: Some("db:3306".to_owned()),
        normal: Some(false),
        ..EntityCondition::default()
    }
}

#[tokio::test]
async fn records_come_in_every_form() {
    let shop = shop().await;
    let (query, ctx, range) = (&shop.query, &shop.ctx, minutes(0, 5));
    let name = "top_n_database_statement".to_owned();
    let condition = RecordCondition {
        name: name.clone(),
        parent_entity: database(),
        top_n: 5,
        order: Order::Des,
    };
    let records = query.read_records(ctx, &condition, &range).await.unwrap();
    let shown: Vec<_> = records.iter().map(|r| (r.name.as_str(), r.value.as_str())).collect();
    assert_eq!(shown, [("select b", "900"), ("select a", "300")]);
    assert_eq!((records[0].id.as_str(), records[0].ref_id.as_str()), ("trace-b", "trace-b"));

    let older = TopNCondition {
        name: name.clone(),
        parent_service: Some("db:3306".to_owned()),
        normal: Some(false),
        top_n: 1,
        order: Order::Asc,
    };
    let records = query.read_sampled_records(ctx, &older, &range).await.unwrap();
    assert_eq!(records[0].name, "select a");
    let oldest = TopNRecordsCondition {
        service_id: "ZGI6MzMwNg==.0".to_owned(),
        metric_name: name,
        top_n: 1,
        order: Order::Des,
        duration: range,
    };
    let records = query.get_top_n_records(ctx, &oldest).await.unwrap();
    assert_eq!((records[0].latency, records[0].trace_id.as_str()), (900, "trace-b"));
}

#[tokio::test]
async fn expressions_list_them_with_their_traces() {
    let shop = shop().await;
    let (query, ctx, range) = (&shop.query, &shop.ctx, minutes(0, 5));
    let expression = "top_n(top_n_database_statement, 1, des)";
    let result = query.exec_expression(ctx, expression, &database(), &range).await.unwrap();
    assert_eq!(result.r#type.name(), "RECORD_LIST");
    let value = &result.results[0].values[0];
    assert_eq!(value.id.as_deref(), Some("select b"));
    assert_eq!(value.value.as_deref(), Some("900"));
    assert_eq!(value.trace_id.as_deref(), Some("trace-b"));
    let plain =
        query.exec_expression(ctx, "top_n_database_statement", &database(), &range).await.unwrap();
    assert!(plain.error.unwrap().contains("need top_n function"));
}
