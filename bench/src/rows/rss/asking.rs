//! A dashboard that asks all the time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::process::Server;

/// How long it rests between two questions.
const REST: Duration = Duration::from_millis(200);

/// A service of the traffic that everybody knows.
const SERVICE: &str = "orders-edge";

/// What it asks, one after the other; the trace is one that the list before it gave.
const QUESTIONS: [&str; 4] = [
    "query($d: Duration!) { getGlobalTopology(duration: $d) { nodes { id } calls { id } } }",
    "query($d: Duration!) { execExpression(expression: \"service_percentile{p='50,75,90,95,99'}\", \
     entity: {serviceName: \"orders-edge\", normal: true}, duration: $d) { error results { values { \
     id value } } } }",
    "query($d: Duration!) { queryBasicTraces(condition: {queryDuration: $d, traceState: ALL, \
     queryOrder: BY_START_TIME, paging: {pageNum: 1, pageSize: 20}}) { traces { traceIds } } }",
    "query($t: ID!) { queryTrace(traceId: $t) { spans { spanId tags { key value } } } }",
];

/// Asks until the end; gives how often.
pub(super) async fn ask(server: Arc<Server>, end: Instant) -> Result<u64> {
    let (mut asked, mut trace) = (0, String::new());
    while Instant::now() < end {
        for question in QUESTIONS {
            let is_of_trace = question.contains("queryTrace(");
            if is_of_trace && trace.is_empty() {
                continue;
            }
            let variables = if is_of_trace { json!({ "t": trace }) } else { last_hour() };
            let data = server.ask(question, &variables).await.context(question)?;
            let list = data["queryBasicTraces"]["traces"].as_array();
            let first = list.and_then(|traces| traces.first());
            if let Some(id) = first.and_then(|one| one["traceIds"][0].as_str()) {
                id.clone_into(&mut trace);
            }
            asked += 1;
            sleep(REST).await;
        }
    }
    ensure!(!trace.is_empty(), "no trace of {SERVICE} was ever found");
    Ok(asked)
}

fn last_hour() -> Value {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::system());
    let show = |time: &jiff::Zoned| time.strftime("%Y-%m-%d %H%M").to_string();
    let start = now.saturating_sub(jiff::Span::new().hours(1));
    json!({ "d": { "start": show(&start), "end": show(&now), "step": "MINUTE" } })
}
