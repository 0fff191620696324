//! What the pages over metrics ask for: overview, topology, one service, the server itself.

use http::StatusCode;
use serde_json::{Value, json};
use skytrail_base::web_origin::WebOrigins;

use crate::fakes::{engine, over, product};
use crate::ui::{START, get};

const SHOP: &str = "c2hvcA==.1";
const STOCK: &str = "c3RvY2s=.1";
const DATABASE: &str = "c2hvcC1kYjozMzA2.0";

/// Ten minutes from 09:00 on.
fn within(path: &str, rest: &str) -> String {
    format!("{path}?from={START}&to={}{rest}", START + 600_000)
}

async fn ask(path: &str) -> Value {
    let (status, answer) = get(&product(), path).await;
    assert_eq!(status, StatusCode::OK, "{path} {answer}");
    answer
}

#[tokio::test]
async fn the_first_page_shows_services_with_their_lines() {
    let page = ask(&within("/ui/overview", "&compare=previous")).await;
    assert_eq!(page["step"], 60_000);
    assert_eq!((&page["first"], &page["from"]), (&json!(START), &json!(START)));
    assert_eq!(page["compareFrom"], START - 600_000);
    let services = page["services"].as_array().expect("services");
    let names: Vec<_> = services.iter().map(|one| one["name"].as_str().expect("name")).collect();
    assert_eq!(names, ["shop", "stock", "page"], "called more, called, idle");
    let shop = &services[0];
    assert_eq!((&shop["id"], &shop["instances"]), (&json!(SHOP), &json!(1)));
    assert_eq!((&shop["status"], &shop["layers"]), (&json!("ok"), &json!(["GENERAL"])));
    assert_eq!(shop["cpm"]["points"].as_array().map(Vec::len), Some(10));
    assert_eq!(
        &shop["cpm"]["points"].as_array().expect("points")[..3],
        [json!(2), json!(3), Value::Null]
    );
    assert_eq!(shop["cpm"]["now"], 0, "it is called no more");
    assert_eq!(shop["errors"]["points"][0], 50);
    let p99 = shop["p99"]["points"][1].as_f64().expect("p99");
    assert!((230.0..250.0).contains(&p99), "{p99}");
    assert_eq!((&shop["p99"]["low"], &shop["p99"]["now"]), (&Value::Null, &Value::Null));
    assert_eq!(services[2]["status"], "idle");
    assert_eq!(page["edge"]["cpm"]["points"][1], 4, "users are not known here: all of them");
    assert_eq!(page["edge"]["cpm"]["before"], Value::Null);
    assert_eq!(
        page["statements"],
        json!([{
            "kind": "database",
            "statement": "select * from orders",
            "service": "shop-db:3306",
            "serviceId": DATABASE,
            "duration": 15,
            "at": START + 10,
            "traceId": "trace-1",
        }])
    );
    let new = page["changes"].as_array().expect("changes").iter();
    let new: Vec<_> = new.map(|one| (one["kind"].as_str(), one["name"].as_str())).collect();
    assert_eq!(new[..2], [(Some("service"), Some("shop")), (Some("service"), Some("stock"))]);
    assert!(new.contains(&(Some("edge"), Some("shop → stock"))), "{new:?}");
    assert_eq!(
        page["server"],
        json!({
            "receivedPerSecond": 10.5,
            "stored": 95,
            "refused": 2,
            "dropped": [{ "reason": "overloaded", "count": 3 }],
            "diskBytes": 1 << 20,
            "diskDays": 4,
        })
    );
    assert_eq!(page["complete"], true);
}

