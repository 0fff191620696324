//! Functions of labels.

use std::cmp::Ordering;

use skytrail_lang::mqe::{Label, LabelAggregation, Order};

use super::function::average;
use super::shape::ExpressionResultType as Kind;
use super::value::{Failure, Outcome, Series, Values};
use crate::entity::KeyValue;

/// Refuses what has no labels; `text` is the expression it came from.
pub(super) fn need_labels(values: Values, text: &str) -> Outcome {
    if values.labelled {
        return Ok(values);
    }
    let message = format!("The result of expression [{text}] is not a labeled result.");
    Err(Failure { kind: values.kind, message })
}

/// Replaces values of a label, and its name. Nothing happens when either list is
/// blank.
pub(super) fn relabel(mut values: Values, target: &Label, replacement: &Label) -> Outcome {
    let from: Vec<&str> = target.values().collect();
    let to: Vec<&str> = replacement.values().collect();
    if from.is_empty() || to.is_empty() {
        return Ok(values);
    }
    if from.len() != to.len() {
        let message = format!(
            "Target label [{}]: the number of relabel values is not equal to the number of replace label.",
            target.name
        );
        return Err(Failure { kind: values.kind, message });
    }
    for label in values.series.iter_mut().flat_map(|series| &mut series.labels) {
        if *label.key != *target.name {
            continue;
        }
        // A value that is listed twice takes its last replacement.
        let place = from.iter().rposition(|value| *value == label.value);
        if let Some(value) = place.and_then(|place| to.get(place)) {
            *label = KeyValue::new(&*replacement.name, *value);
        }
    }
    Ok(values)
}

/// Series to one per value of the labels that are kept apart; all to one when
/// none is. Labels that the series do not have are left out.
pub(super) fn aggregate_labels(
    mut values: Values,
    function: LabelAggregation,
    labels: &[Box<str>],
) -> Values {
    let Some(first) = values.series.first() else { return values };
    let kept: Vec<&str> = labels
        .iter()
        .map(|name| &**name)
        .filter(|name| first.labels.iter().any(|label| label.key == *name))
        .collect();
    let mut groups: Vec<(Vec<KeyValue>, Vec<Series>)> = Vec::new();
    for series in std::mem::take(&mut values.series) {
        let labels: Vec<_> =
            kept.iter().map(|name| KeyValue::new(*name, series.label(name))).collect();
        match groups.iter_mut().find(|group| group.0 == labels) {
            Some(group) => group.1.push(series),
            None => groups.push((labels, vec![series])),
        }
    }
    values.labelled = !kept.is_empty();
    values.truth = false;
    values.series =
        groups.into_iter().filter_map(|(labels, group)| merge(labels, &group, function)).collect();
    values
}

fn merge(labels: Vec<KeyValue>, group: &[Series], function: LabelAggregation) -> Option<Series> {
    let first = group.first()?;
    let point = |place: usize| {
        let values = group.iter().filter_map(|series| series.values.get(place).copied().flatten());
        match function {
            LabelAggregation::Avg => average(&values.map(Some).collect::<Vec<_>>()),
            LabelAggregation::Sum => values.reduce(|a, b| a + b),
            LabelAggregation::Max => values.reduce(f64::max),
            LabelAggregation::Min => values.reduce(f64::min),
        }
    };
    let values = (0..first.values.len()).map(point).collect();
    Some(Series { labels, marks: first.marks.clone(), values })
}

/// The first labelled series by their average; series without a value last.
/// What has no labels stays as it is.
pub(super) fn sort_values(mut values: Values, limit: u32, order: Order) -> Values {
    if !values.labelled {
        return values;
    }
    let mut ranked: Vec<_> = std::mem::take(&mut values.series)
        .into_iter()
        .map(|series| (average(&series.values), series))
        .collect();
    ranked.sort_by(|a, b| match (a.0, b.0) {
        (Some(a), Some(b)) if order == Order::Ascending => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    ranked.truncate(limit as usize);
    values.series = ranked.into_iter().map(|(_, series)| series).collect();
    values.kind = Kind::TimeSeriesValues;
    values.truth = false;
    values
}

/// Series in the order of their values of labels, the first label first; a
/// label that is not there counts as empty.
pub(super) fn sort_label_values(mut values: Values, order: Order, labels: &[Box<str>]) -> Values {
    values.series.sort_by(|a, b| {
        let by = |name: &str| {
            let ascending = a.label(name).cmp(b.label(name));
            if order == Order::Ascending { ascending } else { ascending.reverse() }
        };
        labels.iter().map(|name| by(name)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    values
}
