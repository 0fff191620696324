//! How the value of a metric is read out of a row.

use crate::metric::column::ColumnId;
use crate::metric::row::Row;
use crate::time::Downsampling;

/// Ranks that percentile metrics answer, in per cent.
pub const RANKS: [u32; 5] = [50, 75, 90, 95, 99];

/// Label key of percentile metrics.
pub const RANK_LABEL: &str = "p";

/// Fixed-point scale of floating-point sums: whole millionths, so that sums do
/// not depend on the order of adding.
pub const FLOAT_SCALE: i64 = 1_000_000;

/// What a metric reads. `divisor` turns the stored unit into the answered one
/// (1000 where microseconds are stored and milliseconds answered, else 1).
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// `sum / count`, whole numbers.
    Average {
        /// Sum of the values.
        sum: ColumnId,
        /// Number of values.
        count: ColumnId,
        /// Stored units per answered unit.
        divisor: i64,
    },
    /// `sum / count` of floating-point values stored in [`FLOAT_SCALE`].
    FloatAverage {
        /// Sum of the values in millionths.
        sum: ColumnId,
        /// Number of values.
        count: ColumnId,
    },
    /// A sum, maximum or minimum; nothing when `count` is 0.
    Plain {
        /// The value.
        value: ColumnId,
        /// Number of values.
        count: ColumnId,
        /// Stored units per answered unit.
        divisor: i64,
    },
    /// Calls per minute: `total / minutes of the bucket`.
    PerMinute {
        /// Number of calls.
        total: ColumnId,
    },
    /// `matched * 10000 / total`: 10000 is 100 %.
    Percent {
        /// Everything.
        total: ColumnId,
        /// What met the condition.
        matched: ColumnId,
    },
    /// `numerator * 10000 / denominator`; nothing when the denominator is 0.
    Rate {
        /// Above.
        numerator: ColumnId,
        /// Below.
        denominator: ColumnId,
    },
    /// `(satisfied + tolerated / 2) * 10000 / total`.
    Apdex {
        /// Everything.
        total: ColumnId,
        /// Within the threshold and without error.
        satisfied: ColumnId,
        /// Within four times the threshold and without error.
        tolerated: ColumnId,
    },
    /// The ranks of [`RANKS`], labelled `p`.
    Percentile {
        /// The values.
        histogram: ColumnId,
        /// Stored units per answered unit.
        divisor: i64,
    },
    /// Counts by bucket of fixed width.
    Buckets {
        /// Counts by label, the label being the lower edge.
        counts: ColumnId,
    },
    /// `sum / count` by label.
    LabelAverage {
        /// Sums by label.
        sums: ColumnId,
        /// Numbers of values by label.
        counts: ColumnId,
        /// Stored units per answered unit.
        divisor: i64,
    },
    /// Counts by label.
    LabelCount {
        /// Counts by label.
        counts: ColumnId,
    },
}

/// A value of a metric in one bucket.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricValue {
    /// Nothing happened.
    Absent,
    /// One number.
    Single(f64),
    /// A number per label value, with the label's key.
    Labelled(&'static str, Vec<(String, f64)>),
}

impl Formula {
    /// Whether values carry a label.
    pub fn is_labelled(&self) -> bool {
        matches!(
            self,
            Self::Percentile { .. }
                | Self::Buckets { .. }
                | Self::LabelAverage { .. }
                | Self::LabelCount { .. }
        )
    }

    /// Whether it is a heat map: counts by fixed bucket.
    pub fn is_heat_map(&self) -> bool {
        matches!(self, Self::Buckets { .. })
    }

    /// The columns it reads, each once.
    pub fn columns(&self) -> Vec<ColumnId> {
        let mut columns = match *self {
            Self::Average { sum, count, .. } | Self::FloatAverage { sum, count } => {
                vec![sum, count]
            }
            Self::Plain { value, count, .. } => vec![value, count],
            Self::PerMinute { total } => vec![total],
            Self::Percent { total, matched } => vec![total, matched],
            Self::Rate { numerator, denominator } => vec![numerator, denominator],
            Self::Apdex { total, satisfied, tolerated } => vec![total, satisfied, tolerated],
            Self::Percentile { histogram, .. } => vec![histogram],
            Self::Buckets { counts } | Self::LabelCount { counts } => vec![counts],
            Self::LabelAverage { sums, counts, .. } => vec![sums, counts],
        };
        columns.dedup();
        columns
    }

