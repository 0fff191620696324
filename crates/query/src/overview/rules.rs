//! Why a service stands where it stands: the list of rules, each of which looks at what was
//! measured of a service and finds something or not.
//!
//! What is "now" is the last tenth of the range, five minutes at least. A rule that needs to know
//! what is usual finds nothing where that is not known. Described for users in
//! `docs/user/overview.md`.

use super::series::{Grid, Series};
use super::usual::Usual;
use super::{Band, Status};
use crate::measures::Measured;

/// How much a reason matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Users notice.
    Bad,
    /// They may soon.
    Warn,
    /// Worth knowing.
    Info,
}

/// What a reason is about, where that is not the service itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// `endpoint` or `instance`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Why a service stands where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Name of the rule.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What it found, in the unit of the rule.
    pub value: Option<f64>,
    /// What is usual, in the same unit.
    pub usual: Option<f64>,
    /// Where the points begin that are like this up to the end, milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// What shows it.
    pub entity: Option<Evidence>,
}

/// A rule of the list.
pub struct Rule {
    /// Name.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// When it finds something, and the unit of its value.
    pub condition: &'static str,
    find: fn(&Facts<'_>) -> Option<Found>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rule").field(&self.name).finish()
    }
}

/// Something that belongs to a service.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) measured: Measured,
}

/// What is known of a service.
pub(super) struct Facts<'a> {
    pub(super) series: &'a Series,
    pub(super) usual: Usual,
    pub(super) grid: &'a Grid,
    /// Minutes that are "now".
    pub(super) now_minutes: f64,
    /// Its endpoints that failed most.
    pub(super) endpoints: &'a [Part],
    pub(super) instances: &'a [Part],
}

/// What a rule found.
#[derive(Debug, Default)]
struct Found {
    value: Option<f64>,
    usual: Option<f64>,
    since: Option<i64>,
    entity: Option<Evidence>,
}

/// Failures of a rule about failures, at least: one alone is no pattern.
const LEAST_FAILED: i64 = 5;

/// Calls of a rule about latency, at least.
const LEAST_CALLS: i64 = 20;

/// Every rule, in the order in which reasons of one severity are told.
pub static RULES: &[Rule] = &[
    Rule {
        name: "errors-high",
        severity: Severity::Bad,
        condition: "5 % or more of the calls fail, and 5 calls at least; per cent",
        find: errors_high,
    },
    Rule {
        name: "traffic-gone",
        severity: Severity::Bad,
        condition: "there is no call, where 5 a minute are usual; calls per minute",
        find: traffic_gone,
    },
    Rule {
        name: "latency-far-above-usual",
        severity: Severity::Bad,
        condition: "the 99th percentile is beyond the usual and more than three times the usual \
                    median, of 20 calls at least; milliseconds",
        find: latency_far_above_usual,
    },
    Rule {
        name: "apdex-bad",
        severity: Severity::Bad,
        condition: "the apdex is below 0.5, of 20 calls at least; from 0 to 1",
        find: apdex_bad,
    },
    Rule {
        name: "errors-above-usual",
        severity: Severity::Warn,
        condition: "1 to 5 % of the calls fail, which is beyond the usual, and 5 calls at least; \
                    per cent",
        find: errors_above_usual,
    },
    Rule {
        name: "latency-above-usual",
        severity: Severity::Warn,
        condition: "the 99th percentile is beyond the usual, by half of the usual median at \
                    least, of 20 calls at least; milliseconds",
        find: latency_above_usual,
    },
    Rule {
        name: "apdex-low",
        severity: Severity::Warn,
        condition: "the apdex is from 0.5 to 0.7, of 20 calls at least; from 0 to 1",
        find: apdex_low,
    },
    Rule {
        name: "instance-deviates",
        severity: Severity::Warn,
        condition: "an instance fails at least three times as often as the others together and at \
                    5 % or more of its calls, or takes at least three times as long on average, \
                    each of 20 calls at least; per cent, or milliseconds",
        find: instance_deviates,
    },
    Rule {
        name: "endpoint-failing",
        severity: Severity::Warn,
        condition: "20 % or more of the calls of an endpoint fail, and 5 calls at least; per cent",
        find: endpoint_failing,
    },
    Rule {
        name: "traffic-below-usual",
        severity: Severity::Warn,
        condition: "there are less calls than usual, and less than half of the usual median, \
                    where 5 a minute are usual; calls per minute",
        find: traffic_below_usual,
    },
    Rule {
        name: "traffic-above-usual",
        severity: Severity::Info,
        condition: "there are more calls than usual, and more than twice the usual median; calls \
                    per minute",
        find: traffic_above_usual,
    },
];

/// Everything that the rules find, the worst first.
pub(super) fn reasons(facts: &Facts<'_>) -> Vec<Reason> {
    let reason = |rule: &Rule| {
        let found = (rule.find)(facts)?;
        Some(Reason {
            rule: rule.name,
            severity: rule.severity,
            value: found.value,
            usual: found.usual,
            since: found.since,
            entity: found.entity,
        })
    };
    let mut reasons: Vec<_> = RULES.iter().filter_map(reason).collect();
    reasons.sort_by_key(|reason| reason.severity);
    reasons
}

/// How a service with these reasons is.
pub(super) fn status(reasons: &[Reason], calls: i64) -> Status {
    let worst = reasons.iter().map(|reason| reason.severity).min();
    match worst {
        Some(Severity::Bad) => Status::Failing,
        Some(Severity::Warn) => Status::Risk,
        _ if calls == 0 => Status::Idle,
        _ => Status::Ok,
    }
}

