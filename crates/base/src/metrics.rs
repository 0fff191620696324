//! Skytrail's metrics of itself, in the Prometheus text format.

use std::sync::Arc;

use parking_lot::Mutex;
pub use prometheus_client::collector::Collector;
pub use prometheus_client::encoding;
pub use prometheus_client::metrics::counter::Counter;
pub use prometheus_client::metrics::family::Family;
pub use prometheus_client::metrics::gauge::Gauge;
pub use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{self, Metric};

/// Label names and values of one series.
pub type Labels = Vec<(&'static str, String)>;

/// Every metric of the process. Names start with `skytrail_`; each is
/// described in `docs/user/self-metrics.md`.
#[derive(Clone, Default)]
pub struct Registry {
    inner: Arc<Mutex<registry::Registry>>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

impl Registry {
    /// Registers a metric and gives it back for use. The unit belongs in the
    /// name; counters are exposed with `_total` appended.
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        self.inner.lock().register(name, help, metric.clone());
        metric
    }

    /// Registers something that gathers its series when it is asked.
    pub fn collect(&self, collector: Box<dyn Collector>) {
        self.inner.lock().register_collector(collector);
    }

    /// All metrics in the OpenMetrics text format.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string fails only when a collector does; what was written so far stays
        // useful then.
        let _ = encoding::text::encode(&mut text, &self.inner.lock());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Counter, Family, Labels, Registry};

    #[test]
    fn registered_metrics_are_exposed_with_their_labels() {
        let registry = Registry::default();
        let drops = registry.register(
            "skytrail_test_dropped",
            "Things dropped",
            Family::<Labels, Counter>::default(),
        );
        drops.get_or_create(&vec![("reason", "full".to_owned())]).inc_by(3);
        let text = registry.encode();
        assert!(text.contains("skytrail_test_dropped_total{reason=\"full\"} 3"), "{text}");
    }
}
