//! Rules about a service as a whole.

use crate::overview::Band;
use crate::overview::facts::{Facts, Found, LEAST_CALLS, LEAST_ODD, is_more, since};

/// Per cent from which on failures are many.
const MANY: f64 = 5.0;

/// How many times more often than usual calls fail where points tell too little: with ten calls a
/// minute a band reaches from nothing to a lot.
const TIMES: f64 = 2.0;

/// Failures in per cent now, and whether these are clearly more than usual.
fn errors(facts: &Facts<'_>) -> Option<(f64, bool)> {
    let now = &facts.series.now;
    let errors = now.errors()?;
    let usual = facts.usual.whole.errors().unwrap_or(0.0);
    let is_beyond = facts.usual.errors.is_none_or(|band| errors > band.high);
    let is_beyond = is_beyond || errors >= usual * TIMES;
    let expected = now.calls as f64 * usual / 100.0;
    Some((errors, is_beyond && is_more(now.failed, expected)))
}

fn errors_found(facts: &Facts<'_>, errors: f64, least: f64) -> Found {
    Found {
        value: Some(errors),
        usual: facts.usual.errors.map(|band| band.median),
        since: since(facts.grid, &facts.series.errors, |value| value >= least),
        ..Found::default()
    }
}

pub(super) fn errors_high(facts: &Facts<'_>) -> Option<Found> {
    let (errors, is_unusual) = errors(facts)?;
    (errors >= MANY && is_unusual).then(|| errors_found(facts, errors, MANY))
}

pub(super) fn errors_as_ever(facts: &Facts<'_>) -> Option<Found> {
    let (errors, is_unusual) = errors(facts)?;
    let are_several = facts.series.now.failed as f64 >= LEAST_ODD;
    (errors >= MANY && are_several && !is_unusual).then(|| errors_found(facts, errors, MANY))
}

pub(super) fn errors_above_usual(facts: &Facts<'_>) -> Option<Found> {
    let (errors, is_unusual) = errors(facts)?;
    let band = facts.usual.errors?;
    ((1.0..MANY).contains(&errors) && is_unusual)
        .then(|| errors_found(facts, errors, band.high.max(1.0)))
}

pub(super) fn traffic_gone(facts: &Facts<'_>) -> Option<Found> {
    let band = facts.usual.cpm?;
    (band.median >= 5.0 && facts.series.now.calls == 0).then(|| {
        let last = facts.series.cpm.iter().rposition(|value| value.is_some_and(|cpm| cpm > 0.0));
        Found {
            value: Some(0.0),
            usual: Some(band.median),
            since: last.map(|last| facts.grid.start(last + 1)),
            ..Found::default()
        }
    })
}

/// The 99th percentile and what it is beyond, where that is so many times the usual median and
/// clearly more calls than usual take that long: a percentile of few calls is one of them.
fn latency_beyond(facts: &Facts<'_>, factor: f64) -> Option<(f64, Band)> {
    let now = &facts.series.now;
    let (p99, band) = (now.percentile(99)?, facts.usual.p99?);
    let bound = band.high.max(band.median * factor);
    let usual = &facts.usual.whole;
    let share = usual.beyond(bound) as f64 / usual.calls.max(1) as f64;
    let is_beyond = p99 > bound && is_more(now.beyond(bound), share * now.calls as f64);
    is_beyond.then_some((p99, band))
}

fn latency_found(facts: &Facts<'_>, (p99, band): (f64, Band), factor: f64) -> Found {
    let bound = band.high.max(band.median * factor);
    Found {
        value: Some(p99),
        usual: Some(band.median),
        since: since(facts.grid, &facts.series.p99, |value| value > bound),
        ..Found::default()
    }
}

pub(super) fn latency_far_above_usual(facts: &Facts<'_>) -> Option<Found> {
    latency_beyond(facts, 3.0).map(|beyond| latency_found(facts, beyond, 3.0))
}

pub(super) fn latency_above_usual(facts: &Facts<'_>) -> Option<Found> {
    let beyond = latency_beyond(facts, 1.5)?;
    latency_beyond(facts, 3.0).is_none().then(|| latency_found(facts, beyond, 1.5))
}

fn apdex_within(facts: &Facts<'_>, low: f64, high: f64) -> Option<Found> {
    let apdex = facts.series.now.apdex()?;
    ((low..high).contains(&apdex) && facts.series.now.calls >= LEAST_CALLS).then(|| Found {
        value: Some(apdex),
        usual: facts.usual.apdex.map(|band| band.median),
        since: since(facts.grid, &facts.series.apdex, |value| value < high),
        ..Found::default()
    })
}

pub(super) fn apdex_bad(facts: &Facts<'_>) -> Option<Found> {
    apdex_within(facts, 0.0, 0.5)
}

pub(super) fn apdex_low(facts: &Facts<'_>) -> Option<Found> {
    apdex_within(facts, 0.5, 0.7)
}

pub(super) fn traffic_below_usual(facts: &Facts<'_>) -> Option<Found> {
    let (cpm, band) = (facts.series.now.cpm(facts.now_minutes)?, facts.usual.cpm?);
    (band.median >= 5.0 && cpm < band.low && cpm < band.median / 2.0).then(|| Found {
        value: Some(cpm),
        usual: Some(band.median),
        since: since(facts.grid, &facts.series.cpm, |value| value < band.low),
        ..Found::default()
    })
}

pub(super) fn traffic_above_usual(facts: &Facts<'_>) -> Option<Found> {
    let (cpm, band) = (facts.series.now.cpm(facts.now_minutes)?, facts.usual.cpm?);
    (cpm > band.high && cpm > band.median * 2.0).then(|| Found {
        value: Some(cpm),
        usual: Some(band.median),
        since: since(facts.grid, &facts.series.cpm, |value| value > band.high),
        ..Found::default()
    })
}
