//! Services, instances and endpoints.

use std::sync::Arc;

use skytrail_base::claim::Claim;
use skytrail_model::entity::Entity;
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::relation::DetectPoint;
use skytrail_query::metadata::Language;
use skytrail_query::{Budget, Ctx, ErrorKind};

use crate::shop::{Shop, child, conjectured, minutes, service};

async fn shop() -> Shop {
    let shop = Shop::new();
    shop.general("web").await;
    let mesh = LayerSet::of(Layer::MESH).union(LayerSet::of(Layer::GENERAL));
    shop.know(Entity::Service(service("eu::cart")), mesh).await;
    let database = LayerSet::of(Layer::VIRTUAL_DATABASE);
    shop.know(Entity::Service(conjectured("db:3306")), database).await;
    shop.know(Entity::Service(conjectured("User")), LayerSet::of(Layer::UNDEFINED)).await;
    shop.know(Entity::Service(service("10.0.0.1:80")), LayerSet::default()).await;
    shop
}

#[tokio::test]
async fn services_are_those_that_were_seen_in_a_layer() {
    let shop = shop().await;
    let names = |services: Vec<skytrail_query::metadata::Service>| {
        services.into_iter().map(|service| service.name).collect::<Vec<_>>()
    };
    let all = shop.query.list_services(&shop.ctx, None).await.unwrap();
    assert_eq!(names(all), ["db:3306", "eu::cart", "web"]);
    let general = shop.query.list_services(&shop.ctx, Some("GENERAL")).await.unwrap();
    assert_eq!(general[0].group, "eu");
    assert_eq!(general[0].short_name, "cart");
    assert_eq!(general[0].layers, ["MESH", "GENERAL"]);
    assert_eq!(general[1].group, "");
    assert_eq!(names(general), ["eu::cart", "web"]);
    let layers = shop.query.list_layers(&shop.ctx).await.unwrap();
    assert_eq!(layers, ["MESH", "GENERAL", "VIRTUAL_DATABASE"]);
    assert_eq!(shop.query.list_services(&shop.ctx, Some("MOON")).await.unwrap(), []);
}

#[tokio::test]
async fn a_service_is_found_by_its_id_and_by_its_name() {
    let shop = shop().await;
    let get = |id: &'static str| shop.query.get_service(&shop.ctx, id);
    assert_eq!(get("d2Vi.1").await.unwrap().unwrap().name, "web");
    assert!(get("d2Vi.0").await.unwrap().is_none());
    assert!(get("nonsense").await.unwrap().is_none());
    let database = get("ZGI6MzMwNg==.0").await.unwrap().unwrap();
    assert!(!database.normal);
    assert!(shop.query.find_service(&shop.ctx, "web").await.unwrap().is_some());
    assert!(shop.query.find_service(&shop.ctx, "db:3306").await.unwrap().is_none());
}

#[tokio::test]
async fn an_address_that_is_a_service_is_not_another_one() {
    let shop = shop().await;
    let address = Entity::Service(conjectured("10.0.0.1:80"));
    shop.know(address, LayerSet::of(Layer::VIRTUAL_GATEWAY)).await;
    assert_eq!(shop.query.list_services(&shop.ctx, None).await.unwrap().len(), 4);
    shop.alias("10.0.0.1:80", "web", "web-1", 5).await;
    assert_eq!(shop.query.list_services(&shop.ctx, None).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_service_that_is_called_by_its_own_name_is_still_one() {
    let shop = shop().await;
    shop.alias("web", "web", "web-1", 5).await;
    let listed = shop.query.list_services(&shop.ctx, Some("GENERAL")).await.unwrap();
    assert!(listed.iter().any(|service| service.name == "web"), "{listed:?}");
    assert!(shop.query.get_service(&shop.ctx, "d2Vi.1").await.unwrap().is_some());
    assert!(shop.query.find_service(&shop.ctx, "web").await.unwrap().is_some());
}

#[tokio::test]
async fn instances_are_those_that_lived_then() {
    let shop = shop().await;
    let properties = [("language", "Java"), ("host", "h1")];
    let instance = Entity::Instance(child("web", "web-1"));
    shop.know_with(instance, LayerSet::of(Layer::GENERAL), &properties).await;
    let list = |first, last| async move {
        let (query, ctx) = (&shop.query, &shop.ctx);
        let range = minutes(first, last);
        let listed = query.list_instances(ctx, &range, "d2Vi.1").await.unwrap();
        (shop, listed)
    };
    let (shop, listed) = list(30, 40).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].language, Language::Java);
    assert_eq!(listed[0].attributes.len(), 1);
    assert_eq!(listed[0].instance_uuid, "d2Vi.1_d2ViLTE=");
    let late = shop.query.list_instances(&shop.ctx, &minutes(31, 40), "d2Vi.1").await.unwrap();
    assert!(late.is_empty(), "its last ping was at 10:30");
    let found = shop.query.get_instance(&shop.ctx, "d2Vi.1_d2ViLTE=").await.unwrap();
    assert_eq!(found.as_ref(), listed.first());
}

