//! Functions of the points of a series.

use skytrail_lang::mqe::{Aggregation, MathFunction, Trend};

use super::format::round_half_up;
use super::shape::ExpressionResultType as Kind;
use super::value::{Failure, Marks, Outcome, Series, Values};
use crate::time::Step;

/// The points of each series to one value. Points without a value do not count;
/// without any, the sum and the count are 0 and the rest is nothing.
pub(super) fn aggregate(function: Aggregation, mut values: Values) -> Outcome {
    if function == Aggregation::Latest && values.kind != Kind::TimeSeriesValues {
        return Err(Failure::new("LATEST can only be used in time series result."));
    }
    for series in &mut values.series {
        match function {
            Aggregation::Avg => replace(series, average(&series.values)),
            Aggregation::Sum => replace(series, Some(sum(&series.values))),
            Aggregation::Count => {
                replace(series, Some(series.values.iter().flatten().count() as f64));
            }
            Aggregation::Latest => {
                let place = series.values.iter().rposition(Option::is_some);
                pick(series, place);
            }
            Aggregation::Max => {
                let place = extreme(&series.values, |value, best| value > best);
                pick(series, place);
            }
            Aggregation::Min => {
                let place = extreme(&series.values, |value, best| value < best);
                pick(series, place);
            }
        }
    }
    values.kind = Kind::SingleValue;
    values.truth = false;
    Ok(values)
}

fn sum(values: &[Option<f64>]) -> f64 {
    // The empty sum of the standard library is -0.
    values.iter().flatten().fold(0.0, |sum, value| sum + value)
}

/// The average of what is there.
pub(super) fn average(values: &[Option<f64>]) -> Option<f64> {
    let (sum, count) =
        values.iter().flatten().fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn replace(series: &mut Series, value: Option<f64>) {
    series.marks = Marks::None;
    series.values = vec![value];
}

/// Keeps a point with what it is the value of.
fn pick(series: &mut Series, place: Option<usize>) {
    match place {
        Some(place) => series.keep(place),
        None => replace(series, None),
    }
}

/// The best value; of equal ones the first.
fn extreme(values: &[Option<f64>], better: impl Fn(f64, f64) -> bool) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (place, value) in values.iter().enumerate() {
        if let Some(value) = value
            && best.is_none_or(|(_, known)| better(*value, known))
        {
            best = Some((place, *value));
        }
    }
    best.map(|(place, _)| place)
}

/// Each value by itself.
pub(super) fn mathematics(function: MathFunction, values: Values) -> Values {
    values.map(match function {
        MathFunction::Abs => f64::abs,
        MathFunction::Ceil => f64::ceil,
        MathFunction::Floor => f64::floor,
    })
}

/// Each value rounded half up.
pub(super) fn round(places: u32, values: Values) -> Values {
    values.map(|value| round_half_up(value, places))
}

/// What changed within `steps`; the first `steps` points of every series are
/// used up. The rate is per second of the nominal length of a step.
pub(super) fn trend(function: Trend, steps: u32, step: Step, mut values: Values) -> Values {
    let seconds = f64::from(steps) * step.seconds() as f64;
    let steps = steps as usize;
    for series in &mut values.series {
        let changes = series.values.iter().skip(steps).zip(&series.values);
        let change = |(now, before): (&Option<f64>, &Option<f64>)| {
            let increase = (*now)? - (*before)?;
            Some(match function {
                Trend::Increase => increase,
                Trend::Rate => increase / seconds,
            })
        };
        let changes = changes.map(change).collect();
        series.values = changes;
        if let Marks::Times(times) = &series.marks {
            series.marks = Marks::Times(times.get(steps..).unwrap_or_default().into());
        }
    }
    values
}
