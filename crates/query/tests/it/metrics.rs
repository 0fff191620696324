//! Values and rankings in the forms before MQE.

use skytrail_model::entity::Entity;
use skytrail_model::layer::LayerSet;
use skytrail_query::metrics::{MetricsCondition, MetricsType, TopNCondition};
use skytrail_query::{EntityCondition, Order};

use crate::shop::{ENDPOINT, SERVICE, Shop, calls, child, hours, minutes, named, service};

async fn shop() -> Shop {
    let shop = Shop::new();
    shop.general("web").await;
    let web = Entity::Service(service("web"));
    shop.metric(SERVICE, 1, &web, &calls(10, 30)).await;
    // Two partials of one minute are one value.
    shop.metric(SERVICE, 2, &web, &calls(5, 40)).await;
    shop.metric(SERVICE, 2, &web, &calls(15, 20)).await;
    shop
}

fn of(name: &str, entity: EntityCondition) -> MetricsCondition {
    MetricsCondition { name: name.to_owned(), entity }
}

#[tokio::test]
async fn every_step_is_a_point_and_partials_are_one_value() {
    let shop = shop().await;
    let (query, ctx) = (&shop.query, &shop.ctx);
    let condition = of("service_resp_time", named("web"));
    let values = query.read_metrics_values(ctx, &condition, &minutes(0, 2)).await.unwrap();
    let points: Vec<_> =
        values.values.values.iter().map(|p| (p.id.as_str(), p.value, p.is_empty_value)).collect();
    assert_eq!(
        points,
        [
            ("202603011000_d2Vi.1", 0, true),
            ("202603011001_d2Vi.1", 30, false),
            ("202603011002_d2Vi.1", 25, false)
        ]
    );
    let average = query.read_metrics_value(ctx, &condition, &minutes(0, 2)).await.unwrap();
    assert_eq!(average, 27, "of the points that have a value, as a whole number");
}

#[tokio::test]
async fn hours_are_the_merge_of_their_minutes() {
    let shop = shop().await;
    let (query, ctx) = (&shop.query, &shop.ctx);
    for (name, expected) in [("service_resp_time", 26), ("service_cpm", 0)] {
        let condition = of(name, named("web"));
        let values = query.read_metrics_values(ctx, &condition, &hours(9, 10)).await.unwrap();
        assert_eq!(values.values.values[1].value, expected, "{name}");
        assert!(values.values.values[0].is_empty_value, "{name}");
    }
}

#[tokio::test]
async fn what_is_not_known_has_empty_points() {
    let shop = shop().await;
    let (query, ctx) = (&shop.query, &shop.ctx);
    let nobody = of("service_cpm", EntityCondition::default());
    let missing = of("no_such_metric", named("web"));
    for (condition, id) in
        [(nobody, "202603011000_ILLEGAL_ENTITY"), (missing, "202603011000_UNKNOWN_METRIC_NAME")]
    {
        let values = query.read_metrics_values(ctx, &condition, &minutes(0, 1)).await.unwrap();
        assert_eq!(values.values.values.len(), 2);
        assert_eq!(values.values.values[0].id, id);
        let value = query.read_nullable_metrics_value(ctx, &condition, &minutes(0, 1)).await;
        assert!(value.unwrap().is_empty_value);
    }
}

#[tokio::test]
async fn labels_are_named_in_three_ways() {
    let shop = shop().await;
    let (query, ctx) = (&shop.query, &shop.ctx);
    let condition = of("service_percentile", named("web"));
    let range = minutes(1, 2);
    for label in ["99", "{p=99}", "4"] {
        let labels = [label.to_owned()];
        let values = query.read_labeled_metrics_values(ctx, &condition, &labels, &range).await;
        let values = values.unwrap();
        assert_eq!(values[0].label.as_deref(), Some(label));
        let points: Vec<_> = values[0].values.values.iter().map(|point| point.value).collect();
        assert!((29..=31).contains(&points[0]) && (39..=41).contains(&points[1]), "{points:?}");
    }
    let all = query.read_labeled_metrics_values(ctx, &condition, &[], &range).await.unwrap();
    let labels: Vec<_> = all.iter().filter_map(|one| one.label.as_deref()).collect();
    assert_eq!(labels, ["{p=50}", "{p=75}", "{p=90}", "{p=95}", "{p=99}"]);
    let id = "d2Vi.1";
    let lines = query
        .get_multiple_linear_int_values(ctx, "service_percentile", Some(id), 5, &range)
        .await
        .unwrap();
    assert_eq!(lines.len(), 5);
}

