//! What the pages of the UI ask for.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::client::send;
use crate::fakes::product;

/// 09:00 in Delhi, in milliseconds.
pub(crate) const START: i64 = 29_921_970 * 60_000;

pub(crate) async fn get(router: &Router, path: &str) -> (StatusCode, Value) {
    send(router, Request::get(path).body(Body::empty()).expect("request")).await
}

/// The header and the columns of `/ui/trace`, by name.
async fn columns(router: &Router, id: &str) -> (Value, BTreeMap<&'static str, Vec<f64>>) {
    let request = Request::get(format!("/ui/trace?id={id}")).body(Body::empty()).expect("request");
    let response = router.clone().oneshot(request).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/vnd.skytrail.trace-columns");
    let length = response.headers()["content-length"].to_str().expect("text").to_owned();
    let bytes = response.into_body().collect().await.expect("body").to_bytes();
    assert_eq!(bytes.len().to_string(), length);
    assert_eq!(&bytes[..4], b"STC1");
    let head = u32::from_le_bytes(bytes[4..8].try_into().expect("four")) as usize;
    assert_eq!((8 + head) % 8, 0);
    let header: Value = serde_json::from_slice(&bytes[8..8 + head]).expect("json");
    let rows = header["spans"].as_u64().expect("rows") as usize;
    let mut rest = &bytes[8 + head..];
    let mut columns = BTreeMap::new();
    for (name, width) in [
        ("start", 8),
        ("duration", 8),
        ("parent", 4),
        ("segment", 4),
        ("number", 4),
        ("operation", 4),
        ("peer", 4),
        ("component", 2),
        ("layer", 1),
        ("kind", 1),
        ("flags", 3),
    ] {
        let size = if width == 3 { 2 } else { width };
        let (column, padded) = (rows * size, (rows * size).next_multiple_of(8));
        let number = |bytes: &[u8]| match width {
            8 => f64::from_le_bytes(bytes.try_into().expect("8")),
            4 => f64::from(i32::from_le_bytes(bytes.try_into().expect("4"))),
            3 => f64::from(u16::from_le_bytes(bytes.try_into().expect("2"))),
            2 => f64::from(i16::from_le_bytes(bytes.try_into().expect("2"))),
            _ => f64::from(bytes[0]),
        };
        columns.insert(name, rest[..column].chunks(size).map(number).collect());
        assert!(rest[column..padded].iter().all(|byte| *byte == 0), "{name}");
        rest = &rest[padded..];
    }
    assert!(rest.is_empty());
    (header, columns)
}

