//! What rules mean, as one number.

use skytrail_model::metric::{Catalogue, ColumnId, Formula, Merge};
use xxhash_rust::xxh3::Xxh3;

/// The hash of everything that decides what rows hold and how they are read:
/// tables, their columns, whose names state value, conditions and limits, and
/// the formulas of metrics. The same in every build, and for rules that are
/// only written in another way.
pub(crate) fn fingerprint(catalogue: &Catalogue) -> u64 {
    let mut print = Print(Xxh3::new());
    print.number(catalogue.tables().len() as i64);
    for table in catalogue.tables() {
        print.text(&table.name);
        print.number(table.scope as i64);
        print.number(table.columns.len() as i64);
        for column in &table.columns {
            print.text(&column.name);
            print.number(merge_number(column.merge));
        }
    }
    print.number(catalogue.metrics().len() as i64);
    for metric in catalogue.metrics() {
        print.text(&metric.name);
        print.number(i64::from(metric.table.0));
        print.number(i64::from(metric.has_layer_attribute));
        print.formula(&metric.formula);
    }
    print.0.digest()
}

/// Numbers of a hash that is stored; they MUST NOT change.
fn merge_number(merge: Merge) -> i64 {
    match merge {
        Merge::Sum => 1,
        Merge::Max => 2,
        Merge::Min => 3,
        Merge::Histogram => 4,
        Merge::Labels => 5,
    }
}

struct Print(Xxh3);

impl Print {
    fn text(&mut self, text: &str) {
        self.number(text.len() as i64);
        self.0.update(text.as_bytes());
    }

    fn number(&mut self, number: i64) {
        self.0.update(&number.to_le_bytes());
    }

    /// Numbers of formulas MUST NOT change either.
    fn formula(&mut self, formula: &Formula) {
        let (number, columns, divisor): (_, &[ColumnId], _) = match formula {
            Formula::Average { sum, count, divisor } => (1, &[*sum, *count], *divisor),
            Formula::FloatAverage { sum, count } => (2, &[*sum, *count], 1),
            Formula::Plain { value, count, divisor } => (3, &[*value, *count], *divisor),
            Formula::PerMinute { total } => (4, &[*total], 1),
            Formula::Percent { total, matched } => (5, &[*total, *matched], 1),
            Formula::Rate { numerator, denominator } => (6, &[*numerator, *denominator], 1),
            Formula::Apdex { total, satisfied, tolerated } => {
                (7, &[*total, *satisfied, *tolerated], 1)
            }
            Formula::Percentile { histogram, divisor } => (8, &[*histogram], *divisor),
            Formula::Buckets { counts } => (9, &[*counts], 1),
            Formula::LabelAverage { sums, counts, divisor } => (10, &[*sums, *counts], *divisor),
            Formula::LabelCount { counts } => (11, &[*counts], 1),
        };
        self.number(number);
        self.number(divisor);
        self.number(columns.len() as i64);
        columns.iter().for_each(|column| self.number(i64::from(column.0)));
    }
}
