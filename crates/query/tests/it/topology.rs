//! Graphs of what is stored.

use skytrail_model::entity::Entity;
use skytrail_model::relation::DetectPoint::{Client, Server};
use skytrail_query::topology::Topology;

use crate::shop::{Shop, child, conjectured, minutes, service};

async fn shop() -> Shop {
    let shop = Shop::new();
    let (user, database) = (conjectured("User"), conjectured("db:3306"));
    let (web, cart, mail) = (service("web"), service("cart"), service("mail"));
    for name in ["web", "cart", "mail"] {
        shop.general(name).await;
    }
    shop.call(&user, &web, Server, "SpringMVC", 1).await;
    shop.call(&web, &service("cart:80"), Client, "HttpClient", 1).await;
    shop.call(&web, &cart, Server, "Tomcat", 1).await;
    shop.call(&cart, &database, Client, "mysql-connector-java", 2).await;
    shop.call(&cart, &mail, Client, "HttpClient", 30).await;
    shop
}

/// `source>target` of every call.
fn calls(topology: &Topology) -> Vec<String> {
    let name = |id: &str| {
        let node = topology.nodes.iter().find(|node| node.id == id).unwrap();
        node.name.clone()
    };
    let mut calls: Vec<_> = topology
        .calls
        .iter()
        .map(|call| format!("{}>{}", name(&call.source), name(&call.target)))
        .collect();
    calls.sort();
    calls
}

#[tokio::test]
async fn an_address_becomes_its_service_as_soon_as_that_is_known() {
    let shop = shop().await;
    let (query, ctx, range) = (&shop.query, &shop.ctx, minutes(0, 5));
    let before = query.get_global_topology(ctx, &range, None).await.unwrap();
    assert_eq!(calls(&before), ["User>web", "cart>db:3306", "web>cart", "web>cart:80"]);
    shop.alias("cart:80", "cart", "cart-1", 3).await;
    let after = query.get_global_topology(ctx, &range, None).await.unwrap();
    assert_eq!(calls(&after), ["User>web", "cart>db:3306", "web>cart"]);
    let call = after.calls.iter().find(|call| call.id == "d2Vi.1-Y2FydA==.1").unwrap();
    assert_eq!(call.detect_points, [Client, Server]);
    assert_eq!(call.source_components, ["HttpClient"]);
    assert_eq!(call.target_components, ["Tomcat"]);
}

#[tokio::test]
async fn a_graph_is_one_hop_around_what_was_asked() {
    let shop = shop().await;
    shop.alias("cart:80", "cart", "cart-1", 3).await;
    let (query, ctx, range) = (&shop.query, &shop.ctx, minutes(0, 40));
    let around = |ids: &'static [&'static str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let range = range.clone();
        async move { query.get_services_topology(ctx, &ids, &range).await.unwrap() }
    };
    let cart = around(&["Y2FydA==.1"]).await;
    assert_eq!(calls(&cart), ["cart>db:3306", "cart>mail", "web>cart"]);
    // Calls to the caller tell what it is, although they are not asked for.
    let web = cart.nodes.iter().find(|node| node.name == "web").unwrap();
    assert_eq!(web.r#type.as_deref(), Some("SpringMVC"));
    let mail = cart.nodes.iter().find(|node| node.name == "mail").unwrap();
    assert_eq!((mail.r#type.as_deref(), mail.is_real), (None, true));
    let database = cart.nodes.iter().find(|node| node.name == "db:3306").unwrap();
    assert_eq!(database.r#type.as_deref(), Some("Mysql"));
    assert_eq!(database.layers, ["UNDEFINED"]);
    assert!(around(&[]).await.nodes.is_empty());
    let wrong = query.get_services_topology(ctx, &["x".to_owned()], &range).await;
    assert!(wrong.unwrap_err().message.contains("serviceIds 'x'"));
    let by_layer = query.get_global_topology(ctx, &range, Some("GENERAL")).await.unwrap();
    assert_eq!(calls(&by_layer).len(), 4);
    let database = query.get_global_topology(ctx, &range, Some("VIRTUAL_MQ")).await.unwrap();
    assert!(database.nodes.is_empty());
}

#[tokio::test]
async fn instances_of_two_services_call_each_other() {
    let shop = Shop::new();
    let relation = |source, dest| Entity::InstanceRelation { source, dest };
    let (web, cart) = (child("web", "web-1"), child("cart", "cart-1"));
    shop.relation(relation(web.clone(), child("h:80", "h:80")), Client, 2, 1).await;
    // An agent that does not know which instance it called.
    let proxy = relation(child("web", "web-2"), child("h:80", "h:80"));
    shop.relation(proxy, Client, 6000, 2).await;
    shop.relation(relation(web.clone(), cart.clone()), Server, 1, 1).await;
    shop.relation(relation(web, child("mail", "mail-1")), Server, 1, 1).await;
    shop.alias("h:80", "cart", "cart-2", 1).await;
    let (query, ctx, range) = (&shop.query, &shop.ctx, minutes(0, 5));
    let graph =
        query.get_service_instance_topology(ctx, "Y2FydA==.1", "d2Vi.1", &range).await.unwrap();
    let names: Vec<_> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["cart-1", "cart-2", "web-1"]);
    let sides: Vec<_> = graph.calls.iter().map(|call| call.detect_points.clone()).collect();
    assert_eq!(sides, [vec![Server], vec![Client]]);
    assert_eq!(graph.calls[0].id, "d2Vi.1_d2ViLTE=-Y2FydA==.1_Y2FydC0x");
    assert!(graph.calls[0].source_components.is_empty());
}

#[tokio::test]
async fn endpoints_depend_on_their_callees() {
    let shop = Shop::new();
    let relation = |source, dest| Entity::EndpointRelation { source, dest };
    let (a, b, c) = (child("web", "/a"), child("cart", "/b"), child("mail", "/c"));
    shop.relation(relation(a.clone(), b.clone()), Server, 1, 1).await;
    shop.relation(relation(b.clone(), c.clone()), Server, 1, 1).await;
    shop.relation(relation(c, child("x", "/x")), Server, 1, 1).await;
    let (query, ctx, range) = (&shop.query, &shop.ctx, minutes(0, 5));
    let id = "Y2FydA==.1_L2I=";
    let graph = query.get_endpoint_dependencies(ctx, id, &range).await.unwrap();
    let names: Vec<_> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["/b", "/c", "/a"], "by id");
    let ids: Vec<_> = graph.calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, ["Y2FydA==.1-L2I=-bWFpbA==.1-L2M=", "d2Vi.1-L2E=-Y2FydA==.1-L2I="]);
    assert_eq!(query.get_endpoint_topology(ctx, id, &range).await.unwrap().nodes.len(), 3);
}
