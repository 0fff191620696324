//! The store on disk: the product answers as it does in memory, and goes on
//! after whatever end.

use std::fs;
use std::path::Path;

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{App, Setup};
use crate::fixed_set;
use crate::process::Server;
use crate::{cases, metrics, wire};

/// Segments of one request.
const AT_ONCE: usize = 3;

fn on(folder: &Path) -> Setup {
    Setup { folder: Some(folder.to_owned()), ..Setup::default() }
}

/// What the disk holds of a process that sends nothing: as if it were killed now.
fn image(of: &Path) -> TempDir {
    let image = tempfile::tempdir().unwrap();
    copy(of, image.path());
    image
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

async fn check(app: &App, what: &str) {
    metrics::check(app, &metrics::table(), what).await;
    cases::check(&cases::ask(app, &cases::all()).await, what);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_that_are_asked_for_at_the_same_time_are_made_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::start(on(folder.path())).await;
    app.send_all(&fixed_set::messages(AT_ONCE)).await;
    let made = tokio::join!(app.try_checkpoint(), app.try_checkpoint(), app.try_checkpoint());
    assert_eq!(made, (true, true, true));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_as_the_store_in_memory_does_whatever_was_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::start(on(folder.path())).await;
    app.send_all(&fixed_set::messages(AT_ONCE)).await;
    check(&app, "live").await;
    app.close_minutes().await;
    check(&app, "closed").await;
    app.checkpoint().await;
    check(&app, "in parts").await;
    app.stop().await;
    let app = App::start(on(folder.path())).await;
    check(&app, "after a graceful stop").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_was_killed_goes_on_and_knows_what_comes_again() {
    let messages = fixed_set::messages(AT_ONCE);
    for (checkpoint, crash) in [(0, messages.len()), (5, 8), (6, 6)] {
        let folder = tempfile::tempdir().unwrap();
        let app = App::start(on(folder.path())).await;
        for (sent, message) in messages.iter().take(crash).enumerate() {
            app.send(message).await;
            if sent + 1 == checkpoint {
                app.checkpoint().await;
            }
        }
        let left = image(folder.path());
        app.stop().await;
        let app = App::start(on(left.path())).await;
        app.send_all(&messages).await;
        check(&app, &format!("a checkpoint after {checkpoint}, killed after {crash}")).await;
        app.stop().await;
    }
}

/// The value of a metric of the rules below for the service `web`, if it has one.
async fn own(app: &App) -> Value {
    let query = "query ($d: Duration!) {
      execExpression(
        expression: \"own_latency\", entity: { serviceName: \"web\", normal: true }, duration: $d
      ) { error results { values { value } } }
    }";
    let duration =
        json!({ "start": "2026-01-05 1030", "end": "2026-01-05 1030", "step": "MINUTE" });
    let answer = app.ask(query, "", &json!({ "d": duration })).await;
    answer.pointer("/data/execExpression/results/0/values/0/value").cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_finished_with_the_rules_that_it_came_under() {
    let rules = tempfile::tempdir().unwrap();
    let text = "own_latency = from(Service.latency).max();\n";
    fs::write(rules.path().join("own.oal"), text).unwrap();
    let with_rules = |folder: &Path| Setup { rules: Some(rules.path().to_owned()), ..on(folder) };
    let messages = fixed_set::messages(AT_ONCE);
    let (before, folder) = (8, tempfile::tempdir().unwrap());
    let app = App::start(with_rules(folder.path())).await;
    app.send_all(&messages[..before]).await;
    let wanted = own(&app).await;
    assert!(wanted.is_string(), "{wanted}");
    let left = image(folder.path());
    app.stop().await;

    // The rules go, and the process does, twice.
    let app = App::start(on(left.path())).await;
    assert_eq!(own(&app).await, Value::Null);
    let left = image(left.path());
    app.stop().await;
    let app = App::start(on(left.path())).await;
    app.send_all(&messages).await;
    check(&app, "with other rules than the first part").await;
    let left = image(left.path());
    app.stop().await;

    let app = App::start(with_rules(left.path())).await;
    metrics::check(&app, &metrics::table(), "with the first rules again").await;
    assert_eq!(own(&app).await, wanted, "what came under the other rules has no such value");
    app.stop().await;
}

const SEGMENTS: u64 = 50;

fn segments(start: u64) -> Value {
    let segment = |number: u64| {
        json!({
            "traceId": "trace",
            "traceSegmentId": format!("segment-{number}"),
            "service": "shop",
            "serviceInstance": "one",
            "spans": [{
                "operationName": format!("/order/{number}"),
                "startTime": start, "endTime": start + 1 + number,
                "spanId": 0, "parentSpanId": -1, "spanType": "Entry", "spanLayer": "Http",
            }],
        })
    };
    json!((0..SEGMENTS).map(segment).collect::<Vec<_>>())
}

async fn post(server: &Server, path: &str, body: &Value) -> Value {
    let request = Request::post(path).header("content-type", "application/json");
    let answer = wire::ask(server.rest, request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap_or_default()
}

async fn spans(server: &Server) -> usize {
    let query = r#"{ queryTrace(traceId: "trace") { spans { endpointName } } }"#;
    let answer = post(server, "/graphql", &json!({ "query": query })).await;
    answer.pointer("/data/queryTrace/spans").and_then(Value::as_array).map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_kill_9_and_is_not_taken_again() {
    let selector = "storage.selector=embedded";
    let server = Server::start(&[selector]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let sent = segments(now.as_millis() as u64);
    post(&server, "/v3/segments", &sent).await;
    let mut data = server.killed();
    for is_whole in [false, true] {
        let mut server = Server::start_on(data, &[selector]);
        assert_eq!(spans(&server).await, SEGMENTS as usize);
        post(&server, "/v3/segments", &sent).await;
        assert_eq!(spans(&server).await, SEGMENTS as usize);
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let text = wire::ask(server.telemetry, request).await.text;
        let duplicates = format!("signal=\"segment\",reason=\"duplicate\"}} {SEGMENTS}");
        assert!(text.contains(&duplicates), "{text}");
        if is_whole {
            server.terminate();
            assert!(server.ended().success(), "{}", server.said());
        }
        data = server.killed();
    }
    let server = Server::start_on(data, &[selector]);
    assert_eq!(spans(&server).await, SEGMENTS as usize);
    assert!(!server.said().contains("the log was replayed"), "{}", server.said());
    // Known by the checkpoint alone.
    post(&server, "/v3/segments", &sent).await;
    assert_eq!(spans(&server).await, SEGMENTS as usize);
}
