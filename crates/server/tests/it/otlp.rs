//! Spans of OpenTelemetry, from the request to the answers.

use http::StatusCode;
use serde_json::{Value, json};

use crate::app::{App, Setup};
use crate::fixed_set::BASE;

const TRACE: &str = "5b8efff798038103d269b633813fc60c";

fn attributes(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect()
}

/// A span that starts after so many milliseconds and takes so many.
fn span(ids: [&str; 2], name: &str, kind: u8, at: [i64; 2], tags: &[(&str, &str)]) -> Value {
    let nanos = |after: i64| ((BASE + 61_000 + after) * 1_000_000).to_string();
    json!({
        "traceId": TRACE, "spanId": ids[0], "parentSpanId": ids[1], "name": name, "kind": kind,
        "startTimeUnixNano": nanos(at[0]), "endTimeUnixNano": nanos(at[0] + at[1]),
        "attributes": attributes(tags),
    })
}

fn request(service: &str, instance: &str, spans: &[Value]) -> Value {
    let resource = [
        ("service.name", service),
        ("service.namespace", "shop"),
        ("service.instance.id", instance),
    ];
    json!({"resourceSpans": [{
        "resource": {"attributes": attributes(&resource)},
        "scopeSpans": [{"scope": {"name": "lib"}, "spans": spans}],
    }]})
}

const SERVER: u8 = 2;
const CLIENT: u8 = 3;
const FRONT: &str = "0000000000000001";
const CALL: &str = "0000000000000002";
const BACK: &str = "0000000000000003";
const QUERY: &str = "0000000000000004";

/// One request: web calls cart, which asks a database.
fn requests() -> [Value; 2] {
    let http = [("http.request.method", "GET"), ("http.route", "/cart/{id}")];
    let call = [("http.request.method", "GET"), ("server.address", "cart"), ("server.port", "80")];
    let query = [
        ("db.system.name", "postgresql"),
        ("db.query.text", "SELECT * FROM cart"),
        ("server.address", "db"),
    ];
    let web = [
        span([FRONT, ""], "GET /", SERVER, [0, 900], &[("http.request.method", "GET")]),
        span([CALL, FRONT], "GET", CLIENT, [10, 800], &call),
    ];
    let cart = [
        span([BACK, CALL], "GET /cart/{id}", SERVER, [20, 700], &http),
        span([QUERY, BACK], "SELECT cart", CLIENT, [30, 600], &query),
    ];
    [request("web", "web-1", &web), request("cart", "cart-1", &cart)]
}

fn names(answer: &Value, list: &str) -> Vec<String> {
    let list = answer["data"][list].as_array().unwrap();
    let mut names: Vec<_> =
        list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

const TOPOLOGY: &str = "query q($d: Duration!) {
  general: listServices(layer: \"GENERAL\") { name group }
  databases: listServices(layer: \"VIRTUAL_DATABASE\") { name }
  getGlobalTopology(duration: $d) { nodes { id name } calls { source target detectPoints } }
}";

async fn edges(app: &App) -> (Value, Vec<String>) {
    let minute =
        json!({"d": {"start": "2026-01-05 1020", "end": "2026-01-05 1040", "step": "MINUTE"}});
    let answer = app.ask(TOPOLOGY, "q", &minute).await;
    let topology = &answer["data"]["getGlobalTopology"];
    let nodes = topology["nodes"].as_array().unwrap();
    let name = |id: &Value| {
        nodes
            .iter()
            .find(|node| node["id"] == *id)
            .map_or("?", |node| node["name"].as_str().unwrap())
    };
    let mut edges: Vec<_> = topology["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            format!(
                "{} > {} {}",
                name(&call["source"]),
                name(&call["target"]),
                call["detectPoints"]
            )
        })
        .collect();
    edges.sort();
    (answer, edges)
}

/// Whichever half of the call comes first.
#[tokio::test]
async fn a_call_between_two_services_is_one_edge_and_a_database_another() {
    for is_reversed in [false, true] {
        let app = App::start(Setup::default()).await;
        let mut requests = requests().to_vec();
        if is_reversed {
            requests.reverse();
        }
        for request in &requests {
            let (status, said) = app.post("/v1/traces", request).await;
            assert_eq!((status, said.as_str()), (StatusCode::OK, "{}"));
        }
        let (answer, edges) = edges(&app).await;
        assert_eq!(names(&answer, "general"), ["shop::cart", "shop::web"]);
        assert_eq!(answer["data"]["general"][0]["group"], "shop");
        assert_eq!(names(&answer, "databases"), ["db"]);
        let expected = [
            r#"User > shop::web ["SERVER"]"#,
            r#"shop::cart > db ["CLIENT"]"#,
            r#"shop::web > shop::cart ["CLIENT","SERVER"]"#,
        ];
        assert_eq!(edges, expected);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_trace_is_shown_like_a_native_one() {
    let app = App::start(Setup::default()).await;
    for request in requests() {
        app.post("/v1/traces", &request).await;
    }
    let query = "query q($t: ID!) { queryTrace(traceId: $t) { spans {
        spanId parentSpanId refs { parentSegmentId parentSpanId type } serviceCode serviceInstanceName endpointName type peer component layer
    } } }";
    let answer = app.ask(query, "q", &json!({"t": TRACE})).await;
    let spans = answer["data"]["queryTrace"]["spans"].as_array().unwrap().clone();
    let seen: Vec<_> = spans
        .iter()
        .map(|span| {
            [
                "serviceCode",
                "serviceInstanceName",
                "endpointName",
                "type",
                "peer",
                "component",
                "layer",
            ]
            .map(|key| span[key].as_str().unwrap())
            .join(" | ")
        })
        .collect();
    assert_eq!(
        seen,
        [
            "shop::web | web-1 | GET / | Entry |  | http | Http",
            "shop::web | web-1 | GET | Exit | cart:80 | http | Http",
            "shop::cart | cart-1 | GET /cart/{id} | Entry |  | http | Http",
            "shop::cart | cart-1 | SELECT cart | Exit | db | PostgreSQL | Database",
        ]
    );
    let cause = json!([{"parentSegmentId": FRONT, "parentSpanId": 1, "type": "CROSS_PROCESS"}]);
    assert_eq!(spans[2]["refs"], cause);
    assert_eq!(spans[3]["parentSpanId"], 0);
    app.stop().await;
}