#[tokio::test]
async fn a_layer_and_a_group_narrow_the_first_page() {
    let names = async |rest: &str| {
        let page = ask(&within("/ui/overview", rest)).await;
        let services = page["services"].as_array().expect("services").iter();
        services.map(|one| one["name"].as_str().expect("name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("&layer=BROWSER").await, ["page"]);
    assert_eq!(names("&layer=VIRTUAL_DATABASE").await, ["shop-db:3306"]);
    assert!(names("&group=none").await.is_empty());
    assert!(names("&layer=NOTHING").await.is_empty());
}

#[tokio::test]
async fn the_map_shows_who_calls_whom() {
    let map = ask(&within("/ui/topology", "")).await;
    let node = |id: &str| {
        let nodes = map["nodes"].as_array().expect("nodes");
        nodes.iter().find(|node| node["id"] == id).expect("node").clone()
    };
    assert_eq!(map["nodes"].as_array().map(Vec::len), Some(3));
    let stock = node(STOCK);
    assert_eq!((&stock["type"], &stock["real"]), (&json!("Tomcat"), &json!(true)));
    assert_eq!((&stock["cpm"], &stock["status"]), (&json!(0.1), &json!("ok")));
    assert_eq!(stock["change"], "new", "first seen in the range");
    let database = node(DATABASE);
    assert_eq!((&database["type"], &database["real"]), (&json!("Mysql"), &json!(false)));
    assert_eq!((&database["cpm"], &database["status"]), (&Value::Null, &json!("idle")));
    assert_eq!(
        map["edges"],
        json!([
            {
                "id": format!("{SHOP}-{DATABASE}"),
                "source": SHOP,
                "target": DATABASE,
                "components": ["mysql-connector-java"],
                "client": null,
                "server": null,
                "change": "new",
            },
            {
                "id": format!("{SHOP}-{STOCK}"),
                "source": SHOP,
                "target": STOCK,
                "components": ["HttpClient", "Tomcat"],
                "client": null,
                "server": null,
                "change": "new",
            },
        ])
    );
}

#[tokio::test]
async fn the_map_can_be_drawn_of_a_part() {
    let nodes = async |rest: &str| {
        let map = ask(&within("/ui/topology", rest)).await;
        let nodes = map["nodes"].as_array().expect("nodes").iter();
        nodes.map(|one| one["name"].as_str().expect("name").to_owned()).collect::<Vec<_>>()
    };
    let around = format!("&around={STOCK}&depth=1");
    assert_eq!(nodes(&around).await, ["shop", "stock"]);
    assert_eq!(nodes("&layer=BROWSER").await, [""; 0]);
    let between = format!("&scope=instances&client={SHOP}&server={STOCK}");
    assert_eq!(nodes(&between).await, ["shop-1", "stock-1"]);
    let endpoint = format!("&scope=endpoint&endpoint={STOCK}_R0VUOi9pdGVtcw==");
    assert_eq!(nodes(&endpoint).await, ["GET:/orders", "GET:/items"]);
    for (rest, field) in [
        ("&scope=all", json!("scope")),
        ("&scope=instances", json!("client")),
        ("&scope=endpoint", json!("endpoint")),
        ("&depth=0", json!("depth")),
        ("&compare=week", json!("compare")),
        ("&around=x", Value::Null),
    ] {
        let (status, answer) = get(&product(), &within("/ui/topology", rest)).await;
        assert_eq!(
            (status, &answer["error"]["field"]),
            (StatusCode::BAD_REQUEST, &field),
            "{rest}"
        );
    }
}

#[tokio::test]
async fn a_service_comes_with_its_parts_and_its_failures() {
    let page = ask(&within("/ui/service", &format!("&id={SHOP}"))).await;
    let instance = &page["instances"][0];
    assert_eq!((&instance["name"], &instance["language"]), (&json!("shop-1"), &json!("JAVA")));
    assert_eq!((&instance["cpm"], &instance["started"]), (&json!(0.5), &json!(START)));
    let endpoint = &page["endpoints"][0];
    assert_eq!((&endpoint["name"], &endpoint["cpm"]), (&json!("GET:/orders"), &json!(0.5)));
    assert_eq!(
        page["errors"],
        json!([{
            "exception": "GET:/orders",
            "message": "",
            "count": 1,
            "first": START + 60_240,
            "last": START + 60_240,
            "traceId": "trace-2",
        }])
    );
    let names = |list: &str| {
        let list = page[list].as_array().expect("list").iter();
        list.map(|one| one["name"].as_str().expect("name")).collect::<Vec<_>>()
    };
    assert_eq!(names("callers"), [""; 0]);
    assert_eq!(names("callees"), ["shop-db:3306", "stock"]);
    assert_eq!(page["complete"], true);
}

#[tokio::test]
async fn the_server_tells_about_itself() {
    let page = ask("/ui/status").await;
    assert_eq!((&page["uptime"], &page["node"]), (&json!(10_000), &json!("127.0.0.1:11800")));
    assert_eq!(page["config"][1], json!(["storage.password", "******"]));
    assert_eq!(page["retention"][0], json!({ "kind": "traces", "days": 4 }));
    assert_eq!(page["disk"]["limit"].as_i64(), Some(3 << 40));
    assert_eq!(page["receivers"][0]["dropped"], json!([{ "reason": "overloaded", "count": 3 }]));
    assert_eq!(page["receivers"][0]["perSecond"], Value::Null, "it is too early");
    assert_eq!((&page["disk"]["free"], &page["disk"]["oldest"]), (&json!(50), &json!(77)));
    assert_eq!(page["disk"]["days"], json!([{ "day": "2026-03-01", "bytes": 9 }]));
    assert_eq!(
        page["disk"]["kinds"][0],
        json!({ "kind": "spans", "bytes": 9, "rows": 3, "oldest": 77 })
    );
    let agents = page["agents"].as_array().expect("agents");
    let agent = agents.iter().find(|agent| agent["instance"] == "shop-1").expect("agent");
    assert_eq!((&agent["service"], &agent["language"]), (&json!("shop"), &json!("JAVA")));
    assert_eq!(agent["lastSeen"], START + 9 * 60_000);
}

#[tokio::test]
async fn how_the_server_is_now_is_told_at_once() {
    let health = ask("/ui/health").await;
    assert_eq!((&health["received"], &health["dropped"]), (&json!(105), &json!(3)));
    assert_eq!((&health["over"], &health["receivedPerSecond"]), (&Value::Null, &Value::Null));
    assert_eq!(health["reasons"][0]["reason"], "overloaded");
    assert_eq!(health["writes"], json!({ "taken": true, "reason": null, "action": null }));
    let full = over(engine(), WebOrigins::default(), &["log"]);
    let (status, health) = get(&full, "/ui/health").await;
    assert_eq!(status, StatusCode::OK);
    let told = json!({ "taken": false, "reason": "the log is full", "action": "make room" });
    assert_eq!(health["writes"], told);
}

#[tokio::test]
async fn every_route_is_described() {
    let page = ask("/ui/openapi.json").await;
    let described = page["paths"].as_object().expect("paths");
    let source = include_str!("../../src/ui/routes.rs");
    let literals = source.split('"').skip(1).step_by(2);
    let routes: Vec<&str> = literals.filter(|text| text.starts_with("/ui/")).collect();
    assert!(routes.len() > 10, "{routes:?}");
    for route in &routes {
        assert!(described.contains_key(*route), "{route}");
    }
    assert_eq!(described.len(), routes.len());
}

#[tokio::test]
async fn what_is_described_is_what_is_answered() {
    let page = ask("/ui/openapi.json").await;
    for (path, schema) in [
        (within("/ui/overview", "&compare=day"), "Overview"),
        (within("/ui/topology", ""), "Topology"),
        (within("/ui/service", &format!("&id={SHOP}")), "Service"),
        ("/ui/status".to_owned(), "Status"),
        (within("/ui/traces", ""), "TracePage"),
        (within("/ui/scatter", ""), "Scatter"),
        ("/ui/span?trace=trace-1&segment=segment-2&span=0".to_owned(), "Span"),
        ("/ui/session".to_owned(), "Session"),
        ("/ui/health".to_owned(), "Health"),
        ("/ui/trace/whole?id=trace-1".to_owned(), "TraceExtent"),
        ("/ui/find?text=s".to_owned(), "Found"),
        ("/ui/dashboard?id=General-Root".to_owned(), "Dashboard"),
    ] {
        let answer = ask(&path).await;
        fits(&page, &page["components"]["schemas"][schema], &answer, schema);
    }
}

/// Whether an answer has exactly the members of a schema, each of its type.
fn fits(page: &Value, schema: &Value, answer: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().expect("name");
        return fits(page, &page["components"]["schemas"][name], answer, at);
    }
    if let Some(several) = schema["oneOf"].as_array() {
        return if !answer.is_null() {
            fits(page, &several[0], answer, at)
        };
    }
    if let Some(words) = schema["enum"].as_array() {
        return assert!(words.contains(answer), "{at}: {answer}");
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let kind = match answer {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_whole = kind == "integer" && types.contains(&json!("number"));
    assert!(types.contains(&json!(kind)) || is_whole, "{at}: {answer} is not {types:?}");
    match answer {
        Value::Array(items) if schema["items"].is_object() => {
            items.iter().for_each(|item| fits(page, &schema["items"], item, at));
        }
        Value::Object(members) => {
            let known = schema["properties"].as_object().expect("properties");
            for (name, value) in members {
                let of = known.get(name).unwrap_or_else(|| panic!("{at}.{name} is not described"));
                fits(page, of, value, &format!("{at}.{name}"));
            }
            assert_eq!(members.len(), known.len(), "{at} lacks some of {known:?}");
        }
        _ => {}
    }
}
