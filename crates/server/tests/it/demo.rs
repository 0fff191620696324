//! `skytrail demo` against `skytrail serve`.

use axum::body::Body;
use http::Request;
use serde_json::Value;

use crate::process::{Server, printed, run};
use crate::wire;

/// The counts of a summary line, in its order.
fn counts(said: &str) -> Vec<u64> {
    let summary = said.lines().last().unwrap();
    summary.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_is_there_while_the_demo_runs() {
    let server = Server::start(&["ingest.auth.token=secret"]);
    let address = server.grpc.to_string();
    let sent = tokio::task::spawn_blocking(move || {
        run(&[
            "demo",
            "--address",
            &address,
            "--rate",
            "100",
            "--seconds",
            "1",
            "--token",
            "secret",
        ])
    });
    let sent = sent.await.unwrap();
    let said = printed(&sent);
    let counts = counts(&said);
    assert!(sent.status.success(), "{said}");
    assert!(counts[0] > 100 && counts[0] == counts[1] && counts[2] == 0, "{said}");

    let body = r#"{"query": "{
        listServices(layer: \"GENERAL\") { name }
        getGlobalTopology(
          duration: { start: \"DAY\", end: \"DAY\", step: DAY }
        ) { nodes { name } calls { id } }
    }"}"#;
    let day = r#"{"query": "{ getTimeInfo { currentTimestamp timezone } }"}"#;
    let ask = async |body: String| {
        let request = Request::post("/graphql").header("content-type", "application/json");
        let answer = wire::ask(server.rest, request.body(Body::from(body)).unwrap()).await;
        serde_json::from_str::<Value>(&answer.text).unwrap()
    };
    let time = ask(day.to_owned()).await["data"]["getTimeInfo"]["currentTimestamp"].as_i64();
    let date = skytrail_model::time::Zone::system()
        .local(skytrail_model::time::Minute(time.unwrap() / 60_000))
        .unwrap()
        .date();
    let answer = ask(body.replace('\n', " ").replace("DAY\\", &format!("{date}\\"))).await;
    let services = answer["data"]["listServices"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert!(services.len() >= 8, "{services:?}");
    let calls = answer["data"]["getGlobalTopology"]["calls"].as_array().unwrap();
    assert!(calls.len() >= 10, "{calls:?}");
}

#[test]
fn without_the_token_nothing_is_acknowledged() {
    let server = Server::start(&["ingest.auth.token=secret"]);
    let address = server.grpc.to_string();
    let sent = run(&["demo", "--address", &address, "--seconds", "1"]);
    let counts = counts(&printed(&sent));
    assert_eq!((counts[1], counts[4]), (0, 0), "{}", printed(&sent));
}
