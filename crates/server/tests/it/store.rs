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

/// Names of the parts of a store, each with something that its rows have.
fn files(data: &std::path::Path) -> Vec<(String, &'static str)> {
    let held = std::fs::read_dir(data.join("store")).unwrap();
    let names = held.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let has = [("spans", "segment-1"), ("minutes", "Service "), ("relations", "edges")];
    let named = names.filter_map(|name| {
        let (_, has) = *has.iter().find(|(extension, _)| name.ends_with(extension))?;
        Some((name, has))
    });
    let found: Vec<_> = named.collect();
    assert!(found.len() >= 2, "{found:?}");
    found
}

async fn send(server: &Server) {
    send_of(server, "shop", "").await;
}

/// Segments of a service, each of a trace of its own.
async fn send_of(server: &Server, service: &str, prefix: &str) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let start = now.as_millis() as u64;
    let segment = |number: u64| {
        json!({
            "traceId": format!("{prefix}trace-{number}"),
            "traceSegmentId": format!("{prefix}segment-{number}"),
            "service": service,
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
    let services = done(&["store", "stats", "--by", "service", "--data", data]);
    assert!(services.contains(&format!("{SEGMENTS}  shop")), "{services}");
    let columns = done(&["store", "stats", "--by", "column", "--data", data]);
    assert!(columns.contains("tag n") && columns.contains("apportioned"), "{columns}");
    for (file, has) in files(server.data.path()) {
        let told = done(&["store", "dump", &file, "--rows", "--data", data]);
        assert!(told.contains("bytes") && told.contains(has), "{file}: {told}");
    }
    let error = refused(&["store", "dump", "7777", "--data", data]);
    assert!(error.contains("no file with number 7777"), "{error}");
    assert!(done(&["store", "finalize", "--data", data]).contains("nothing is to be done"));
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

/// Names of services, and spans of a trace, as clients see them.
async fn seen(server: &Server, trace: &str) -> (Vec<String>, usize) {
    let query = format!(
        r#"{{ listServices(layer: "GENERAL") {{ name }}
             queryTrace(traceId: "{trace}") {{ spans {{ spanId }} }} }}"#
    );
    let body = json!({ "query": query }).to_string();
    let request = Request::post("/graphql").header("content-type", "application/json");
    let answer = wire::ask(server.rest, request.body(Body::from(body)).unwrap()).await;
    let answer: Value = serde_json::from_str(&answer.text).unwrap();
    let list = |at: &str| answer.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
    let services = list("/data/listServices")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .map(str::to_owned)
        .collect();
    (services, list("/data/queryTrace/spans").len())
}

fn exported(data: &str) -> usize {
    done(&["store", "export", "--data", data]).lines().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_and_a_trace_are_deleted_while_the_server_runs_and_while_it_does_not() {
    let embedded = ["storage.selector=embedded"];
    let server = Server::start(&embedded);
    send_of(&server, "shop", "").await;
    send_of(&server, "stock", "other-").await;
    let data = path(server.data.path()).to_owned();
    let said = done(&["store", "delete", "--service", "shop", "--data", &data]);
    assert!(said.contains("nothing of the service 'shop' is answered any more"), "{said}");
    let (services, spans) = seen(&server, "trace-3").await;
    assert!(!services.contains(&"shop".to_owned()) && spans == 0, "{services:?} {spans}");
    assert_eq!(seen(&server, "other-trace-3").await.1, 1);
    assert_eq!(exported(&data) as u64, SEGMENTS);
    // What comes later stays.
    send_of(&server, "shop", "later-").await;
    assert_eq!(seen(&server, "later-trace-3").await.1, 1);
    // Killed, so that what came later is in the log alone.
    let folder = server.killed();
    let said = done(&["store", "delete", "--trace", "later-trace-3", "--data", &data]);
    assert!(said.contains("when the server runs"), "{said}");
    let said = done(&["store", "delete", "--trace", "other-trace-3", "--data", &data]);
    assert!(said.contains("1 files"), "{said}");
    assert_eq!(exported(&data) as u64, SEGMENTS - 1);
    let server = Server::start_on(folder, &embedded);
    for (trace, spans) in
        [("later-trace-3", 0), ("later-trace-4", 1), ("other-trace-3", 0), ("trace-4", 0)]
    {
        assert_eq!(seen(&server, trace).await.1, spans, "{trace}");
    }
    let error = refused(&["store", "delete", "--data", &data]);
    assert!(error.contains("--service"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_to_live_is_changed_in_the_file_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skytrail.yaml");
    let write = |ttl: &str, port: u16| {
        let text = format!("storage:\n  record_ttl: {ttl}\nquery:\n  max_traces: {port}\n");
        std::fs::write(&file, text).unwrap();
    };
    write("5d", 200);
    let server = Server::start_with(&["--config", path(&file)], &[]);
    assert_eq!(record_days(&server).await, 5);
    let disk = ask(&server, "{ getMetricsTTL { diskBytes diskPercent } }").await;
    let limits = json!({ "getMetricsTTL": { "diskBytes": null, "diskPercent": 80 } });
    assert_eq!(disk["data"], limits, "what goes for want of room, as it is by default");
    write("2d", 100);
    server.wait_for("storage.record_ttl");
    server.wait_for("query.max_traces");
    assert_eq!(record_days(&server).await, 2);
    std::fs::write(&file, "storage:\n  record_ttl: soon\n").unwrap();
    server.wait_for("the changed configuration is not taken");
    assert_eq!(record_days(&server).await, 2);
}

async fn ask(server: &Server, query: &str) -> Value {
    let body = json!({ "query": query }).to_string();
    let request = Request::post("/graphql").header("content-type", "application/json");
    let answer = wire::ask(server.rest, request.body(Body::from(body)).unwrap()).await;
    serde_json::from_str(&answer.text).unwrap()
}

async fn record_days(server: &Server) -> i64 {
    let answer = ask(server, "{ getRecordsTTL { trace } }").await;
    answer.pointer("/data/getRecordsTTL/trace").and_then(Value::as_i64).unwrap()
}
