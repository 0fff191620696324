//! Expressions over what is stored.

use skytrail_base::claim::Claim;
use skytrail_model::entity::Entity;
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::relation::DetectPoint;
use skytrail_query::mqe::ExpressionResult;
use skytrail_query::{Budget, Ctx, Duration, EntityCondition, ErrorKind};

use crate::shop::{
    ENDPOINT, INSTANCE, INSTANCE_RELATION, RELATION, SERVICE, Shop, at, called, calls, child,
    failing, hours, minutes, named, service,
};

/// `TYPE {labels} id:value …`, ids of points as minutes after ten.
fn shown(result: &ExpressionResult) -> String {
    if let Some(error) = &result.error {
        return format!("{} error: {error}", result.r#type.name());
    }
    let mut text = result.r#type.name().to_owned();
    for values in &result.results {
        let labels: Vec<_> =
            values.metric.labels.iter().map(|l| format!("{}={}", l.key, l.value)).collect();
        text.push_str(&format!(" {{{}}}", labels.join(",")));
        for value in &values.values {
            let id = value.id.as_deref().map_or(String::new(), |id| match id.parse::<i64>() {
                Ok(millis) => ((millis - at(0).start_millis()) / 60_000).to_string(),
                Err(_) => id.to_owned(),
            });
            text.push_str(&format!(" {id}:{}", value.value.as_deref().unwrap_or("-")));
        }
    }
    text
}

async fn ask(
    shop: &Shop,
    expression: &str,
    entity: &EntityCondition,
    duration: &Duration,
) -> String {
    let result = shop.query.exec_expression(&shop.ctx, expression, entity, duration).await;
    shown(&result.unwrap())
}

async fn shop() -> Shop {
    let shop = Shop::new();
    shop.general("web").await;
    let web = Entity::Service(service("web"));
    for (minute, count) in [(0, 4), (1, 10), (2, 20), (4, 40)] {
        shop.metric(SERVICE, minute, &web, &failing(count, count / 4, 30)).await;
    }
    shop
}

#[tokio::test]
async fn series_are_those_of_the_range() {
    let shop = shop().await;
    let web = named("web");
    for (expression, expected) in [
        ("service_cpm", "TIME_SERIES_VALUES {} 1:10 2:20 3:- 4:40"),
        ("service_sla / 100", "TIME_SERIES_VALUES {} 1:80 2:75 3:- 4:75"),
        ("avg(service_cpm)", "SINGLE_VALUE {} :23.333"),
        ("increase(service_cpm, 1)", "TIME_SERIES_VALUES {} 1:6 2:10 3:- 4:-"),
        ("rate(service_cpm, 2)", "TIME_SERIES_VALUES {} 1:- 2:0.133 3:- 4:0.167"),
        ("service_cpm - service_cpm", "TIME_SERIES_VALUES {} 1:0 2:0 3:- 4:0"),
        ("view_as_seq(no_such_metric, service_cpm)", "TIME_SERIES_VALUES {} 1:10 2:20 3:- 4:40"),
        ("is_present(no_such_metric)", "SINGLE_VALUE {} :0"),
        ("baseline(service_cpm, upper)", "TIME_SERIES_VALUES {} 1:- 2:- 3:- 4:-"),
        ("no_such_metric", "UNKNOWN error: Metric: [no_such_metric] does not exist."),
    ] {
        assert_eq!(ask(&shop, expression, &web, &minutes(1, 4)).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn labels_select_series() {
    let shop = shop().await;
    let web = named("web");
    let range = minutes(1, 1);
    for (expression, expected) in [
        ("service_percentile{p='99,50'}", "TIME_SERIES_VALUES {p=50} 1:30 {p=99} 1:30"),
        ("service_percentile{p=' 75 , '}", "TIME_SERIES_VALUES {p=75} 1:30"),
        ("service_percentile{p='1'}", "TIME_SERIES_VALUES"),
        ("service_percentile{q='50'}", "TIME_SERIES_VALUES"),
        (
            "count(service_percentile{p=''})",
            "SINGLE_VALUE {p=50} :1 {p=75} :1 {p=90} :1 {p=95} :1 {p=99} :1",
        ),
        (
            "relabels(service_percentile{p='50,75'}, p='50,75', percentile='P50,P75')",
            "TIME_SERIES_VALUES {percentile=P50} 1:30 {percentile=P75} 1:30",
        ),
        ("aggregate_labels(service_percentile, sum)", "TIME_SERIES_VALUES {} 1:150"),
        (
            "relabel(service_percentile, p='50', q='x')",
            "UNKNOWN error: Metric: [relabel] does not exist. Did you mean the function relabels?",
        ),
    ] {
        assert_eq!(ask(&shop, expression, &web, &range).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn without_an_entity_there_is_nothing() {
    let shop = shop().await;
    let nobody = EntityCondition::default();
    let half = EntityCondition { normal: None, ..named("web") };
    for entity in [&nobody, &half] {
        assert_eq!(ask(&shop, "service_cpm", entity, &minutes(1, 4)).await, "UNKNOWN");
    }
    let web = named("web");
    assert_eq!(ask(&shop, "endpoint_cpm", &web, &minutes(1, 4)).await, "UNKNOWN");
    assert_eq!(
        ask(&shop, "service_cpm", &named("nobody"), &minutes(1, 2)).await,
        "TIME_SERIES_VALUES {} 1:- 2:-"
    );
}

#[tokio::test]
async fn entities_are_ranked_and_layers_are_conditions() {
    let shop = Shop::new();
    shop.general("web").await;
    shop.know(Entity::Service(service("mesh")), LayerSet::of(Layer::MESH)).await;
    for (owner, name, count) in [("web", "/a", 6), ("web", "/b", 50), ("mesh", "/c", 20)] {
        let endpoint = Entity::Endpoint(child(owner, name));
        shop.know(endpoint.clone(), LayerSet::default()).await;
        shop.metric(ENDPOINT, 1, &endpoint, &calls(count, 10)).await;
        shop.metric(SERVICE, 1, &Entity::Service(service(owner)), &calls(count, 10)).await;
    }
    let (all, range) = (EntityCondition::default(), minutes(0, 2));
    for (entity, expression, expected) in [
        (&all, "top_n(endpoint_cpm, 2, des)", "SORTED_LIST {} web - /b:50 mesh - /c:20"),
        (&named("web"), "top_n(endpoint_cpm, 2, asc)", "SORTED_LIST {} /a:6 /b:50"),
        (
            &all,
            "top_n(endpoint_cpm, 9, des) / 2",
            "SORTED_LIST {} web - /b:25 mesh - /c:10 web - /a:3",
        ),
        (&all, "top_n(endpoint_cpm, 9, des, attr0='MESH')", "SORTED_LIST {} mesh - /c:20"),
        (&all, "top_n(service_cpm, 9, des, attr0!='MESH')", "SORTED_LIST {} web:56"),
        (&all, "top_n(service_cpm, 9, des, attr1='MESH')", "SORTED_LIST {}"),
        (
            &all,
            "top_n_of(top_n(service_cpm, 1, des), top_n(endpoint_cpm, 1, des), 1, asc)",
            "SORTED_LIST {} web - /b:50",
        ),
        (&all, "top_n(service_cpm, 0, des)", "UNKNOWN error: TopN value must be > 0."),
        (
            &all,
            "top_n(service_percentile, 1, des)",
            "UNKNOWN error: Metric: [service_percentile] is labeled value, does not support top_n query.",
        ),
        (
            &all,
            "top_n(service_instance_cpm, 1, des, attr0='MESH')",
            "UNKNOWN error: The attribute [attr0] is not a queryable column of metric [service_instance_cpm], so it can not be used as a top_n condition.",
        ),
    ] {
        assert_eq!(ask(&shop, expression, entity, &range).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn fractions_stay_where_a_metric_has_them() {
    let shop = Shop::new();
    let instance = Entity::Instance(child("web", "web-1"));
    shop.know(instance.clone(), LayerSet::default()).await;
    // Two samples that add to 2.4 millionths of a thousand: 1.2 each.
    shop.metric(INSTANCE, 1, &instance, &calls(2, 1200)).await;
    let entity =
        EntityCondition { service_instance_name: Some("web-1".to_owned()), ..named("web") };
    let range = minutes(1, 1);
    assert_eq!(
        ask(&shop, "instance_jvm_cpu", &entity, &range).await,
        "TIME_SERIES_VALUES {} 1:1.2"
    );
    assert_eq!(
        ask(&shop, "top_n(instance_jvm_cpu, 1, des)", &named("web"), &range).await,
        "SORTED_LIST {} web-1:1.2"
    );
}

#[tokio::test]
async fn calls_to_an_address_count_for_the_service_it_was() {
    let shop = Shop::new();
    let relation =
        |dest: &str| Entity::ServiceRelation { source: service("web"), dest: service(dest) };
    for minute in 0..6 {
        shop.metric(RELATION, minute, &relation("h:80"), &calls(10, 10)).await;
    }
    shop.metric(RELATION, 1, &relation("cart"), &calls(1, 10)).await;
    let range = minutes(0, 5);
    let cpm = "service_relation_client_cpm";
    assert_eq!(
        ask(&shop, cpm, &called("web", "cart"), &range).await,
        "TIME_SERIES_VALUES {} 0:- 1:1 2:- 3:- 4:- 5:-"
    );
    // It holds at once, and for the past.
    shop.alias("h:80", "cart", "cart-1", 2).await;
    assert_eq!(
        ask(&shop, cpm, &called("web", "cart"), &range).await,
        "TIME_SERIES_VALUES {} 0:10 1:11 2:10 3:10 4:10 5:10"
    );
    // From then on it is another service, in coarser buckets as well.
    shop.alias("h:80", "mail", "mail-1", 4).await;
    assert_eq!(
        ask(&shop, cpm, &called("web", "cart"), &range).await,
        "TIME_SERIES_VALUES {} 0:10 1:11 2:10 3:10 4:- 5:-"
    );
    assert_eq!(
        ask(&shop, cpm, &called("web", "mail"), &range).await,
        "TIME_SERIES_VALUES {} 0:- 1:- 2:- 3:- 4:10 5:10"
    );
    let average = "service_relation_client_resp_time * 1";
    for (dest, expected) in [("cart", "10"), ("mail", "10")] {
        let text = ask(&shop, average, &called("web", dest), &hours(10, 10)).await;
        assert_eq!(text, format!("TIME_SERIES_VALUES {{}} 0:{expected}"), "{dest}");
    }
}

#[tokio::test]
async fn calls_of_instances_to_an_address_count_for_the_instance_it_was() {
    let shop = Shop::new();
    let relation = |dest| Entity::InstanceRelation { source: child("web", "web-1"), dest };
    for minute in 0..4 {
        shop.metric(INSTANCE_RELATION, minute, &relation(child("h:80", "h:80")), &calls(7, 10))
            .await;
    }
    shop.alias("h:80", "cart", "cart-1", 0).await;
    shop.alias("h:80", "cart", "cart-2", 2).await;
    let entity = |dest: &str| EntityCondition {
        service_instance_name: Some("web-1".to_owned()),
        dest_service_instance_name: Some(dest.to_owned()),
        ..called("web", "cart")
    };
    let cpm = "service_instance_relation_client_cpm";
    assert_eq!(
        ask(&shop, cpm, &entity("cart-1"), &minutes(0, 3)).await,
        "TIME_SERIES_VALUES {} 0:7 1:7 2:- 3:-"
    );
    assert_eq!(
        ask(&shop, cpm, &entity("cart-2"), &minutes(0, 3)).await,
        "TIME_SERIES_VALUES {} 0:- 1:- 2:7 3:7"
    );
}

#[tokio::test]
async fn calls_of_a_proxy_that_knows_no_instance_count_for_none() {
    let shop = Shop::new();
    shop.alias("h:80", "cart", "cart-1", 0).await;
    let entity = |source: &str| EntityCondition {
        service_instance_name: Some(format!("{source}-1")),
        dest_service_instance_name: Some("cart-1".to_owned()),
        ..called(source, "cart")
    };
    let cpm = "service_instance_relation_client_cpm";
    // The components: an HTTP client, and the two of SkyWalking's `noUpstreamRealAddressAgents`.
    for (source, component, expected) in
        [("web", 2, "0:7 1:7"), ("nginx", 6000, "0:- 1:-"), ("mesh", 9000, "0:- 1:-")]
    {
        let source_instance = child(source, &format!("{source}-1"));
        let dest = child("h:80", "h:80");
        let relation = Entity::InstanceRelation { source: source_instance, dest };
        for minute in 0..2 {
            shop.metric(INSTANCE_RELATION, minute, &relation, &calls(7, 10)).await;
            shop.relation(relation.clone(), DetectPoint::Client, component, minute).await;
        }
        let answer = ask(&shop, cpm, &entity(source), &minutes(0, 1)).await;
        assert_eq!(answer, format!("TIME_SERIES_VALUES {{}} {expected}"), "{source}");
    }
}

#[tokio::test]
async fn limits_are_errors_around_the_answer() {
    let shop = shop().await;
    let poor = Ctx::new(std::sync::Arc::new(Budget::new(3)), None, Claim::default());
    let web = named("web");
    let asked = shop.query.exec_expression(&poor, "service_cpm", &web, &minutes(0, 9)).await;
    assert_eq!(asked.unwrap_err().kind, ErrorKind::TooLarge);
    let long = Duration { end: "2026-03-01 2359".to_owned(), ..minutes(0, 1) };
    let asked = shop.query.exec_expression(&shop.ctx, "service_cpm", &web, &long).await;
    assert!(asked.unwrap_err().message.contains("can't exceed 500 minutes"));
    let text = ask(&shop, "service_cpm +", &web, &minutes(0, 1)).await;
    assert!(text.starts_with("UNKNOWN error: line 1:13"), "{text}");
}
