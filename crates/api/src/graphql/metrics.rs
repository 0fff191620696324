//! What `/graphql` tells about itself.

use std::sync::Arc;
use std::time::Instant;

use skytrail_base::claim::MemoryMetrics;
use skytrail_base::metrics::{Counter, Family, Gauge, Histogram, Labels, Registry};
use skytrail_query::Budget;

use super::error::{Code, Failure};

/// Upper edges of the duration histogram, in seconds.
const EDGES: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Metrics of all requests.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Counter,
    errors: Family<Labels, Counter>,
    cancelled: Counter,
    rows: Counter,
    duration: Histogram,
    in_flight: Gauge,
    held: Gauge,
    stalled: Counter,
    incomplete: Counter,
    memory: MemoryMetrics,
}

impl Metrics {
    /// Registers them.
    pub(crate) fn new(registry: &Registry) -> Self {
        Self {
            requests: registry.register(
                "skytrail_graphql_requests",
                "GraphQL requests executed; each of a batch is one",
                Counter::default(),
            ),
            errors: registry.register(
                "skytrail_graphql_errors",
                "Errors in GraphQL answers, by code",
                Family::default(),
            ),
            cancelled: registry.register(
                "skytrail_graphql_cancelled",
                "HTTP requests whose client left before the answer",
                Counter::default(),
            ),
            rows: registry.register(
                "skytrail_graphql_read_rows",
                "Stored rows and metric points read for GraphQL answers",
                Counter::default(),
            ),
            duration: registry.register(
                "skytrail_graphql_duration_seconds",
                "Time from the head of an HTTP request to its answer",
                Histogram::new(EDGES),
            ),
            in_flight: registry.register(
                "skytrail_graphql_in_flight",
                "HTTP requests that wait for their answer",
                Gauge::default(),
            ),
            held: registry.register(
                "skytrail_graphql_held_bytes",
                "GraphQL answers that clients have not taken yet",
                Gauge::default(),
            ),
            stalled: registry.register(
                "skytrail_graphql_stalled",
                "GraphQL answers dropped because their client did not read them in time",
                Counter::default(),
            ),
            incomplete: registry.register(
                "skytrail_graphql_incomplete",
                "Root fields of GraphQL answers in which something is, or may be, missing",
                Counter::default(),
            ),
            memory: MemoryMetrics {
                used: registry.register(
                    "skytrail_query_memory_bytes",
                    "Memory of requests that are being answered",
                    Gauge::default(),
                ),
                waiting: registry.register(
                    "skytrail_query_memory_waiting",
                    "Requests that wait for memory",
                    Gauge::default(),
                ),
                refused: registry.register(
                    "skytrail_query_memory_refused",
                    "Requests that did not get memory in time",
                    Counter::default(),
                ),
            },
        }
    }

    /// What shows the memory of requests.
    pub(crate) fn memory(&self) -> MemoryMetrics {
        self.memory.clone()
    }

    /// Counts a root field in which something is missing.
    pub(crate) fn incomplete(&self) {
        self.incomplete.inc();
    }

    /// Shows the bytes that answers hold.
    pub(crate) fn held(&self) -> Gauge {
        self.held.clone()
    }

    /// Counts answers that were not read in time.
    pub(crate) fn stalled(&self) -> Counter {
        self.stalled.clone()
    }

    /// Counts one GraphQL request.
    pub(crate) fn request(&self) {
        self.requests.inc();
    }

    /// Counts errors that a client is told.
    pub(crate) fn failed(&self, failures: &[Failure]) {
        failures.iter().for_each(|failure| self.error(failure.code));
    }

    /// Counts one error.
    pub(crate) fn error(&self, code: Code) {
        self.errors.get_or_create(&vec![("code", code.as_str().to_owned())]).inc();
    }

    /// Counts an HTTP request that waits until the result is dropped.
    pub(crate) fn begin(&self, budget: Arc<Budget>) -> Waiting<'_> {
        self.in_flight.inc();
        Waiting { metrics: self, budget, since: Instant::now(), answered: false }
    }
}

/// An HTTP request that waits for its answer. Dropped without one, its client has left, and
/// nothing more may be read for it.
pub(crate) struct Waiting<'m> {
    metrics: &'m Metrics,
    budget: Arc<Budget>,
    since: Instant,
    answered: bool,
}

impl Waiting<'_> {
    /// The answer is there.
    pub(crate) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let metrics = self.metrics;
        metrics.in_flight.dec();
        metrics.rows.inc_by(self.budget.spent());
        if self.answered {
            metrics.duration.observe(self.since.elapsed().as_secs_f64());
        } else {
            metrics.cancelled.inc();
            self.budget.exhaust();
        }
    }
}
