//! Columns of values that expressions are evaluated over.

use std::sync::Arc;

use super::shape::ExpressionResultType as Kind;
use crate::entity::KeyValue;
use crate::metrics::Owner;

/// What an expression or a part of one came to.
pub(super) type Outcome = Result<Values, Failure>;

/// Why it came to nothing, and the shape it would have had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) message: String,
}

impl Failure {
    /// A failure of no shape.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { kind: Kind::Unknown, message: message.into() }
    }
}

/// Values of one shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Values {
    pub(super) kind: Kind,
    /// Whether series are told apart by labels.
    pub(super) labelled: bool,
    /// Whether they are truth values that `&&` and `||` take.
    pub(super) truth: bool,
    pub(super) series: Vec<Series>,
}

/// Values of one set of labels; none where there is no value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) labels: Vec<KeyValue>,
    pub(super) marks: Marks,
    pub(super) values: Vec<Option<f64>>,
}

/// What each value is the value of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Marks {
    /// Of everything.
    None,
    /// Of the bucket that starts then, in milliseconds.
    Times(Arc<[i64]>),
    /// Of an entity or a record.
    Entries(Arc<[Entry]>),
}

/// A ranked entity or a record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) owner: Option<Owner>,
    pub(super) trace_id: Option<String>,
}

impl Values {
    /// One value without labels.
    pub(super) fn single(value: Option<f64>) -> Self {
        let series = Series { labels: Vec::new(), marks: Marks::None, values: vec![value] };
        Self::of(Kind::SingleValue, vec![series])
    }

    /// Series without labels.
    pub(super) fn of(kind: Kind, series: Vec<Series>) -> Self {
        Self { kind, labelled: false, truth: false, series }
    }

    /// Whether any value is there.
    pub(super) fn has_value(&self) -> bool {
        self.series.iter().any(|series| series.values.iter().any(Option::is_some))
    }

    /// Every value through `function`.
    pub(super) fn map(mut self, function: impl Fn(f64) -> f64) -> Self {
        for value in self.series.iter_mut().flat_map(|series| &mut series.values) {
            *value = value.map(&function);
        }
        self.truth = false;
        self
    }
}

impl Series {
    /// The labels in an order that tells equal sets.
    pub(super) fn label_set(&self) -> Vec<KeyValue> {
        let mut labels = self.labels.clone();
        labels.sort_unstable();
        labels
    }

    /// The value of a label; empty when it has none.
    pub(super) fn label(&self, key: &str) -> &str {
        self.labels.iter().find(|label| label.key == key).map_or("", |label| &label.value)
    }

    /// Leaves one value of the series.
    pub(super) fn keep(&mut self, place: usize) {
        let value = self.values.get(place).copied().flatten();
        self.marks = match &self.marks {
            Marks::Times(times) => {
                times.get(place).map_or(Marks::None, |time| Marks::Times([*time].into()))
            }
            Marks::Entries(entries) => {
                let entry = entries.get(place).cloned();
                entry.map_or(Marks::None, |entry| Marks::Entries([entry].into()))
            }
            Marks::None => Marks::None,
        };
        self.values = vec![value];
    }
}
