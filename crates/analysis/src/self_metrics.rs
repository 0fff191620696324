//! The analysis' metrics of itself.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use skytrail_base::metrics::{Counter, Family, Gauge, Labels, Registry};
use skytrail_model::scope::Scope;

use crate::directory::Overflow;
use crate::effects::Effects;
use crate::shard::Gauges;

/// Services that are named in one metric; the others share a label.
const MAX_NAMED_SERVICES: usize = 20;

/// A service is named in the log again after this many nanoseconds.
const WARN_EVERY: i64 = 600_000_000_000;

/// Services whose last warning is remembered.
const MAX_WARNED: usize = 1000;

type Counters = Family<Labels, Counter>;
type Values = Family<Labels, Gauge>;

/// The metrics of all shards. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Meters {
    batches: Counter,
    spans: Counter,
    segments: Counter,
    empty_segments: Counter,
    outside_time: Counter,
    no_window: Counter,
    unpaired_early: Counter,
    over_limit: Counters,
    crowded: Counters,
    retries: Counters,
    failures: Counters,
    lost_rows: Counters,
    unpaired_at_end: Counter,
    names_bytes: Values,
    closed_early: Values,
    route_resets: Values,
    window_bytes: Values,
    windows: Values,
    entities: Values,
    waiting_pairs: Gauge,
    warned: Arc<Mutex<Warned>>,
}

/// Which services were named, and when last in the log.
#[derive(Debug, Default)]
struct Warned {
    named: Vec<Arc<str>>,
    last: HashMap<Arc<str>, i64>,
}

/// What a warning about too many endpoints says to do.
#[derive(Debug, Clone)]
pub(crate) struct Advice {
    pub(crate) limit: usize,
    pub(crate) grouping_file: String,
}

impl Meters {
    pub(crate) fn new(registry: &Registry) -> Self {
        let counter = |name: &str, help: &str| registry.register(name, help, Counter::default());
        let counters = |name: &str, help: &str| registry.register(name, help, Counters::default());
        let values = |name: &str, help: &str| registry.register(name, help, Values::default());
        Self {
            batches: counter("skytrail_analysis_batches", "Batches that were analysed"),
            spans: counter("skytrail_analysis_spans", "Spans that were analysed"),
            segments: counter("skytrail_analysis_segments", "Segments that are kept"),
            empty_segments: counter(
                "skytrail_analysis_empty_segments",
                "Segments without spans, which are not kept",
            ),
            outside_time: counter(
                "skytrail_analysis_outside_time",
                "Spans and samples outside of the accepted time, which count for no metric",
            ),
            no_window: counter(
                "skytrail_analysis_no_window",
                "Spans, samples and sides of calls that count for no metric because too many different minutes came at once",
            ),
            unpaired_early: counter(
                "skytrail_analysis_unpaired_early",
                "Spans that lost their other side because pairing was full",
            ),
            over_limit: counters(
                "skytrail_analysis_over_limit",
                "Names that were not told apart because of analysis.limits",
            ),
            crowded: counters(
                "skytrail_analysis_endpoints_over_limit",
                "Endpoints that were not told apart because their service has too many",
            ),
            retries: counters(
                "skytrail_analysis_append_retries",
                "Attempts to store rows that are repeated because the store was unavailable",
            ),
            failures: counters("skytrail_analysis_append_failures", "Appends that were given up"),
            lost_rows: counters(
                "skytrail_analysis_lost_rows",
                "Rows of appends that were given up",
            ),
            unpaired_at_end: counter(
                "skytrail_analysis_unpaired_at_end",
                "Spans that still waited for their other side when the server stopped",
            ),
            names_bytes: values(
                "skytrail_analysis_names_bytes",
                "Memory of entities and routes, which analysis.limits bound",
            ),
            closed_early: values(
                "skytrail_analysis_windows_closed_early",
                "Windows written before their time because memory ran out or too many minutes were open, since the start",
            ),
            route_resets: values(
                "skytrail_analysis_route_resets",
                "How often a shard forgot all routes because there were too many, since the start",
            ),
            window_bytes: values("skytrail_analysis_window_bytes", "Memory of windows"),
            windows: values("skytrail_analysis_windows", "Windows by state"),
            entities: values("skytrail_analysis_entities", "Entities that are told apart"),
            waiting_pairs: registry.register(
                "skytrail_analysis_pairs_waiting",
                "Spans that wait for their other side",
                Gauge::default(),
            ),
            warned: Arc::default(),
        }
    }

    pub(crate) fn append_retried(&self, family: &'static str) {
        self.retries.get_or_create(&vec![("family", family.to_owned())]).inc();
    }

    pub(crate) fn append_failed(&self, family: &'static str, rows: usize) {
        let labels = vec![("family", family.to_owned())];
        self.failures.get_or_create(&labels).inc();
        self.lost_rows.get_or_create(&labels).inc_by(rows as u64);
    }

    /// Counts a batch and what it brought.
    pub(crate) fn batch(&self, effects: &Effects, now: i64, advice: &Advice) {
        self.batches.inc();
        self.effects(effects, now, advice);
    }

