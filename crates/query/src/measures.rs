//! What the pages of the UI show of anything that is called: calls and latency. Read from the
//! columns that the metrics of one table share.

use skytrail_model::metric::{ColumnId, Formula, Histogram, Row, TableId};

use crate::query::Query;

/// Where the columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measures {
    pub(crate) table: TableId,
    calls: ColumnId,
    /// Latencies, and the stored units of a millisecond.
    histogram: Option<(ColumnId, i64)>,
}

/// Names of the metrics of one table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MetricNames {
    pub(crate) cpm: &'static str,
    pub(crate) percentile: &'static str,
}

/// Of endpoints.
pub(crate) const ENDPOINT: MetricNames =
    MetricNames { cpm: "endpoint_cpm", percentile: "endpoint_percentile" };

/// A sum over any entities and any time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Measured {
    pub(crate) calls: i64,
    histogram: Histogram,
    /// Stored units of the histogram in a millisecond.
    unit: i64,
}

impl Query {
    /// Where the columns of some metrics are; none where calls are not counted.
    pub(crate) fn measures(&self, names: &MetricNames) -> Option<Measures> {
        let cpm = self.catalogue.metric(names.cpm)?;
        let Formula::PerMinute { total: calls } = cpm.formula else { return None };
        let percentile = self.catalogue.metric(names.percentile);
        let percentile = percentile.filter(|metric| metric.table == cpm.table);
        let histogram = percentile.and_then(|metric| match metric.formula {
            Formula::Percentile { histogram, divisor } => Some((histogram, divisor)),
            _ => None,
        });
        Some(Measures { table: cpm.table, calls, histogram })
    }
}

impl Measures {
    /// The columns to read.
    pub(crate) fn columns(&self) -> Vec<ColumnId> {
        let mut columns = vec![self.calls];
        columns.extend(self.histogram.map(|(column, _)| column));
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

impl Measured {
    /// Adds a row.
    pub(crate) fn add(&mut self, measures: &Measures, row: &Row) {
        self.calls = self.calls.saturating_add(row.int(measures.calls));
        if let Some((column, unit)) = measures.histogram
            && let Some(histogram) = row.histogram(column)
        {
            self.histogram.merge(histogram);
            self.unit = unit;
        }
    }

    /// A percentile of the latency in milliseconds.
    pub(crate) fn percentile(&self, rank: u32) -> Option<f64> {
        let value = self.histogram.percentile(rank).filter(|_| self.histogram.total() > 0)?;
        Some(value as f64 / self.unit.max(1) as f64)
    }
}