#[tokio::test]
async fn endpoints_are_searched_and_told_from_their_id() {
    let shop = shop().await;
    for name in ["GET:/orders", "POST:/orders", "GET:/users"] {
        shop.know(Entity::Endpoint(child("web", name)), LayerSet::default()).await;
    }
    let find = |keyword, limit| shop.query.find_endpoint(&shop.ctx, keyword, "d2Vi.1", limit, None);
    assert_eq!(find(Some("orders"), 10).await.unwrap().len(), 2);
    assert_eq!(find(None, 2).await.unwrap().len(), 2);
    assert!(find(None, -1).await.is_err());
    let found = find(Some("users"), 1).await.unwrap();
    let info = shop.query.get_endpoint_info(&found[0].id).unwrap();
    assert_eq!((info.name.as_str(), info.service_name.as_str()), ("GET:/users", "web"));
    assert!(shop.query.get_endpoint_info("nonsense").is_none());
}

#[tokio::test]
async fn what_is_looked_at_is_paid_for_whether_it_is_found_or_not() {
    let shop = shop().await;
    for n in 0..20 {
        shop.know(Entity::Endpoint(child("web", &format!("/{n}"))), LayerSet::default()).await;
    }
    let poor = Ctx::new(Arc::new(Budget::new(10)), None, Claim::default());
    let find = |ctx| shop.query.find_endpoint(ctx, Some("nothing"), "d2Vi.1", 10, None);
    assert_eq!(find(&poor).await.unwrap_err().kind, ErrorKind::TooLarge);
    assert!(find(&shop.ctx).await.unwrap().is_empty());
    assert_eq!(shop.ctx.budget.spent(), 20);
    // Calls that nobody asked for are looked at as well.
    for n in 0..15 {
        let caller = service(&format!("caller-{n}"));
        shop.call(&caller, &service("cart"), DetectPoint::Server, "Tomcat", 1).await;
    }
    let poor = Ctx::new(Arc::new(Budget::new(10)), None, Claim::default());
    let other = ["b3RoZXI=.1".to_owned()];
    let graph = shop.query.get_services_topology(&poor, &other, &minutes(0, 30)).await;
    assert_eq!(graph.unwrap_err().kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn older_clients_find_the_same() {
    let shop = shop().await;
    let (query, ctx, range) = (&shop.query, &shop.ctx, minutes(0, 5));
    let all = query.get_all_services(ctx, &range, Some("eu")).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(query.search_services(ctx, &range, "we").await.unwrap().len(), 1);
    assert!(query.search_service(ctx, "web").await.unwrap().is_some());
    let databases = query.get_all_databases(ctx, &range).await.unwrap();
    assert_eq!(databases[0].name, "db:3306");
}

#[tokio::test]
async fn the_server_tells_its_time() {
    let shop = Shop::with("+0530", std::sync::Arc::new(skytrail_storage::NoLiveMetrics));
    let info = shop.query.time_info();
    assert_eq!(info.timezone, "+0530");
    assert_eq!(info.current_timestamp, crate::shop::at(60).start_millis());
}
