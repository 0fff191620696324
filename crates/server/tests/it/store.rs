//! `skytrail store` beside a running server.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::process::{Server, complaint, path, printed, run};
use crate::wire;

const SEGMENTS: u64 = 40;

/// What a command printed; it went well.
fn done(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", complaint(&output));
    printed(&output)
}

/// Why a command failed.
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(!output.status.success(), "{arguments:?}");
    complaint(&output)
}

async fn send(server: &Server) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let start = now.as_millis() as u64;
    let segment = |number: u64| {
        json!({
            "traceId": format!("trace-{number}"),
            "traceSegmentId": format!("segment-{number}"),
            "service": "shop",
            "serviceInstance": "one",
            "spans": [{
                "operationName": format!("/order/{number}"), "tags": [{"key": "n", "value": "1"}],
                "startTime": start, "endTime": start + 1, "spanId": 0, "parentSpanId": -1,
                "spanType": "Entry", "spanLayer": "Http",
            }],
        })
    };
    let body = json!((0..SEGMENTS).map(segment).collect::<Vec<_>>()).to_string();
    let request = Request::post("/v3/segments").header("content-type", "application/json");
    let answer = wire::ask(server.rest, request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_counted_checked_printed_copied_and_restored() {
    let mut server = Server::start(&["storage.selector=embedded"]);
    send(&server).await;
    server.terminate();
    assert!(server.ended().success(), "{}", server.said());
    let data = server.killed();
    // A server that runs meanwhile changes nothing.
    let server = Server::start_on(data, &["storage.selector=embedded"]);
    let data = path(server.data.path());
    let stats = done(&["store", "stats", "--data", data]);
    assert!(stats.contains(&format!("{SEGMENTS} spans")), "{stats}");
    assert!(done(&["store", "check", "--data", data]).contains("as it was written"));
    let lines = done(&["store", "export", "--data", data, "--format", "jsonl"]);
    let lines: Vec<Value> = lines.lines().map(|one| serde_json::from_str(one).unwrap()).collect();
    assert_eq!(lines.len() as u64, SEGMENTS);
    assert!(lines.iter().all(|one| one["spans"][0]["attributes"] == json!({ "n": "1" })));
    let folder = tempfile::tempdir().unwrap();
    let (copy, again) = (folder.path().join("copy"), folder.path().join("again"));
    let first = done(&["store", "backup", path(&copy), "--data", data]);
    assert!(!first.starts_with("0 files copied"), "{first}");
    done(&["store", "backup", path(&copy), "--data", data]);
    done(&["store", "restore", path(&copy), "--data", path(&again), "--verify"]);
    assert_eq!(done(&["store", "export", "--data", path(&again)]).lines().count(), lines.len());
    let error = refused(&["store", "restore", path(&copy), "--data", path(&again)]);
    assert!(error.contains("restore into an empty folder"), "{error}");
    let error = refused(&["store", "restore", path(&copy), "--data", data]);
    assert!(error.contains("ST-1005"), "{error}");
}

#[test]
fn a_folder_without_a_store_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["stats", "check", "export"] {
        let error = refused(&["store", command, "--data", path(folder.path())]);
        assert!(error.contains("--data names the data folder"), "{error}");
    }
}
