//! Operators between two results.

use std::collections::HashMap;

use super::shape::ExpressionResultType as Kind;
use super::value::{Failure, Outcome, Series, Values};

/// What is done to two values.
pub(super) type Operation = fn(f64, f64) -> f64;

/// Joins two results value by value. One value meets every value of the other
/// side; series meet point by point; labelled series meet the one with equal
/// labels, or the only one without labels. Nothing on either side is nothing.
pub(super) fn operate(
    name: &'static str,
    left: Values,
    right: Values,
    operation: Operation,
) -> Outcome {
    join(left, right, operation)
        .map_err(|message| Failure::new(format!("Unsupported {name} operation: {message}")))
}

fn join(left: Values, right: Values, operation: Operation) -> Result<Values, String> {
    let flipped = |left: f64, right: f64| operation(right, left);
    match (is_single(&left), is_single(&right)) {
        (Some(true), Some(true)) => match (left.labelled, right.labelled) {
            (false, false) => {
                let (left, right) = (only(&left, "left")?, only(&right, "right")?);
                Ok(Values::single(both(left, right, operation)))
            }
            (_, false) => with_single(left, &right, operation),
            (false, true) => with_single(right, &left, flipped),
            (true, true) => by_labels(left, &right, operation),
        },
        (Some(false), Some(true)) => with_single(left, &right, operation),
        (Some(true), Some(false)) => with_single(right, &left, flipped),
        (Some(false), Some(false)) if is_series(&left) && is_series(&right) => {
            match (left.labelled, right.labelled) {
                (_, false) => with_one_series(left, &right, operation),
                (false, true) => with_one_series(right, &left, flipped),
                (true, true) => by_labels(left, &right, operation),
            }
        }
        _ => Err("Unsupported operation.".to_owned()),
    }
}

/// Whether it has one value per set of labels; none for what has no shape.
fn is_single(values: &Values) -> Option<bool> {
    match values.kind {
        Kind::SingleValue => Some(true),
        Kind::TimeSeriesValues | Kind::SortedList | Kind::RecordList => Some(false),
        Kind::Unknown => None,
    }
}

fn is_series(values: &Values) -> bool {
    values.kind == Kind::TimeSeriesValues
}

fn both(left: Option<f64>, right: Option<f64>, operation: impl Fn(f64, f64) -> f64) -> Option<f64> {
    Some(operation(left?, right?))
}

/// The one value of a result.
fn only(values: &Values, side: &str) -> Result<Option<f64>, String> {
    match values.series.first().map(|series| series.values.as_slice()) {
        Some([value]) => Ok(*value),
        _ => Err(format!("the {side} side has not exactly one value.")),
    }
}

fn with_single(
    mut many: Values,
    single: &Values,
    operation: impl Fn(f64, f64) -> f64,
) -> Result<Values, String> {
    let single = only(single, "single")?;
    for value in many.series.iter_mut().flat_map(|series| &mut series.values) {
        *value = both(*value, single, &operation);
    }
    many.truth = false;
    Ok(many)
}

fn with_one_series(
    mut many: Values,
    one: &Values,
    operation: impl Fn(f64, f64) -> f64,
) -> Result<Values, String> {
    let Some(one) = one.series.first() else {
        return Err("the side without labels is empty.".to_owned());
    };
    if many.series.is_empty() && !many.labelled {
        return Err("the side without labels is empty.".to_owned());
    }
    for series in &mut many.series {
        point_by_point(series, one, &operation)?;
    }
    many.truth = false;
    Ok(many)
}

fn by_labels(
    mut left: Values,
    right: &Values,
    operation: impl Fn(f64, f64) -> f64,
) -> Result<Values, String> {
    let partners: HashMap<_, _> =
        right.series.iter().map(|series| (series.label_set(), series)).collect();
    for series in &mut left.series {
        match partners.get(&series.label_set()) {
            Some(partner) => point_by_point(series, partner, &operation)?,
            None => series.values.fill(None),
        }
    }
    left.truth = false;
    Ok(left)
}

fn point_by_point(
    left: &mut Series,
    right: &Series,
    operation: impl Fn(f64, f64) -> f64,
) -> Result<(), String> {
    if left.values.len() != right.values.len() {
        return Err("the sides have different numbers of points.".to_owned());
    }
    for (left, right) in left.values.iter_mut().zip(&right.values) {
        *left = both(*left, *right, &operation);
    }
    Ok(())
}
