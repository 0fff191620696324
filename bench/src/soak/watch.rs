//! Looks at the server while it is under attack, as its operator would.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, interval};

use crate::measure::memory;
use crate::process::Server;
use crate::wire::http;

/// How often the server is looked at.
const PACE: Duration = Duration::from_millis(500);

/// How long a healthy server may take to say so while both cores are busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an acknowledged trace may take to be found.
const VISIBLE: Duration = Duration::from_secs(10);

/// What was seen.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    /// Times it was asked for its health.
    pub asked: u64,
    /// What it answered when it did not answer 200.
    pub unhealthy: Vec<String>,
    /// Traces that were looked for.
    pub sought: u64,
    /// What came of those that were not found.
    pub missing: Vec<String>,
    /// Resident memory by second, bytes.
    pub memory: Vec<(f64, u64)>,
}

/// Asks for health and measures memory until `end`.
pub async fn health(rest: u16, pid: u32, end: Instant) -> Seen {
    let mut seen = Seen::default();
    let begin = Instant::now();
    let mut pace = interval(PACE);
    while Instant::now() < end {
        pace.tick().await;
        seen.asked += 1;
        match http::get(rest, "/healthcheck", PATIENCE).await {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => seen.unhealthy.push(format!("{} {}", answer.status, answer.body)),
            Err(error) => seen.unhealthy.push(format!("{error:#}")),
        }
        if let Ok(resident) = memory::of_process(pid) {
            seen.memory.push((begin.elapsed().as_secs_f64(), resident.now));
        }
    }
    seen
}

/// Looks for the newest acknowledged trace until `end`.
pub async fn traces(server: Arc<Server>, latest: watch::Receiver<String>, end: Instant) -> Seen {
    let mut seen = Seen::default();
    let mut pace = interval(PACE * 4);
    while Instant::now() < end {
        pace.tick().await;
        let trace = latest.borrow().clone();
        if trace.is_empty() {
            continue;
        }
        seen.sought += 1;
        if let Err(why) = find(&server, &trace).await {
            seen.missing.push(format!("{trace}: {why}"));
        }
    }
    seen
}

async fn find(server: &Server, trace: &str) -> Result<(), String> {
    let query = "query($id: ID!) { queryTrace(traceId: $id) { spans { spanId } } }";
    let deadline = Instant::now() + VISIBLE;
    loop {
        let why = match server.ask(query, &json!({ "id": trace })).await {
            Ok(data) if data["queryTrace"]["spans"][0].is_object() => return Ok(()),
            Ok(_) => "no spans".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        if Instant::now() > deadline {
            return Err(why);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