    /// Counts what a batch, the time or the end brought, and says in the log,
    /// once in a while, which services have too many endpoints and what to do
    /// about it.
    pub(crate) fn effects(&self, effects: &Effects, now: i64, advice: &Advice) {
        self.spans.inc_by(effects.counts.spans);
        self.segments.inc_by(effects.segments.len() as u64);
        self.empty_segments.inc_by(effects.counts.empty_segments);
        self.outside_time.inc_by(effects.counts.outside_time);
        self.no_window.inc_by(effects.counts.no_window);
        if effects.counts.no_window > 0 {
            self.warn_of_no_window(effects.counts.no_window, now);
        }
        self.unpaired_early.inc_by(effects.counts.unpaired_early);
        self.unpaired_at_end.inc_by(effects.counts.unpaired_at_end);
        for overflow in &effects.overflows {
            if let Overflow::Limit { scope, key, example } = overflow {
                let label = scope.catalogue_name().to_lowercase();
                self.over_limit.get_or_create(&vec![("scope", label)]).inc();
                self.warn_of_limit(key, example, now);
            }
        }
        for service in effects.crowded_services() {
            let mut warned = self.warned.lock();
            let label = warned.label(service);
            self.crowded.get_or_create(&vec![("service", label)]).inc();
            if warned.is_due(service, now) {
                let file = match advice.grouping_file.as_str() {
                    "" => "which is not set",
                    file => file,
                };
                tracing::warn!(
                    %service,
                    limit = advice.limit,
                    "the service has more endpoints than analysis.endpoint_grouping.max_endpoints_per_service; \
                     the others count as _abandoned; group them with {{var}} patterns in \
                     analysis.endpoint_grouping.file ({file}) or raise the limit"
                );
            }
        }
    }

    /// Says in the log, once in a while, that a limit was reached.
    fn warn_of_limit(&self, key: &'static str, example: &str, now: i64) {
        if self.warned.lock().is_due(&Arc::from(key), now) {
            tracing::warn!(
                key,
                example,
                "there are more names than the limit; those beyond it count as _other_, or for no \
                 relation; at most half of the services may be known by an address only; raise the \
                 limit, or keep numbers out of names"
            );
        }
    }

    /// Says in the log, once in a while, that windows were closed early.
    fn warn_of_early(&self, closed_early: u64, now: i64) {
        if self.warned.lock().is_due(&Arc::from("analysis.windows"), now) {
            tracing::warn!(
                closed_early,
                "windows were written before their time, so many since the start: times of more \
                 than 256 different minutes come at once, or analysis.windows.budget is too small"
            );
        }
    }

    /// Says in the log, once in a while, that events count for no metric.
    fn warn_of_no_window(&self, no_window: u64, now: i64) {
        if self.warned.lock().is_due(&Arc::from("analysis.no_window"), now) {
            tracing::warn!(
                no_window,
                "spans of too many different minutes came at once; those of other minutes count \
                 for no metric until the store has the windows that are closed"
            );
        }
    }

    /// Publishes what a shard holds at `now`.
    pub(crate) fn shard(&self, index: u16, gauges: &Gauges, waiting_pairs: usize, now: i64) {
        let shard = ("shard", index.to_string());
        let set = |values: &Values, more: Option<(&'static str, String)>, value: u64| {
            let labels = std::iter::once(shard.clone()).chain(more).collect();
            values.get_or_create(&labels).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&self.window_bytes, None, gauges.window_bytes as u64);
        for (state, count) in [("open", gauges.open_windows), ("closed", gauges.closed_windows)] {
            set(&self.windows, Some(("state", state.to_owned())), count as u64);
        }
        for (scope, count) in Scope::ALL.into_iter().zip(gauges.entities) {
            let label = scope.catalogue_name().to_lowercase();
            set(&self.entities, Some(("scope", label)), count as u64);
        }
        set(&self.names_bytes, None, gauges.names_bytes as u64);
        let told = self.closed_early.get_or_create(&vec![shard.clone()]).get();
        if gauges.closed_early > u64::try_from(told).unwrap_or(0) {
            self.warn_of_early(gauges.closed_early, now);
        }
        set(&self.closed_early, None, gauges.closed_early);
        set(&self.route_resets, None, gauges.route_resets);
        self.waiting_pairs.set(i64::try_from(waiting_pairs).unwrap_or(i64::MAX));
    }
}

impl Warned {
    fn label(&mut self, service: &Arc<str>) -> String {
        if self.named.contains(service) {
            return service.to_string();
        }
        if self.named.len() >= MAX_NAMED_SERVICES {
            return "_other_".to_owned();
        }
        self.named.push(service.clone());
        service.to_string()
    }

    fn is_due(&mut self, service: &Arc<str>, now: i64) -> bool {
        let last = self.last.get(service).copied();
        if last.is_some_and(|last| now < last.saturating_add(WARN_EVERY)) {
            return false;
        }
        if self.last.len() >= MAX_WARNED {
            self.last.clear();
        }
        self.last.insert(service.clone(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use skytrail_base::metrics::Registry;

    use super::{Advice, Meters};
    use crate::directory::Overflow;
    use crate::effects::Effects;

    #[test]
    fn few_services_are_named_and_the_others_share_a_label() {
        let registry = Registry::default();
        let meters = Meters::new(&registry);
        let advice = Advice { limit: 3000, grouping_file: String::new() };
        for number in 0..30 {
            let service: Arc<str> = format!("s{number}").into();
            let overflows = vec![Overflow::EndpointsOf(service); 2];
            meters.batch(&Effects { overflows, ..Effects::default() }, 0, &advice);
        }
        let text = registry.encode();
        assert!(text.contains("skytrail_analysis_endpoints_over_limit_total{service=\"s7\"} 2"));
        assert!(
            text.contains("skytrail_analysis_endpoints_over_limit_total{service=\"_other_\"} 20")
        );
    }
}