/// Where the points begin that meet a condition up to the last one that is known.
fn since(grid: &Grid, line: &[Option<f64>], holds: impl Fn(f64) -> bool) -> Option<i64> {
    let mut first = None;
    for (point, value) in line.iter().enumerate().rev() {
        match value {
            Some(value) if holds(*value) => first = Some(point),
            Some(_) => break,
            None => {}
        }
    }
    first.map(|point| grid.start(point))
}

fn errors_high(facts: &Facts<'_>) -> Option<Found> {
    let errors = facts.series.now.errors()?;
    (errors >= 5.0 && facts.series.now.failed >= LEAST_FAILED).then(|| Found {
        value: Some(errors),
        usual: facts.usual.errors.map(|band| band.median),
        since: since(facts.grid, &facts.series.errors, |value| value >= 5.0),
        ..Found::default()
    })
}

fn errors_above_usual(facts: &Facts<'_>) -> Option<Found> {
    let (errors, band) = (facts.series.now.errors()?, facts.usual.errors?);
    let is_beyond = (1.0..5.0).contains(&errors) && errors > band.high;
    (is_beyond && facts.series.now.failed >= LEAST_FAILED).then(|| Found {
        value: Some(errors),
        usual: Some(band.median),
        since: since(facts.grid, &facts.series.errors, |value| value > band.high),
        ..Found::default()
    })
}

fn traffic_gone(facts: &Facts<'_>) -> Option<Found> {
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

/// The 99th percentile, where it is beyond the usual by so many times the median.
fn latency_beyond(facts: &Facts<'_>, factor: f64) -> Option<(f64, Band)> {
    let (p99, band) = (facts.series.now.percentile(99)?, facts.usual.p99?);
    let is_beyond = p99 > band.high && p99 > band.median * factor;
    (is_beyond && facts.series.now.calls >= LEAST_CALLS).then_some((p99, band))
}

fn latency_found(facts: &Facts<'_>, (p99, band): (f64, Band)) -> Found {
    Found {
        value: Some(p99),
        usual: Some(band.median),
        since: since(facts.grid, &facts.series.p99, |value| value > band.high),
        ..Found::default()
    }
}

fn latency_far_above_usual(facts: &Facts<'_>) -> Option<Found> {
    latency_beyond(facts, 3.0).map(|beyond| latency_found(facts, beyond))
}

fn latency_above_usual(facts: &Facts<'_>) -> Option<Found> {
    let beyond = latency_beyond(facts, 1.5)?;
    latency_beyond(facts, 3.0).is_none().then(|| latency_found(facts, beyond))
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

fn apdex_bad(facts: &Facts<'_>) -> Option<Found> {
    apdex_within(facts, 0.0, 0.5)
}

fn apdex_low(facts: &Facts<'_>) -> Option<Found> {
    apdex_within(facts, 0.5, 0.7)
}

fn traffic_below_usual(facts: &Facts<'_>) -> Option<Found> {
    let (cpm, band) = (facts.series.now.cpm(facts.now_minutes)?, facts.usual.cpm?);
    (band.median >= 5.0 && cpm < band.low && cpm < band.median / 2.0).then(|| Found {
        value: Some(cpm),
        usual: Some(band.median),
        since: since(facts.grid, &facts.series.cpm, |value| value < band.low),
        ..Found::default()
    })
}

fn traffic_above_usual(facts: &Facts<'_>) -> Option<Found> {
    let (cpm, band) = (facts.series.now.cpm(facts.now_minutes)?, facts.usual.cpm?);
    (cpm > band.high && cpm > band.median * 2.0).then(|| Found {
        value: Some(cpm),
        usual: Some(band.median),
        since: since(facts.grid, &facts.series.cpm, |value| value > band.high),
        ..Found::default()
    })
}

fn endpoint_failing(facts: &Facts<'_>) -> Option<Found> {
    let failing = facts.endpoints.iter().filter_map(|part| {
        let errors = part.measured.errors()?;
        (errors >= 20.0 && part.measured.failed >= LEAST_FAILED).then_some((errors, part))
    });
    let (errors, part) = failing.max_by_key(|(_, part)| part.measured.failed)?;
    Some(Found { value: Some(errors), entity: Some(part.evidence("endpoint")), ..Found::default() })
}

fn instance_deviates(facts: &Facts<'_>) -> Option<Found> {
    let deviating = facts.instances.iter().filter_map(|part| {
        let mut rest = Measured::default();
        let others = facts.instances.iter().filter(|other| other.id != part.id);
        others.for_each(|other| rest.merge(&other.measured));
        if part.measured.calls < LEAST_CALLS || rest.calls < LEAST_CALLS {
            return None;
        }
        let (errors, usual) = (part.measured.errors()?, rest.errors()?);
        if errors >= 5.0 && errors >= usual * 3.0 {
            return Some((errors / usual.max(0.1), errors, usual, part));
        }
        let (average, usual) = (part.measured.average()?, rest.average()?);
        (average >= usual * 3.0 && average >= 1.0)
            .then(|| (average / usual.max(0.1), average, usual, part))
    });
    let (_, value, usual, part) = deviating.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let (value, usual) = (Some(value), Some(usual));
    Some(Found { value, usual, entity: Some(part.evidence("instance")), ..Found::default() })
}

impl Part {
    fn evidence(&self, kind: &'static str) -> Evidence {
        Evidence { kind, id: self.id.clone(), name: self.name.clone() }
    }
}

#[cfg(test)]
mod tests;
