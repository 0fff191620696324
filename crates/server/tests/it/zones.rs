//! Hours and days of the configured zone.

use serde_json::{Value, json};

use crate::app::{App, Setup};
use crate::fixed_set;

const MINUTE: i64 = 60_000;

/// Points of `service web`: instant and value.
type Points = Vec<(i64, Option<String>)>;

async fn points(app: &App, metric: &str, step: &str, start: &str, end: &str) -> Points {
    let query = "query ($expression: String!, $duration: Duration!) {
      execExpression(
        expression: $expression
        entity: { serviceName: \"web\", normal: true }
        duration: $duration
      ) { error results { values { id value } } }
    }";
    let duration = json!({"start": start, "end": end, "step": step});
    let answer = app.ask(query, "", &json!({"expression": metric, "duration": duration})).await;
    let values = answer.pointer("/data/execExpression/results/0/values").and_then(Value::as_array);
    let values = values.unwrap_or_else(|| panic!("{answer}")).iter();
    let point = |value: &Value| {
        let id = value["id"].as_str().unwrap().parse().unwrap();
        (id, value["value"].as_str().map(str::to_owned))
    };
    values.map(point).collect()
}

/// The product in a zone with the fixed set at `base`.
async fn app(zone: &'static str, base: i64) -> App {
    let app = App::start(Setup { zone, now: base + 119_000, ..Setup::default() }).await;
    app.send_all(&fixed_set::messages_at(base)).await;
    app
}

fn found(points: &Points) -> Vec<Option<&str>> {
    points.iter().map(|(_, value)| value.as_deref()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_and_days_of_a_half_hour_zone_start_at_its_own_boundaries() {
    // 2026-01-05T19:00Z is half an hour into the next day at +0530.
    let base = 1_767_639_600_000;
    let app = app("+0530", base).await;
    for stage in ["live", "stored"] {
        // One call of 2,100 ms at 23:30 of the day before; six of 1,850 ms after midnight.
        let hours =
            points(&app, "service_resp_time", "HOUR", "2026-01-05 22", "2026-01-06 00").await;
        assert_eq!(found(&hours), [None, Some("2100"), Some("308")], "{stage}");
        assert_eq!(hours[2].0, base - 30 * MINUTE, "{stage}");
        // The 5th has that call and the one of 300 ms a day before, at half past midnight.
        let days = points(&app, "service_resp_time", "DAY", "2026-01-04", "2026-01-06").await;
        assert_eq!(found(&days), [None, Some("1200"), Some("308")], "{stage}");
        let minutes =
            points(&app, "service_cpm", "MINUTE", "2026-01-06 0029", "2026-01-06 0031").await;
        assert_eq!(found(&minutes), [None, Some("4"), Some("2")], "{stage}");
        // Older forms name the bucket in the zone.
        let named = "query ($duration: Duration!) {
          getLinearIntValues(metric: {name: \"service_cpm\", id: \"d2Vi.1\"}, duration: $duration) {
            values { id value }
          }
        }";
        let range = json!({"start": "2026-01-06 0030", "end": "2026-01-06 0030", "step": "MINUTE"});
        let answer = app.ask(named, "", &json!({ "duration": range })).await;
        let value = &answer["data"]["getLinearIntValues"]["values"][0];
        assert_eq!(*value, json!({"id": "202601060030_d2Vi.1", "value": 4}), "{stage}");
        let time = app.ask("{ getTimeInfo { timezone } }", "", &json!({})).await;
        assert_eq!(time["data"]["getTimeInfo"]["timezone"], "+0530");
        app.checkpoint().await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_day_on_which_clocks_go_forward_has_23_hours() {
    // 2026-03-29T22:30Z is 00:30 of the 30th in Berlin. An hour before is 23:30 of the 29th, and a
    // day before, in winter time, 23:30 of the 28th.
    let app = app("Europe/Berlin", 1_774_823_400_000).await;
    for stage in ["live", "stored"] {
        let days = points(&app, "service_resp_time", "DAY", "2026-03-28", "2026-03-30").await;
        assert_eq!(found(&days), [Some("300"), Some("2100"), Some("308")], "{stage}");
        assert_eq!(days[2].0 - days[1].0, 23 * 60 * MINUTE, "{stage}");
        app.checkpoint().await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_day_on_which_clocks_go_back_has_25_hours() {
    // 2026-10-25T23:30Z is 00:30 of the 26th in Berlin. An hour before is 23:30 of the 25th, and a
    // day before, in summer time, 01:30 of the 25th.
    let app = app("Europe/Berlin", 1_792_971_000_000).await;
    for stage in ["live", "stored"] {
        let days = points(&app, "service_resp_time", "DAY", "2026-10-25", "2026-10-26").await;
        assert_eq!(found(&days), [Some("1200"), Some("308")], "{stage}");
        assert_eq!(days[1].0 - days[0].0, 25 * 60 * MINUTE, "{stage}");
        app.checkpoint().await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_that_comes_twice_has_two_points() {
    // 2026-10-25T01:30Z is the second 02:30 of that night in Berlin, an hour before the first.
    let base = 1_792_891_800_000;
    let app = app("Europe/Berlin", base).await;
    for stage in ["live", "stored"] {
        let hours =
            points(&app, "service_resp_time", "HOUR", "2026-10-25 01", "2026-10-25 03").await;
        assert_eq!(found(&hours), [None, Some("2100"), Some("308"), None], "{stage}");
        assert_eq!((hours[1].0, hours[2].0), (base - 90 * MINUTE, base - 30 * MINUTE), "{stage}");
        app.checkpoint().await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_another_zone_is_refused_with_a_code() {
    let app = app("+0530", 1_767_639_600_000).await;
    let kept = app.kept().clone();
    app.stop().await;
    let setup = |zone| Setup { zone, kept: Some(kept.crashed()), ..Setup::default() };
    for looks in [true, false] {
        let refusal = App::refusal(setup("UTC"), looks).await;
        for text in ["ST-1007: server.time_zone is 'UTC'", "made with '+0530'", "an empty store"] {
            assert!(refusal.contains(text), "{refusal}");
        }
        assert_eq!(App::refusal(setup("+05:30"), looks).await, "");
    }
}
