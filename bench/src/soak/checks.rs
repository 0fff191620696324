//! What must be true when it is over.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tokio::time::Instant;

use super::attacks::ALL;
use super::honest::Tally;
use super::plan::Plan;
use super::target::Replies;
use super::watch::Seen;
use crate::measure::memory::{MIB, slope_per_minute};
use crate::process::{Books, Sample, Server};

/// How long what is in flight may take to settle once nobody sends.
const SETTLE: Duration = Duration::from_secs(60);

/// In this time the attackers together have gone once through the list.
const WHOLE_ROUND: Duration = Duration::from_secs(60);

/// File descriptors that a server may keep once nobody is connected.
const FEW_FILES: usize = 200;

/// A check and what came of it: the finding, good or bad.
#[derive(Debug)]
pub struct Check {
    /// What must be true.
    pub name: &'static str,
    /// What was found.
    pub found: Result<String, String>,
}

impl Check {
    fn new(name: &'static str, is_true: bool, found: String) -> Self {
        Self { name, found: if is_true { Ok(found) } else { Err(found) } }
    }
}

/// Every kind of attack was made; a run that is too short for that is not asked.
pub fn of_attacks(plan: &Plan, replies: &Replies) -> Check {
    let missing: Vec<_> =
        ALL.iter().map(|attack| attack.name).filter(|name| !replies.contains_key(name)).collect();
    let is_short = plan.length < WHOLE_ROUND;
    let found = format!("{} of {} kinds; not {missing:?}", replies.len(), ALL.len());
    Check::new("every attack made", missing.is_empty() || is_short, found)
}

/// Checks of what was seen under attack.
pub fn of_watch(plan: &Plan, health: &Seen, traces: &Seen, tally: &Tally, peak: u64) -> Vec<Check> {
    let first = |list: &[String]| list.first().map_or(String::new(), |text| format!(": {text}"));
    let slope = slope_per_minute(&health.memory).unwrap_or(0.0) / MIB;
    let sent = tally.sent.load(Ordering::Relaxed);
    let found = traces.sought - traces.missing.len() as u64;
    vec![
        Check::new(
            "healthy throughout",
            health.asked > 0 && health.unhealthy.is_empty(),
            format!(
                "{} of {} answers were not 200{}",
                health.unhealthy.len(),
                health.asked,
                first(&health.unhealthy)
            ),
        ),
        Check::new(
            "memory below its limit",
            peak > 0 && peak <= plan.memory,
            format!(
                "at most {:.0} MiB of {:.0}, slope {slope:+.1} MiB/min",
                peak as f64 / MIB,
                plan.memory as f64 / MIB
            ),
        ),
        Check::new(
            "honest segments acknowledged (99 %)",
            sent > 0 && tally.share() >= 0.99,
            format!("{:.2} % of {sent}", tally.share() * 100.0),
        ),
        Check::new(
            "honest traces found (99 %)",
            traces.sought > 0 && found * 100 >= traces.sought * 99,
            format!("{found} of {}{}", traces.sought, first(&traces.missing)),
        ),
    ]
}

/// Checks of the server once nobody sends any more.
pub async fn of_rest(server: &mut Server, tally: &Tally) -> Vec<Check> {
    let alive = server.child.ensure_alive();
    let log = server.child.log();
    let panic = log.lines().find(|line| line.contains("panicked")).map(str::to_owned);
    let mut checks = vec![
        Check::new(
            "process alive",
            alive.is_ok(),
            alive.map_or_else(|error| format!("{error:#}"), |()| "the same process".to_owned()),
        ),
        Check::new(
            "no panic",
            panic.is_none(),
            panic.unwrap_or_else(|| format!("{} lines of log", log.lines().count())),
        ),
    ];
    checks.push(metrics_visible(server).await);
    checks.push(books(server, tally).await);
    checks.push(files(server).await);
    checks.push(stops(server).await);
    checks
}

/// A service of the honest traffic has calls in the last minutes.
async fn metrics_visible(server: &Server) -> Check {
    let minute = |back: i64| {
        let seconds = crate::workload::now_ms() / 1000 - back * 60;
        jiff::Timestamp::from_second(seconds)
            .unwrap_or_default()
            .strftime("%Y-%m-%d %H%M")
            .to_string()
    };
    let query = "query($d: Duration!) { execExpression(expression: \"sum(service_cpm)\", entity: \
                 {serviceName: \"orders-edge\", normal: true}, duration: $d) { error results { \
                 values { value } } } }";
    let duration = json!({ "start": minute(30), "end": minute(0), "step": "MINUTE" });
    let answer = server.ask(query, &json!({ "d": duration })).await;
    let value = answer.as_ref().ok().and_then(|data| {
        data["execExpression"]["results"][0]["values"][0]["value"].as_str()?.parse::<f64>().ok()
    });
    Check::new(
        "honest metrics visible",
        value.is_some_and(|value| value > 0.0),
        format!("orders-edge had {value:?} calls in 30 minutes; {answer:?}"),
    )
}

/// `received = stored + refused + dropped`, for every signal, in both units.
async fn books(server: &Server, tally: &Tally) -> Check {
    const NAME: &str = "accounts exact";
    let deadline = Instant::now() + SETTLE;
    loop {
        let found = match server.samples().await {
            Ok(samples) => unbalanced(&samples, tally),
            Err(error) => Err(format!("{error:#}")),
        };
        match found {
            Ok(summary) => return Check::new(NAME, true, summary),
            Err(why) if Instant::now() > deadline => return Check::new(NAME, false, why),
            Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
}

fn unbalanced(samples: &[Sample], tally: &Tally) -> Result<String, String> {
    let signals: BTreeSet<&str> = samples
        .iter()
        .filter(|sample| sample.name.starts_with("skytrail_received_"))
        .filter_map(|sample| sample.labels.get("signal").map(String::as_str))
        .collect();
    if signals.is_empty() {
        return Err("no metric tells what was received".to_owned());
    }
    let mut messages = 0.0;
    for signal in &signals {
        for unit in ["messages", "spans"] {
            let books = Books::of(samples, signal, unit);
            if !books.is_closed() {
                return Err(format!("{signal} in {unit}: {books:?}"));
            }
            messages += if unit == "messages" { books.received } else { 0.0 };
        }
    }
    let stored = Books::of(samples, "segment", "spans").stored;
    let honest = tally.spans.load(Ordering::Relaxed) as f64;
    if stored < honest {
        return Err(format!("{honest} spans were acknowledged, {stored} stored"));
    }
    Ok(format!("{messages} messages of {} signals, {stored} spans stored", signals.len()))
}

/// Nothing of the attackers is left: their connections are closed.
async fn files(server: &Server) -> Check {
    let folder = format!("/proc/{}/fd", server.child.pid());
    let deadline = Instant::now() + SETTLE;
    loop {
        let open = std::fs::read_dir(&folder).map_or(usize::MAX, Iterator::count);
        if open <= FEW_FILES || Instant::now() > deadline {
            let found = format!("{open} files open");
            return Check::new("connections given back", open <= FEW_FILES, found);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// It ends by itself when it is asked to, and says that all is well.
async fn stops(server: &mut Server) -> Check {
    let begin = Instant::now();
    let status = server.child.stop();
    let took = begin.elapsed().as_secs_f64();
    let is_good = status.as_ref().is_ok_and(std::process::ExitStatus::success);
    Check::new("stops when asked", is_good, format!("{status:?} after {took:.1} s"))
}
