//! What is being filled and what is stored answer alike.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::app::{App, Setup};
use crate::fixed_set::{self, Message};
use crate::{cases, metrics};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minute_answers_the_same_after_the_clock_has_closed_it() {
    let app = App::start(Setup::default()).await;
    app.send_all(&fixed_set::messages(100)).await;
    assert_eq!((app.rows("metrics"), app.rows("relations")), (0, 0), "nothing is flushed yet");
    let expected = metrics::table();
    metrics::check(&app, &expected, "live").await;
    app.close_minutes().await;
    assert!(app.rows("metrics") > 0 && app.rows("relations") > 0, "all is flushed");
    metrics::check(&app, &expected, "stored").await;
    cases::check(&cases::ask(&app, &cases::all()).await, "after the flush");
    app.stop().await;
}

/// Rounds, each of which asks one of so many cases.
const ROUNDS: u64 = 8;

/// Whether everything is flushed after message `place`: never, always, and at
/// places that look random.
fn is_flushed_after(round: u64, place: u64) -> bool {
    match round {
        0 => true,
        _ => {
            let mixed = (round * 64 + place).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed >> 32).is_multiple_of(round + 1)
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_the_same_wherever_it_was_flushed() {
    let cases = cases::all();
    let expected = metrics::table();
    for round in 0..ROUNDS {
        let app = App::start(Setup::default()).await;
        let mut points = Vec::new();
        for (place, message) in (0..).zip(&fixed_set::messages(1)) {
            app.send(message).await;
            if is_flushed_after(round, place) {
                points.push(place);
                app.checkpoint().await;
            }
        }
        let what = format!("flushed after messages {points:?}");
        metrics::check(&app, &expected, &what).await;
        let some = cases.iter().skip(round as usize).step_by(ROUNDS as usize);
        cases::check(&cases::ask(&app, some).await, &what);
        app.stop().await;
    }
}

/// Calls of one service in one minute, sent one after the other.
const CALLS: u64 = 300;

/// The late call of the set, once more.
fn call(number: u64) -> Message {
    let Some(Message::Segments(last)) = fixed_set::messages(1).pop() else { unreachable!() };
    let mut segment = last[0].clone();
    segment["traceId"] = json!(format!("trace-{number}"));
    segment["traceSegmentId"] = json!(format!("segment-{number}"));
    segment["service"] = json!("counted");
    Message::Segments(json!([segment]))
}

async fn counted(app: &App) -> u64 {
    let query = r#"{
      execExpression(
        expression: "service_cpm"
        entity: { serviceName: "counted", normal: true }
        duration: { start: "2026-01-05 1030", end: "2026-01-05 1030", step: MINUTE }
      ) { results { values { value } } }
    }"#;
    let answer = app.ask(query, "", &json!({})).await;
    let value = answer.pointer("/data/execExpression/results/0/values/0/value");
    value.and_then(Value::as_str).map_or(0, |value| value.parse().unwrap())
}

/// Readers meet every stage of a flush: rows that are live, under way, and stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counts_are_exact_while_it_is_flushed() {
    let app = Arc::new(App::start(Setup::default()).await);
    let sent = Arc::new(AtomicU64::new(0));
    let stored = Arc::new(AtomicU64::new(0));
    let is_done = Arc::new(AtomicBool::new(false));
    let flusher = tokio::spawn({
        let (app, is_done) = (app.clone(), is_done.clone());
        async move {
            while !is_done.load(Ordering::SeqCst) {
                app.checkpoint().await;
                tokio::task::yield_now().await;
            }
        }
    });
    let reader = tokio::spawn({
        let (app, is_done) = (app.clone(), is_done.clone());
        let (sent, stored) = (sent.clone(), stored.clone());
        async move {
            while !is_done.load(Ordering::SeqCst) {
                let least = stored.load(Ordering::SeqCst);
                let found = counted(&app).await;
                let most = sent.load(Ordering::SeqCst);
                assert!((least..=most).contains(&found), "{found} of {least} to {most} calls");
            }
        }
    });
    for number in 0..CALLS {
        sent.fetch_add(1, Ordering::SeqCst);
        app.send(&call(number)).await;
        stored.fetch_add(1, Ordering::SeqCst);
    }
    is_done.store(true, Ordering::SeqCst);
    flusher.await.unwrap();
    reader.await.unwrap();
    assert_eq!(counted(&app).await, CALLS);
    Arc::into_inner(app).expect("nobody else").stop().await;
}
