//! `GET /metrics` on a port of its own, for Prometheus.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;

/// Writes all metrics of the server in the OpenMetrics text format.
pub type Encode = Arc<dyn Fn() -> String + Send + Sync>;

/// Media type of the OpenMetrics text format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Routes of the telemetry port (1234 by default).
pub fn metrics_router(encode: Encode) -> Router {
    let scrape = async move || ([(CONTENT_TYPE, OPEN_METRICS)], encode());
    Router::new().route("/metrics", get(scrape))
}
