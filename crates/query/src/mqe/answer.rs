//! Values of an expression as answers.

use super::format::decimal;
use super::shape::ExpressionResultType;
use super::value::{Failure, Marks, Outcome, Series};
use crate::entity::KeyValue;
use crate::metrics::Owner;

/// What an expression came to (protocol `ExpressionResult`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionResult {
    /// The shape of the values.
    pub r#type: ExpressionResultType,
    /// One entry per set of labels.
    pub results: Vec<MQEValues>,
    /// Why there are no values.
    pub error: Option<String>,
}

/// Values of one set of labels (protocol `MQEValues`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MQEValues {
    /// The labels.
    pub metric: Metadata,
    /// The values.
    pub values: Vec<MQEValue>,
}

/// Labels (protocol `Metadata`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// By key.
    pub labels: Vec<KeyValue>,
}

/// A value (protocol `MQEValue`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MQEValue {
    /// Start of the bucket in milliseconds, or the name of the entity, or the
    /// statement; none for what was calculated from several values.
    pub id: Option<String>,
    /// The ranked entity.
    pub owner: Option<Owner>,
    /// At most three decimals; none when there is no value.
    pub value: Option<String>,
    /// The trace of a record.
    pub trace_id: Option<String>,
}

impl From<Outcome> for ExpressionResult {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(values) => Self {
                r#type: values.kind,
                results: values.series.iter().map(answer).collect(),
                error: None,
            },
            Err(Failure { kind, message }) => {
                Self { r#type: kind, results: Vec::new(), error: Some(message) }
            }
        }
    }
}

fn answer(series: &Series) -> MQEValues {
    let value = |(place, value): (usize, &Option<f64>)| {
        let mut answer =
            MQEValue { id: None, owner: None, value: value.map(decimal), trace_id: None };
        match &series.marks {
            Marks::None => {}
            Marks::Times(times) => answer.id = times.get(place).map(i64::to_string),
            Marks::Entries(entries) => {
                if let Some(entry) = entries.get(place) {
                    answer.id = Some(entry.name.clone());
                    answer.owner = entry.owner.clone();
                    answer.trace_id = entry.trace_id.clone();
                }
            }
        }
        answer
    };
    MQEValues {
        metric: Metadata { labels: series.labels.clone() },
        values: series.values.iter().enumerate().map(value).collect(),
    }
}
