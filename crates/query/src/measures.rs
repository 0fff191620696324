//! What the pages of the UI show of anything that is called: calls, failures, latency, Apdex. Read
//! from the columns that the metrics of one table share, many entities in one scan.

use skytrail_model::metric::histogram::middle_of;
use skytrail_model::metric::{ColumnId, Formula, Histogram, Row, TableId};

use crate::query::Query;

/// Where the columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measures {
    pub(crate) table: TableId,
    calls: ColumnId,
    /// Calls that went well.
    well: Option<ColumnId>,
    /// Sum of latencies, and the stored units of a millisecond.
    latency: Option<(ColumnId, i64)>,
    histogram: Option<(ColumnId, i64)>,
    /// Satisfied and tolerated.
    apdex: Option<(ColumnId, ColumnId)>,
}

/// Names of the metrics of one table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MetricNames {
    pub(crate) cpm: &'static str,
    pub(crate) sla: &'static str,
    pub(crate) time: &'static str,
    pub(crate) percentile: &'static str,
    pub(crate) apdex: &'static str,
}

/// Of services.
pub(crate) const SERVICE: MetricNames = MetricNames {
    cpm: "service_cpm",
    sla: "service_sla",
    time: "service_resp_time",
    percentile: "service_percentile",
    apdex: "service_apdex",
};

/// Of instances, for which there are no percentiles.
pub(crate) const INSTANCE: MetricNames = MetricNames {
    cpm: "service_instance_cpm",
    sla: "service_instance_sla",
    time: "service_instance_resp_time",
    percentile: "",
    apdex: "",
};

/// Of calls between services, as callers see them.
pub(crate) const SERVICE_CLIENT: MetricNames = MetricNames {
    cpm: "service_relation_client_cpm",
    sla: "service_relation_client_call_sla",
    time: "service_relation_client_resp_time",
    percentile: "service_relation_client_percentile",
    apdex: "",
};

/// The same as callees see them.
pub(crate) const SERVICE_SERVER: MetricNames = MetricNames {
    cpm: "service_relation_server_cpm",
    sla: "service_relation_server_call_sla",
    time: "service_relation_server_resp_time",
    percentile: "service_relation_server_percentile",
    apdex: "",
};

/// Of calls between instances, as callers see them.
pub(crate) const INSTANCE_CLIENT: MetricNames = MetricNames {
    cpm: "service_instance_relation_client_cpm",
    sla: "service_instance_relation_client_call_sla",
    time: "service_instance_relation_client_resp_time",
    percentile: "service_instance_relation_client_percentile",
    apdex: "",
};

/// The same as callees see them.
pub(crate) const INSTANCE_SERVER: MetricNames = MetricNames {
    cpm: "service_instance_relation_server_cpm",
    sla: "service_instance_relation_server_call_sla",
    time: "service_instance_relation_server_resp_time",
    percentile: "service_instance_relation_server_percentile",
    apdex: "",
};

/// Of calls between endpoints, as callees see them.
pub(crate) const ENDPOINT_SERVER: MetricNames = MetricNames {
    cpm: "endpoint_relation_cpm",
    sla: "endpoint_relation_sla",
    time: "endpoint_relation_resp_time",
    percentile: "endpoint_relation_percentile",
    apdex: "",
};

/// Of endpoints.
pub(crate) const ENDPOINT: MetricNames = MetricNames {
    cpm: "endpoint_cpm",
    sla: "endpoint_sla",
    time: "endpoint_resp_time",
    percentile: "endpoint_percentile",
    apdex: "",
};

/// A sum over any entities and any time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Measured {
    pub(crate) calls: i64,
    pub(crate) failed: i64,
    /// Milliseconds of all calls together.
    pub(crate) latency: f64,
    /// Whether Apdex is measured at all.
    is_rated: bool,
    satisfied: i64,
    tolerated: i64,
    histogram: Histogram,
    /// Stored units of the histogram in a millisecond.
    unit: i64,
}

