//! What the routes of the UI tell about themselves.

use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;
use skytrail_base::metrics::{Counter, Family, Histogram, Labels, Registry};
use skytrail_query::Budget;

/// Upper edges of the duration histogram, in seconds.
const EDGES: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Metrics of all requests.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Family<Labels, Counter>,
    cancelled: Counter,
    rows: Counter,
    duration: Histogram,
}

impl Metrics {
    /// Registers them.
    pub(crate) fn new(registry: &Registry) -> Self {
        Self {
            requests: registry.register(
                "skytrail_ui_requests",
                "Questions of the pages of the UI, by route and status",
                Family::default(),
            ),
            cancelled: registry.register(
                "skytrail_ui_cancelled",
                "Questions of the UI whose client left before the answer",
                Counter::default(),
            ),
            rows: registry.register(
                "skytrail_ui_read_rows",
                "Stored rows and metric points read for the UI",
                Counter::default(),
            ),
            duration: registry.register(
                "skytrail_ui_duration_seconds",
                "Time from the head of a question of the UI to its answer",
                Histogram::new(EDGES),
            ),
        }
    }

    /// Counts a question until it is answered or dropped.
    pub(crate) fn begin(&self, route: &'static str, budget: Arc<Budget>) -> Waiting<'_> {
        Waiting { metrics: self, route, budget, since: Instant::now(), answered: None }
    }
}

/// A question that waits for its answer. Dropped without one, its client has left, and nothing
/// more may be read for it.
pub(crate) struct Waiting<'m> {
    metrics: &'m Metrics,
    route: &'static str,
    budget: Arc<Budget>,
    since: Instant,
    answered: Option<StatusCode>,
}

impl Waiting<'_> {
    /// The answer is there.
    pub(crate) fn answered(mut self, status: StatusCode) {
        self.answered = Some(status);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let metrics = self.metrics;
        metrics.rows.inc_by(self.budget.spent());
        let Some(status) = self.answered else {
            metrics.cancelled.inc();
            self.budget.exhaust();
            return;
        };
        metrics.duration.observe(self.since.elapsed().as_secs_f64());
        let labels =
            vec![("route", self.route.to_owned()), ("status", status.as_u16().to_string())];
        metrics.requests.get_or_create(&labels).inc();
    }
}