    /// Reads the value out of a row that holds all columns of its table.
    pub fn value(&self, row: &Row, downsampling: Downsampling) -> MetricValue {
        match *self {
            Self::Average { sum, count, divisor } => {
                single(row.int(sum), row.int(count).saturating_mul(divisor))
            }
            Self::FloatAverage { sum, count } => match row.int(count) {
                0 => MetricValue::Absent,
                n => MetricValue::Single(row.int(sum) as f64 / FLOAT_SCALE as f64 / n as f64),
            },
            Self::Plain { value, count, divisor } => match row.int(count) {
                0 => MetricValue::Absent,
                _ => single(row.int(value), divisor),
            },
            Self::PerMinute { total } => match row.int(total) {
                0 => MetricValue::Absent,
                total => single(total, downsampling.minutes()),
            },
            Self::Percent { total, matched } => share(row.int(matched), row.int(total)),
            Self::Rate { numerator, denominator } => {
                share(row.int(numerator), row.int(denominator))
            }
            Self::Apdex { total, satisfied, tolerated } => {
                apdex(row.int(total), row.int(satisfied), row.int(tolerated))
            }
            Self::Percentile { histogram, divisor } => percentiles(row, histogram, divisor),
            Self::Buckets { counts } => by_label("bucket", row, counts, None, 1),
            Self::LabelCount { counts } => by_label("n", row, counts, None, 1),
            Self::LabelAverage { sums, counts, divisor } => {
                by_label("n", row, sums, Some(counts), divisor)
            }
        }
    }
}

fn single(above: i64, below: i64) -> MetricValue {
    match above.checked_div(below) {
        Some(value) => MetricValue::Single(value as f64),
        None => MetricValue::Absent,
    }
}

fn share(part: i64, whole: i64) -> MetricValue {
    single(part.saturating_mul(10_000), whole)
}

fn apdex(total: i64, satisfied: i64, tolerated: i64) -> MetricValue {
    let points =
        satisfied.saturating_mul(10_000).saturating_add(tolerated.saturating_mul(10_000) / 2);
    single(points, total)
}

fn percentiles(row: &Row, histogram: ColumnId, divisor: i64) -> MetricValue {
    let Some(histogram) = row.histogram(histogram).filter(|histogram| histogram.total() > 0) else {
        return MetricValue::Absent;
    };
    let value_at = |rank| {
        let value = histogram.percentile(rank).unwrap_or(0);
        // Half up, so that the bucket of 3 ms (2.94-3.01) answers 3 and not 2.
        ((value + divisor / 2) / divisor.max(1)) as f64
    };
    MetricValue::Labelled(RANK_LABEL, RANKS.map(|rank| (rank.to_string(), value_at(rank))).to_vec())
}

fn by_label(
    key: &'static str,
    row: &Row,
    values: ColumnId,
    counts: Option<ColumnId>,
    divisor: i64,
) -> MetricValue {
    let Some(values) = row.labels(values).filter(|labels| !labels.is_empty()) else {
        return MetricValue::Absent;
    };
    let counts = counts.and_then(|column| row.labels(column));
    let value_of = |label: &String, value: i64| {
        let below = counts.map_or(Some(1), |counts| counts.get(label).copied())?;
        value.checked_div(below.saturating_mul(divisor))
    };
    let labelled = values
        .iter()
        .filter_map(|(label, value)| Some((label.clone(), value_of(label, *value)? as f64)));
    MetricValue::Labelled(key, labelled.collect())
}

#[cfg(test)]
mod tests {
    use super::{Formula, MetricValue};
    use crate::metric::{Cell, ColumnId, Histogram, Row};
    use crate::time::Downsampling;

    const A: ColumnId = ColumnId(0);
    const B: ColumnId = ColumnId(1);
    const C: ColumnId = ColumnId(2);

    fn row(values: &[i64]) -> Row {
        Row { cells: values.iter().map(|value| Cell::Int(*value)).collect() }
    }

    #[test]
    fn values_are_those_of_the_protocol() {
        let average = Formula::Average { sum: A, count: B, divisor: 1000 };
        assert_eq!(
            average.value(&row(&[10_999, 2]), Downsampling::Minute),
            MetricValue::Single(5.0)
        );
        let sla = Formula::Percent { total: A, matched: B };
        assert_eq!(sla.value(&row(&[3, 2]), Downsampling::Minute), MetricValue::Single(6666.0));
        let apdex = Formula::Apdex { total: A, satisfied: B, tolerated: C };
        assert_eq!(
            apdex.value(&row(&[4, 1, 3]), Downsampling::Minute),
            MetricValue::Single(6250.0)
        );
        let cpm = Formula::PerMinute { total: A };
        assert_eq!(cpm.value(&row(&[150]), Downsampling::Hour), MetricValue::Single(2.0));
        assert_eq!(cpm.value(&row(&[0]), Downsampling::Hour), MetricValue::Absent);
    }

    #[test]
    fn a_count_reads_its_column_once() {
        let count = Formula::Plain { value: A, count: A, divisor: 1 };
        assert_eq!(count.columns(), [A]);
    }

    #[test]
    fn a_service_of_three_milliseconds_shows_three() {
        let mut histogram = Histogram::default();
        (0..100).for_each(|_| histogram.add(3000));
        let row = Row { cells: vec![Cell::Histogram(histogram)] };
        let value =
            Formula::Percentile { histogram: A, divisor: 1000 }.value(&row, Downsampling::Minute);
        let MetricValue::Labelled("p", ranks) = value else { panic!("{value:?}") };
        assert!(ranks.iter().all(|(_, value)| *value == 3.0), "{ranks:?}");
        assert_eq!(ranks.last().map(|rank| rank.0.as_str()), Some("99"));
    }
}
