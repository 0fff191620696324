//! Dashboards that several people save, and names that are looked for.

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::client::send;
use crate::fakes::product;
use crate::ui::get;

async fn save(router: &Router, version: Value, configuration: &str) -> (StatusCode, Value) {
    let body = json!({ "id": "General-Root", "version": version, "configuration": configuration });
    let request = Request::put("/ui/dashboard").header("content-type", "application/json");
    send(router, request.body(Body::from(body.to_string())).expect("request")).await
}

#[tokio::test]
async fn who_saves_over_an_older_version_is_told_of_the_newer() {
    let router = product();
    let (status, read) = get(&router, "/ui/dashboard?id=General-Root").await;
    assert_eq!(status, StatusCode::OK, "{read}");
    let version = read["version"].clone();
    let (status, first) = save(&router, version.clone(), "{\"by\":\"first\"}").await;
    assert_eq!(status, StatusCode::OK, "{first}");
    assert!(first["version"].as_i64() > version.as_i64(), "{first}");
    let (status, answer) = save(&router, version, "{\"by\":\"second\"}").await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")));
    assert_eq!(answer["current"]["version"], first["version"]);
    assert_eq!(answer["current"]["configuration"], "{\"by\":\"first\"}");
    let (status, over) = save(&router, Value::Null, "{\"by\":\"second\"}").await;
    assert_eq!(status, StatusCode::OK, "whatever is there");
    let (_, read) = get(&router, "/ui/dashboard?id=General-Root").await;
    assert_eq!(read["version"], over["version"]);
    assert_eq!(read["configuration"], "{\"by\":\"second\"}");
}

#[tokio::test]
async fn what_is_not_there_or_too_large_is_not_saved() {
    let router = product();
    let (status, answer) = get(&router, "/ui/dashboard?id=none").await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
    let (status, answer) = save(&router, Value::Null, &"x".repeat((1 << 20) + 1)).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("INVALID")));
    let (status, _) = save(&router, Value::Null, &"x".repeat(3 << 20)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn names_are_found_whatever_they_are_of() {
    let found = async |rest: &str| {
        let (status, answer) = get(&product(), &format!("/ui/find?{rest}")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    };
    let names = |answer: &Value, list: &str| {
        let list = answer[list].as_array().expect("list").iter();
        list.map(|one| one["name"].as_str().expect("name").to_owned()).collect::<Vec<_>>()
    };
    let shop = found("text=SHOP").await;
    assert_eq!(names(&shop, "services"), ["shop", "shop-db:3306"]);
    assert_eq!(names(&shop, "instances"), ["shop-1"]);
    assert_eq!((&shop["services"][0]["real"], &shop["complete"]), (&json!(true), &json!(true)));
    assert_eq!(shop["services"][1]["layers"], json!(["VIRTUAL_DATABASE"]));
    let items = found("text=items").await;
    assert_eq!(names(&items, "endpoints"), ["GET:/items"]);
    assert_eq!(items["endpoints"][0]["service"], "stock");
    let one = found("text=shop&limit=1").await;
    assert_eq!((names(&one, "services").len(), &one["complete"]), (1, &json!(false)));
    for (rest, field) in [("", json!("text")), ("text=a&limit=51", Value::Null)] {
        let (status, answer) = get(&product(), &format!("/ui/find?{rest}")).await;
        assert_eq!((status, &answer["error"]["field"]), (StatusCode::BAD_REQUEST, &field));
    }
}
