//! Rules about the endpoints and instances of a service.

use crate::overview::facts::{
    Evidence, Facts, Found, LEAST_CALLS, LEAST_ODD, Part, is_more, since,
};

/// Per cent of the calls of an endpoint from which on it is failing.
const FAILING: f64 = 20.0;

/// Per cent of the calls of an instance from which on it may be worse than others.
const MANY: f64 = 5.0;

/// How many times worse than the others one is that stands out.
const TIMES: f64 = 3.0;

/// Points at which an instance is slow, at least: one slow call makes a slow point.
const LEAST_POINTS: usize = 3;

impl Part {
    fn evidence(&self, kind: &'static str) -> Evidence {
        Evidence { kind, id: self.id.clone(), name: self.name.clone() }
    }

    /// Failures in per cent, if it is an endpoint that is failing.
    pub(in crate::overview) fn failing(&self) -> Option<f64> {
        let errors = self.measured.errors()?;
        (errors >= FAILING && self.measured.failed as f64 >= LEAST_ODD).then_some(errors)
    }

    /// What is not as with the other instances.
    pub(in crate::overview) fn deviation(&self, all: &[Self]) -> Option<Deviation> {
        // Sums alone: whole measures of all others, added up for each, would be far more work.
        let others = || all.iter().filter(|other| other.key != self.key).map(|one| &one.measured);
        let calls: i64 = others().map(|one| one.calls).sum();
        if self.measured.calls < LEAST_CALLS || calls < LEAST_CALLS {
            return None;
        }
        let failed: i64 = others().map(|one| one.failed).sum();
        let (errors, usual) = (self.measured.errors()?, failed as f64 * 100.0 / calls as f64);
        let expected = self.measured.calls as f64 * usual / 100.0;
        if errors >= MANY && errors >= usual * TIMES && is_more(self.measured.failed, expected) {
            return Some(Deviation { is_slow: false, value: errors, usual });
        }
        let latency: f64 = others().map(|one| one.latency).sum();
        let (value, usual) = (self.measured.average()?, latency / calls as f64);
        (value >= usual * TIMES && value >= 1.0).then_some(Deviation {
            is_slow: true,
            value,
            usual,
        })
    }
}

/// How an instance is not like the others.
#[derive(Debug, Clone, Copy)]
pub(in crate::overview) struct Deviation {
    /// Slow, or else failing.
    is_slow: bool,
    value: f64,
    usual: f64,
}

impl Deviation {
    fn times(&self) -> f64 {
        self.value / self.usual.max(0.1)
    }

    /// Whether a point is like this.
    fn is_at(&self, value: f64) -> bool {
        match self.is_slow {
            true => value >= self.usual * TIMES,
            false => value >= MANY,
        }
    }
}

pub(super) fn endpoint_failing(facts: &Facts<'_>) -> Option<Found> {
    let failing = facts.endpoints.iter().filter_map(|part| Some((part.failing()?, part)));
    let (errors, part) = failing.max_by_key(|(_, part)| part.measured.failed)?;
    let points = part.series.as_ref().map(|series| series.errors.as_slice());
    Some(Found {
        value: Some(errors),
        since: since(facts.parts, points.unwrap_or_default(), |value| value >= FAILING),
        entity: Some(part.evidence("endpoint")),
        ..Found::default()
    })
}

pub(super) fn instance_deviates(facts: &Facts<'_>) -> Option<Found> {
    let deviating = facts.instances.iter().filter_map(|part| {
        let deviation = part.deviation(facts.instances)?;
        let series = part.series.as_ref()?;
        let points = if deviation.is_slow { &series.average } else { &series.errors };
        let odd = points.iter().flatten().filter(|value| deviation.is_at(**value)).count();
        let is_shown = !deviation.is_slow || odd >= LEAST_POINTS;
        is_shown.then_some((deviation, part, points))
    });
    let (found, part, points) = deviating.max_by(|a, b| a.0.times().total_cmp(&b.0.times()))?;
    Some(Found {
        value: Some(found.value),
        usual: Some(found.usual),
        since: since(facts.parts, points, |value| found.is_at(value)),
        entity: Some(part.evidence("instance")),
    })
}