#[tokio::test]
async fn a_trace_comes_as_columns() {
    let (header, columns) = columns(&product(), "trace-1").await;
    assert_eq!(
        header,
        json!({
            "traceId": "trace-1",
            "base": START,
            "spans": 4,
            "complete": true,
            "missing": null,
            "services": ["shop", "stock"],
            "instances": ["shop-1", "stock-1"],
            "operations": ["GET:/orders", "/items", "Mysql/query", "GET:/items"],
            "peers": ["stock:80", "shop-db:3306"],
            "components": ["Tomcat", "HttpClient", "mysql-connector-java"],
            "layers": ["Unknown", "Database", "RPCFramework", "Http", "MQ", "Cache", "FAAS", "GenAI"],
            "segments": { "id": ["segment-1", "segment-2"], "service": [0, 1], "instance": [0, 1] },
            "links": [],
        })
    );
    assert_eq!(columns["start"], [0.0, 1.0, 10.0, 3.0]);
    assert_eq!(columns["duration"], [30.0, 8.0, 15.0, 5.0]);
    assert_eq!(columns["parent"], [-1.0, 0.0, 0.0, 1.0]);
    assert_eq!(columns["segment"], [0.0, 0.0, 0.0, 1.0]);
    assert_eq!(columns["number"], [0.0, 1.0, 2.0, 0.0]);
    assert_eq!(columns["operation"], [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(columns["peer"], [-1.0, 0.0, 1.0, -1.0]);
    assert_eq!(columns["component"], [0.0, 1.0, 2.0, 0.0]);
    assert_eq!(columns["layer"], [3.0, 3.0, 1.0, 3.0]);
    assert_eq!(columns["kind"], [1.0, 2.0, 2.0, 1.0]);
    assert_eq!(columns["flags"], [16.0, 0.0, 0.0, 64.0]);
}

#[tokio::test]
async fn a_trace_that_the_browser_has_does_not_come_again() {
    let router = product();
    let ask = async |tag: &str| {
        let request = Request::get("/ui/trace?id=trace-1").header("if-none-match", tag);
        let request = request.body(Body::empty()).expect("request");
        router.clone().oneshot(request).await.expect("infallible")
    };
    let first = ask("\"other\"").await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.headers()["cache-control"], "private, no-cache");
    let tag = first.headers()["etag"].to_str().expect("text").to_owned();
    let again = ask(&format!("W/\"x\", {tag}")).await;
    assert_eq!(
        (again.status(), &again.headers()["etag"]),
        (StatusCode::NOT_MODIFIED, &first.headers()["etag"])
    );
    assert!(again.into_body().collect().await.expect("body").to_bytes().is_empty());
}

#[tokio::test]
async fn a_part_of_a_trace_is_what_overlaps_it() {
    let window = |from: f64, to: f64| {
        format!("trace-1&from={}&to={}", START as f64 + from, START as f64 + to)
    };
    let (header, _) = columns(&product(), &window(4.0, 5.0)).await;
    assert_eq!(header["spans"], 4);
    let (header, columns) = columns(&product(), &window(9.0, 12.0)).await;
    assert_eq!((&header["spans"], &header["services"]), (&json!(3), &json!(["shop"])));
    assert_eq!(columns["number"], [0.0, 1.0, 2.0]);
    let path = format!("/ui/trace?id={}", window(500.0, 600.0));
    assert_eq!(get(&product(), &path).await.0, StatusCode::NOT_FOUND);
    let path = format!("/ui/trace?id=trace-1&from={START}");
    assert_eq!(get(&product(), &path).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_whole_trace_comes_in_numbers() {
    let (status, whole) = get(&product(), "/ui/trace/whole?id=trace-1").await;
    assert_eq!(status, StatusCode::OK, "{whole}");
    assert_eq!((&whole["spans"], &whole["segments"]), (&json!(4), &json!(2)));
    assert_eq!((&whole["start"], &whole["duration"]), (&json!(START), &json!(30)));
    assert_eq!(whole["services"][0]["name"], "shop");
    let first = &whole["operations"][0];
    assert_eq!((&first["name"], &first["total"]), (&json!("GET:/orders"), &json!(30)));
    let parts = whole["density"]["parts"].as_array().expect("parts");
    assert!((2..=100).contains(&parts.len()), "{}", parts.len());
    assert_eq!(parts.iter().map(|one| one["spans"].as_u64().expect("spans")).sum::<u64>(), 4);
    assert_eq!(get(&product(), "/ui/trace/whole?id=none").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_tag_of_a_trace_can_be_a_column() {
    let (_, keys) = get(&product(), "/ui/trace/tags?id=trace-1").await;
    let keys = keys["keys"].as_array().expect("keys");
    let of = |key: &str| keys.iter().find(|one| one["key"] == key).expect("key").clone();
    assert_eq!(of("db.statement"), json!({ "key": "db.statement", "spans": 1, "values": 1 }));
    let (_, values) = get(&product(), "/ui/trace/tags?id=trace-1&key=db.statement").await;
    assert_eq!(values["codes"], json!([-1, -1, 0, -1]));
    assert_eq!(
        (values["values"].as_array().map(Vec::len), &values["complete"]),
        (Some(1), &json!(true))
    );
    let (_, none) = get(&product(), "/ui/trace/tags?id=trace-1&key=none").await;
    assert_eq!((&none["values"], &none["codes"]), (&json!([]), &json!([-1, -1, -1, -1])));
}

#[tokio::test]
async fn a_span_comes_with_everything_that_is_known() {
    let (status, span) = get(&product(), "/ui/span?trace=trace-1&segment=segment-1&span=0").await;
    assert_eq!(status, StatusCode::OK, "{span}");
    assert_eq!(
        span,
        json!({
            "traceId": "trace-1",
            "segmentId": "segment-1",
            "number": 0,
            "service": { "id": "c2hvcA==.1", "name": "shop" },
            "instance": { "id": "c2hvcA==.1_c2hvcC0x", "name": "shop-1" },
            "endpoint": { "id": "c2hvcA==.1_R0VUOi9vcmRlcnM=", "name": "GET:/orders" },
            "operation": "GET:/orders",
            "kind": "entry",
            "layer": "Http",
            "component": "Tomcat",
            "peer": "",
            "start": START,
            "duration": 30,
            "error": false,
            "tags": [{ "key": "http.method", "value": "GET" }],
            "events": [{
                "at": START + 1,
                "fields": [{ "key": "event", "value": "cache miss" }],
            }],
            "links": [],
            "usual": null,
        })
    );
    let (_, span) = get(&product(), "/ui/span?trace=trace-1&segment=segment-2&span=0").await;
    assert_eq!(
        span["links"],
        json!([{
            "kind": "process",
            "traceId": "trace-1",
            "segmentId": "segment-1",
            "span": 1,
            "service": "shop",
        }])
    );
}

#[tokio::test]
async fn what_is_not_there_or_not_asked_right_is_told() {
    for (path, status, code, field) in [
        ("/ui/trace", 400, "INVALID", json!("id")),
        ("/ui/trace?id=", 400, "INVALID", json!("id")),
        ("/ui/trace?id=none", 404, "NOT_FOUND", Value::Null),
        ("/ui/span?trace=trace-1&segment=segment-1", 400, "INVALID", json!("span")),
        ("/ui/span?trace=trace-1&segment=segment-1&span=x", 400, "INVALID", json!("span")),
        ("/ui/span?trace=trace-1&segment=segment-1&span=9", 404, "NOT_FOUND", Value::Null),
        ("/ui/span?trace=trace-1&segment=none&span=0", 404, "NOT_FOUND", Value::Null),
    ] {
        let (answered, answer) = get(&product(), path).await;
        assert_eq!(answered.as_u16(), status, "{path} {answer}");
        let error = &answer["error"];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &field), "{path}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
}

/// The whole hour, and the conditions behind it.
fn of_hour(path: &str, rest: &str) -> String {
    format!("{path}?from={START}&to={}{rest}", START + 3_600_000)
}

#[tokio::test]
async fn traces_are_listed_in_a_few_words() {
    let (status, page) = get(&product(), &of_hour("/ui/traces", "")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let failed = json!({
        "traceId": "trace-2",
        "start": START + 60_000,
        "duration": 240,
        "service": "shop",
        "serviceId": "c2hvcA==.1",
        "endpoint": "GET:/orders",
        "error": true,
        "spans": 1,
        "errors": 1,
        "depth": 1,
        "services": [{ "name": "shop", "share": 1 }],
        "critical": [{ "service": "shop", "share": 1 }],
        "partial": false,
    });
    assert_eq!((&page["next"], &page["complete"]), (&Value::Null, &json!(true)));
    assert_eq!(page["traces"].as_array().map(Vec::len), Some(2));
    assert_eq!(page["traces"][0], failed);
    let first = &page["traces"][1];
    assert_eq!((&first["traceId"], &first["spans"]), (&json!("trace-1"), &json!(4)));
    assert_eq!((&first["depth"], &first["errors"]), (&json!(3), &json!(0)));
}

#[tokio::test]
async fn pages_follow_each_other_and_list_a_trace_once() {
    let router = product();
    let (_, first) = get(&router, &of_hour("/ui/traces", "&limit=1&order=duration")).await;
    assert_eq!(first["traces"][0]["traceId"], "trace-2");
    let next = first["next"].as_str().expect("more").to_owned();
    let rest = format!("&limit=1&order=duration&cursor={next}");
    let (_, second) = get(&router, &of_hour("/ui/traces", &rest)).await;
    assert_eq!(second["traces"][0]["traceId"], "trace-1");
    let next = second["next"].as_str().expect("a segment is left").to_owned();
    let rest = format!("&limit=1&order=duration&cursor={next}");
    let (_, third) = get(&router, &of_hour("/ui/traces", &rest)).await;
    assert_eq!((&third["traces"], &third["next"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn conditions_are_joined_by_and() {
    let router = product();
    for (rest, traces) in [
        ("&state=error", vec!["trace-2"]),
        ("&state=ok", vec!["trace-1"]),
        ("&min=31", vec!["trace-2"]),
        ("&max=239.9", vec!["trace-1"]),
        ("&tag=http.method=GET", vec!["trace-1"]),
        ("&tag=http.method&tag=db.statement", vec!["trace-1"]),
        ("&keyword=FROM%20orders", vec!["trace-1"]),
        ("&service=c3RvY2s=.1", vec!["trace-1"]),
        ("&service=c3RvY2s=.1&state=error", vec![]),
        ("&id=trace-2&id=none&state=ok", vec!["trace-2"]),
    ] {
        let (status, page) = get(&router, &of_hour("/ui/traces", rest)).await;
        assert_eq!(status, StatusCode::OK, "{rest} {page}");
        let listed = page["traces"].as_array().expect("traces").iter();
        let listed: Vec<_> = listed.map(|one| one["traceId"].as_str().expect("id")).collect();
        assert_eq!(listed, traces, "{rest}");
    }
    for (path, field) in [
        ("/ui/traces?to=1".to_owned(), json!("from")),
        ("/ui/traces?from=2&to=1".to_owned(), json!("from")),
        (of_hour("/ui/traces", "&state=bad"), json!("state")),
        (of_hour("/ui/traces", "&order=spans"), json!("order")),
        (of_hour("/ui/traces", "&min=-1"), json!("min")),
        (of_hour("/ui/traces", "&tag==x"), json!("tag")),
        (of_hour("/ui/traces", "&limit=101"), Value::Null),
        (of_hour("/ui/traces", "&cursor=x"), Value::Null),
        (of_hour("/ui/traces", "&service=x"), Value::Null),
        (of_hour("/ui/scatter", "&limit=2001"), Value::Null),
    ] {
        let (status, answer) = get(&router, &path).await;
        assert_eq!(
            (status, &answer["error"]["field"]),
            (StatusCode::BAD_REQUEST, &field),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_point_of_the_scatter_is_the_longest_segment_of_its_trace() {
    let (status, scatter) = get(&product(), &of_hour("/ui/scatter", "")).await;
    assert_eq!(status, StatusCode::OK, "{scatter}");
    assert_eq!(
        scatter,
        json!({
            "start": [START, START + 60_000],
            "duration": [30, 240],
            "error": [0, 1],
            "traceId": ["trace-1", "trace-2"],
            "service": [0, 0],
            "services": scatter["services"],
            "endpoint": [0, 0],
            "endpoints": scatter["endpoints"],
            "complete": true,
            "more": false,
        })
    );
    assert_eq!(
        (&scatter["services"][0], &scatter["endpoints"][0]),
        (&json!("shop"), &json!("GET:/orders"))
    );
    let (_, one) = get(&product(), &of_hour("/ui/scatter", "&limit=1")).await;
    assert_eq!((&one["more"], &one["traceId"]), (&json!(true), &json!(["trace-2"])));
}

#[tokio::test]
async fn chosen_traces_are_told_from_the_others_by_their_tags() {
    let condition = json!({ "from": START, "to": START + 3_600_000 });
    let ask = async |body: Value| {
        let request = Request::post("/ui/tags/compare").header("content-type", "application/json");
        send(&product(), request.body(Body::from(body.to_string())).expect("request")).await
    };
    let within = json!({ "from": START, "to": START + 3_600_000, "min": 100, "max": 1000 });
    let chosen = json!({ "traces": ["trace-2"] });
    for mut body in [json!({ "box": within }), chosen] {
        body["condition"] = condition.clone();
        let (status, answer) = ask(body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!((&answer["chosen"], &answer["others"]), (&json!(1), &json!(1)));
        assert_eq!(
            answer["tags"][0],
            json!({
                "key": "http.method",
                "value": "POST",
                "chosen": 1,
                "others": 0,
                "chosenShare": 1,
                "othersShare": 0,
                "difference": 1,
            "together": [],
            })
        );
        assert_eq!(answer["complete"], true);
    }
    for wrong in [
        json!({ "condition": condition }),
        json!({ "condition": condition, "traces": [] }),
        json!({ "condition": { "from": 1 }, "traces": ["a"] }),
        json!({ "condition": condition, "traces": ["a"], "other": 1 }),
    ] {
        assert_eq!(ask(wrong.clone()).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
}
