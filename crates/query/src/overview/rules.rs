//! Why a service stands where it stands: the list of rules, each of which looks at what was
//! measured of a service and finds something or not.
//!
//! What is "now" is the last tenth of the range, five minutes at least. A rule that needs to know
//! what is usual finds nothing where that is not known. Described for users in
//! `docs/user/overview.md`.

mod parts;
mod whole;

use super::Status;
use super::facts::{Facts, Found, Reason, Severity, Symptom};

/// A rule of the list.
pub struct Rule {
    /// Name.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What those who wait for the service have of it.
    pub(super) symptom: Option<Symptom>,
    /// When it finds something, and the unit of its value.
    pub condition: &'static str,
    find: fn(&Facts<'_>) -> Option<Found>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rule").field(&self.name).finish()
    }
}

/// Every rule, in the order in which reasons of one severity are told.
pub static RULES: &[Rule] = &[
    Rule {
        name: "errors-high",
        severity: Severity::Bad,
        symptom: Some(Symptom::Failing),
        condition: "5 % or more of the calls fail, and clearly more than usual; per cent",
        find: whole::errors_high,
    },
    Rule {
        name: "traffic-gone",
        severity: Severity::Bad,
        symptom: None,
        condition: "there is no call, where 5 a minute are usual; calls per minute",
        find: whole::traffic_gone,
    },
    Rule {
        name: "latency-far-above-usual",
        severity: Severity::Bad,
        symptom: Some(Symptom::Slow),
        condition: "the 99th percentile is beyond the usual and more than three times the usual \
                    median, and clearly more calls than usual take that long; milliseconds",
        find: whole::latency_far_above_usual,
    },
    Rule {
        name: "apdex-bad",
        severity: Severity::Bad,
        symptom: Some(Symptom::Slow),
        condition: "the apdex is below 0.5, of 20 calls at least; from 0 to 1",
        find: whole::apdex_bad,
    },
    Rule {
        name: "errors-above-usual",
        severity: Severity::Warn,
        symptom: Some(Symptom::Failing),
        condition: "1 to 5 % of the calls fail, and clearly more than usual; per cent",
        find: whole::errors_above_usual,
    },
    Rule {
        name: "errors-as-ever",
        severity: Severity::Warn,
        symptom: None,
        condition: "5 % or more of the calls fail, 5 calls at least, and not clearly more than usual; per cent",
        find: whole::errors_as_ever,
    },
    Rule {
        name: "latency-above-usual",
        severity: Severity::Warn,
        symptom: Some(Symptom::Slow),
        condition: "the 99th percentile is beyond the usual, by half of the usual median at \
                    least, and clearly more calls than usual take that long; milliseconds",
        find: whole::latency_above_usual,
    },
    Rule {
        name: "apdex-low",
        severity: Severity::Warn,
        symptom: Some(Symptom::Slow),
        condition: "the apdex is from 0.5 to 0.7, of 20 calls at least; from 0 to 1",
        find: whole::apdex_low,
    },
    Rule {
        name: "instance-deviates",
        severity: Severity::Warn,
        symptom: None,
        condition: "5 % or more of the calls of an instance fail, clearly more than of the others \
                    and three times as often, or it takes at least three times as long on average \
                    as the others, at 3 points or more, each of 20 calls at least; per cent, or \
                    milliseconds",
        find: parts::instance_deviates,
    },
    Rule {
        name: "endpoint-failing",
        severity: Severity::Warn,
        symptom: Some(Symptom::Failing),
        condition: "20 % or more of the calls of an endpoint fail, and 5 calls at least; per cent",
        find: parts::endpoint_failing,
    },
    Rule {
        name: "traffic-below-usual",
        severity: Severity::Warn,
        symptom: None,
        condition: "there are less calls than usual, and less than half of the usual median, \
                    where 5 a minute are usual; calls per minute",
        find: whole::traffic_below_usual,
    },
    Rule {
        name: "traffic-above-usual",
        severity: Severity::Info,
        symptom: None,
        condition: "there are more calls than usual, and more than twice the usual median; calls \
                    per minute",
        find: whole::traffic_above_usual,
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
            because: None,
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

#[cfg(test)]
mod tests;