impl Query {
    /// Where the columns of some metrics are; none where calls are not counted.
    pub(crate) fn measures(&self, names: &MetricNames) -> Option<Measures> {
        let cpm = self.catalogue.metric(names.cpm)?;
        let Formula::PerMinute { total: calls } = cpm.formula else { return None };
        let formula = |name: &str| {
            let metric = self.catalogue.metric(name)?;
            (metric.table == cpm.table).then_some(&metric.formula)
        };
        let well = formula(names.sla).and_then(|formula| match formula {
            Formula::Percent { matched, .. } => Some(*matched),
            _ => None,
        });
        let latency = formula(names.time).and_then(|formula| match formula {
            Formula::Average { sum, divisor, .. } => Some((*sum, *divisor)),
            _ => None,
        });
        let histogram = formula(names.percentile).and_then(|formula| match formula {
            Formula::Percentile { histogram, divisor } => Some((*histogram, *divisor)),
            _ => None,
        });
        let apdex = formula(names.apdex).and_then(|formula| match formula {
            Formula::Apdex { satisfied, tolerated, .. } => Some((*satisfied, *tolerated)),
            _ => None,
        });
        Some(Measures { table: cpm.table, calls, well, latency, histogram, apdex })
    }
}

impl Measures {
    /// The columns to read.
    pub(crate) fn columns(&self) -> Vec<ColumnId> {
        let mut columns = vec![self.calls];
        columns.extend(self.well);
        columns.extend(self.latency.map(|(column, _)| column));
        columns.extend(self.histogram.map(|(column, _)| column));
        columns.extend(self.apdex.into_iter().flat_map(|(one, other)| [one, other]));
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

impl Measured {
    /// Adds a row.
    pub(crate) fn add(&mut self, measures: &Measures, row: &Row) {
        let calls = row.int(measures.calls);
        self.calls = self.calls.saturating_add(calls);
        if let Some(well) = measures.well {
            let failed = calls.saturating_sub(row.int(well)).max(0);
            self.failed = self.failed.saturating_add(failed);
        }
        if let Some((column, unit)) = measures.latency {
            self.latency += row.int(column) as f64 / unit.max(1) as f64;
        }
        if let Some((satisfied, tolerated)) = measures.apdex {
            self.is_rated = true;
            self.satisfied = self.satisfied.saturating_add(row.int(satisfied));
            self.tolerated = self.tolerated.saturating_add(row.int(tolerated));
        }
        if let Some((column, unit)) = measures.histogram
            && let Some(histogram) = row.histogram(column)
        {
            self.histogram.merge(histogram);
            self.unit = unit;
        }
    }

    /// Adds another one.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.failed = self.failed.saturating_add(other.failed);
        self.latency += other.latency;
        self.is_rated |= other.is_rated;
        self.satisfied = self.satisfied.saturating_add(other.satisfied);
        self.tolerated = self.tolerated.saturating_add(other.tolerated);
        self.histogram.merge(&other.histogram);
        self.unit = self.unit.max(other.unit);
    }

    /// Calls per minute; none without calls.
    pub(crate) fn cpm(&self, minutes: f64) -> Option<f64> {
        (self.calls > 0 && minutes > 0.0).then(|| self.calls as f64 / minutes)
    }

    /// Failures in per cent.
    pub(crate) fn errors(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.failed as f64 * 100.0 / self.calls as f64)
    }

    /// Average latency in milliseconds.
    pub(crate) fn average(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.latency / self.calls as f64)
    }

    /// A percentile of the latency in milliseconds.
    pub(crate) fn percentile(&self, rank: u32) -> Option<f64> {
        let value = self.histogram.percentile(rank).filter(|_| self.histogram.total() > 0)?;
        Some(value as f64 / self.unit.max(1) as f64)
    }

    /// Calls that took longer than so many milliseconds.
    pub(crate) fn beyond(&self, millis: f64) -> i64 {
        let bound = millis * self.unit.max(1) as f64;
        let counts = self.histogram.counts().iter().rev();
        let beyond = counts.take_while(|(bucket, _)| middle_of(*bucket) as f64 > bound);
        let count: u64 = beyond.map(|(_, count)| *count).sum();
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// From 0 to 1.
    pub(crate) fn apdex(&self) -> Option<f64> {
        let good = self.satisfied as f64 + self.tolerated as f64 / 2.0;
        (self.is_rated && self.calls > 0).then(|| good / self.calls as f64)
    }
}

#[cfg(test)]
impl Measured {
    /// So many calls, of which some failed; each took so many milliseconds; with an Apdex.
    pub(crate) fn sample(calls: i64, failed: i64, millis: f64, apdex: f64) -> Self {
        let mut histogram = Histogram::default();
        (0..calls).for_each(|_| histogram.add((millis * 1_000.0) as i64));
        let satisfied = (apdex * calls as f64).round() as i64;
        let latency = millis * calls as f64;
        Self {
            calls,
            failed,
            latency,
            is_rated: true,
            satisfied,
            tolerated: 0,
            histogram,
            unit: 1_000,
        }
    }
}