#[tokio::test]
async fn heat_maps_count_by_step_and_bucket() {
    let shop = shop().await;
    let (query, ctx) = (&shop.query, &shop.ctx);
    let web = Entity::Service(service("web"));
    shop.metric(SERVICE, 2, &web, &calls(3, 250)).await;
    let condition = of("service_heatmap", named("web"));
    let map = query.read_heat_map(ctx, &condition, &minutes(0, 2)).await.unwrap();
    let columns: Vec<_> = map.values.iter().map(|column| column.values.clone()).collect();
    assert_eq!(columns, [vec![0, 0], vec![10, 0], vec![20, 3]]);
    let map = query
        .get_thermodynamic(ctx, "service_heatmap", Some("d2Vi.1"), &minutes(1, 2))
        .await
        .unwrap();
    assert_eq!(map.nodes, [[0, 0, 10], [0, 1, 0], [1, 0, 20], [1, 1, 3]]);
    assert_eq!(map.axis_y_step, 200);
}

async fn endpoints() -> Shop {
    let shop = shop().await;
    shop.general("cart").await;
    for (owner, name, count) in
        [("web", "/a", 5), ("web", "/b", 50), ("cart", "/c", 20), ("cart", "/d", 1)]
    {
        let endpoint = Entity::Endpoint(child(owner, name));
        shop.know(endpoint.clone(), LayerSet::default()).await;
        shop.metric(ENDPOINT, 1, &endpoint, &calls(count, 10)).await;
        shop.metric(ENDPOINT, 2, &endpoint, &calls(count * 2, 10)).await;
    }
    shop
}

#[tokio::test]
async fn entities_are_ranked_by_their_average() {
    let shop = endpoints().await;
    let (query, ctx) = (&shop.query, &shop.ctx);
    let condition = |parent: Option<&str>, normal, top_n, order| TopNCondition {
        name: "endpoint_cpm".to_owned(),
        parent_service: parent.map(str::to_owned),
        normal,
        top_n,
        order,
    };
    let range = minutes(0, 5);
    let top = query.sort_metrics(ctx, &condition(None, None, 3, Order::Des), &range).await.unwrap();
    let shown: Vec<_> = top.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
    assert_eq!(shown, [("web - /b", "75"), ("cart - /c", "30"), ("web - /a", "7")]);
    assert_eq!(top[0].id, "d2Vi.1_L2I=");
    let owner = top[0].owner.as_ref().unwrap();
    assert_eq!(owner.scope, Some("Endpoint"));
    assert_eq!(owner.endpoint_name.as_deref(), Some("/b"));

    let of_cart = condition(Some("cart"), Some(true), 9, Order::Asc);
    let top = query.sort_metrics(ctx, &of_cart, &range).await.unwrap();
    let shown: Vec<_> = top.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(shown, ["/d", "/c"], "without the service that was named");

    let half_named = condition(Some("cart"), None, 9, Order::Asc);
    assert!(query.sort_metrics(ctx, &half_named, &range).await.unwrap().is_empty());
    let older = query
        .get_top_n(ctx, "endpoint_cpm", Some("Y2FydA==.1"), 1, &range, Order::Des)
        .await
        .unwrap();
    assert_eq!((older[0].name.as_str(), older[0].value), ("/c", 30));
}

#[tokio::test]
async fn metrics_are_listed_by_a_pattern_of_their_whole_name() {
    let shop = Shop::new();
    let list = |regex| shop.query.list_metrics(regex).unwrap();
    let found = list(Some("service_(cpm|percentile)"));
    let shown: Vec<_> =
        found.iter().map(|m| (m.name.as_str(), m.r#type.name(), m.catalog)).collect();
    assert_eq!(
        shown,
        [
            ("service_cpm", "REGULAR_VALUE", "SERVICE"),
            ("service_percentile", "LABELED_VALUE", "SERVICE")
        ]
    );
    assert!(list(None).len() > 10);
    let records = list(Some("top_n_database.*"));
    assert_eq!(records[0].r#type, MetricsType::SampledRecord);
    assert!(shop.query.list_metrics(Some("(")).is_err());
    assert_eq!(shop.query.type_of_metrics("service_heatmap"), MetricsType::Heatmap);
    assert_eq!(shop.query.type_of_metrics("nothing"), MetricsType::Unknown);
}
