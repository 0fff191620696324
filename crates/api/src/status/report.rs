//! `/status/cluster/nodes`, `/status/config/ttl` and `/debugging/config/dump`, each as text or JSON
//! in the shapes that clients of SkyWalking 10.x read.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::HeaderMap;
use http::header::{ACCEPT, VARY};
use serde::Serialize;

/// A node of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClusterNode {
    /// Host that the other nodes reach it by.
    pub host: String,
    /// Port of the cluster's own traffic.
    pub port: u16,
    /// Whether it is the node that answers.
    #[serde(rename = "self")]
    pub this: bool,
}

/// Days that metrics are kept; the figures of cold tiers are -1 without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is the days of the data it is named after")]
pub struct MetricsRetention {
    pub metadata: i32,
    pub minute: i32,
    pub hour: i32,
    pub day: i32,
    pub cold_minute: i32,
    pub cold_hour: i32,
    pub cold_day: i32,
}

/// Days that records are kept; the figures of cold tiers are -1 without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is the days of the data it is named after")]
pub struct RecordsRetention {
    pub normal: i32,
    pub trace: i32,
    pub zipkin_trace: i32,
    pub log: i32,
    pub browser_error_log: i32,
    pub cold_normal: i32,
    pub cold_trace: i32,
    pub cold_zipkin_trace: i32,
    pub cold_log: i32,
    pub cold_browser_error_log: i32,
}

/// How much disk the store may take before the oldest goes, spans before metrics; none without
/// a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskLimits {
    /// Bytes of all files together.
    pub bytes: Option<i64>,
    /// Percent of the disk.
    pub percent: Option<i32>,
}

/// Knows what runs here.
pub trait StatusSource: Send + Sync {
    /// Version of the query protocol, for example `10.3.0`; clients adapt to it.
    fn version(&self) -> String;

    /// Nodes of the cluster as this one sees them, itself included.
    fn nodes(&self) -> Vec<ClusterNode>;

    /// Effective retention of metrics and records.
    fn retention(&self) -> (MetricsRetention, RecordsRetention);

    /// How much disk everything may take, whatever its age.
    fn disk_limits(&self) -> DiskLimits;

    /// Effective configuration by key path, sorted; secrets MUST be masked already.
    fn config(&self) -> Vec<(String, String)>;
}

/// Routes of the status pages.
pub(crate) fn routes(source: &Arc<dyn StatusSource>) -> Router {
    let nodes = Arc::clone(source);
    let ttl = Arc::clone(source);
    let config = Arc::clone(source);
    Router::new()
        .route(
            "/status/cluster/nodes",
            get(async move || Json(serde_json::json!({ "nodes": nodes.nodes() }))),
        )
        .route(
            "/status/config/ttl",
            get(async move |headers: HeaderMap| retention(&headers, ttl.as_ref())),
        )
        .route(
            "/debugging/config/dump",
            get(async move |headers: HeaderMap| dump(&headers, config.as_ref())),
        )
}

#[derive(Serialize)]
struct Retention {
    metrics: MetricsRetention,
    records: RecordsRetention,
}

fn retention(headers: &HeaderMap, source: &dyn StatusSource) -> Response {
    let (metrics, records) = source.retention();
    if wants_json(headers) {
        return varied(Json(Retention { metrics, records }));
    }
    let lines = [
        ("metadata", metrics.metadata),
        ("metrics.minute", metrics.minute),
        ("metrics.hour", metrics.hour),
        ("metrics.day", metrics.day),
        ("metrics.minute.cold", metrics.cold_minute),
        ("metrics.hour.cold", metrics.cold_hour),
        ("metrics.day.cold", metrics.cold_day),
        ("records.normal", records.normal),
        ("records.trace", records.trace),
        ("records.zipkinTrace", records.zipkin_trace),
        ("records.log", records.log),
        ("records.browserErrorLog", records.browser_error_log),
        ("records.normal.cold", records.cold_normal),
        ("records.trace.cold", records.cold_trace),
        ("records.zipkinTrace.cold", records.cold_zipkin_trace),
        ("records.log.cold", records.cold_log),
        ("records.browserErrorLog.cold", records.cold_browser_error_log),
    ];
    let mut text = String::from("# days; -1: there is no cold tier\n");
    for (key, days) in lines {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "{key}={days}");
    }
    varied(text)
}

fn dump(headers: &HeaderMap, source: &dyn StatusSource) -> Response {
    let config = source.config();
    if wants_json(headers) {
        let map: serde_json::Map<_, _> =
            config.into_iter().map(|(key, value)| (key, value.into())).collect();
        return varied(Json(map));
    }
    let lines = config.iter();
    varied(lines.map(|(key, value)| format!("{key}={value}\n")).collect::<String>())
}

/// Text is for people with curl, JSON for programs that ask for it.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(ACCEPT).into_iter();
    accepts.filter_map(|value| value.to_str().ok()).any(|value| value.contains("application/json"))
}

fn varied(body: impl IntoResponse) -> Response {
    ([(VARY, "accept")], body).into_response()
}
