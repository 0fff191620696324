//! Services in the order in which they need to be looked at.

use skytrail_model::entity::EntityId;

use super::facts::Severity;
use super::{OverviewService, Status};
use crate::hash::Map;

/// A service on its way to its place.
pub(super) struct Placed {
    pub(super) key: EntityId,
    pub(super) service: OverviewService,
    /// Failures and calls now, which order those of one status.
    pub(super) weight: (i64, i64),
}

impl Placed {
    fn count(&self, severity: Severity) -> usize {
        self.service.reasons.iter().filter(|reason| reason.severity == severity).count()
    }
}

/// Worst first: by status, then by how many reasons of each severity there are, then by failures
/// and calls, then by name; but whoever explains what is wrong with others before them.
pub(super) fn in_order(mut placed: Vec<Placed>) -> Vec<OverviewService> {
    placed.sort_by(|a, b| {
        let by_count = |severity| b.count(severity).cmp(&a.count(severity));
        a.service
            .status
            .cmp(&b.service.status)
            .then_with(|| by_count(Severity::Bad))
            .then_with(|| by_count(Severity::Warn))
            .then(b.weight.cmp(&a.weight))
            .then_with(|| a.service.name.cmp(&b.service.name))
    });
    causes_first(placed.into_iter().map(|placed| placed.service).collect())
}

fn causes_first(services: Vec<OverviewService>) -> Vec<OverviewService> {
    let places = services.iter().enumerate();
    let places: Map<String, usize> = places.map(|(at, one)| (one.id.clone(), at)).collect();
    let cause = |service: &OverviewService| {
        let cause = service.reasons.iter().find_map(|reason| reason.because.as_ref())?;
        places.get(&cause.id).copied()
    };
    let mut left: Vec<Option<OverviewService>> = services.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(left.len());
    for start in 0..left.len() {
        // From a service to its cause, and on from there; a circle ends where it began.
        let (mut chain, mut next) = (Vec::new(), Some(start));
        while let Some(place) = next.take() {
            let Some(slot) = left.get_mut(place) else { break };
            let is_odd = |one: &mut OverviewService| {
                place == start || matches!(one.status, Status::Failing | Status::Risk)
            };
            let Some(service) = slot.take_if(is_odd) else { break };
            next = cause(&service);
            chain.push(service);
        }
        ordered.extend(chain.into_iter().rev());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::causes_first;
    use crate::overview::{Cause, Lines, OverviewService, RULES, Reason, Status};

    fn service(name: &str, status: Status, because: Option<&str>) -> OverviewService {
        let because = because.map(|name| Cause {
            kind: "service",
            id: name.to_owned(),
            name: name.to_owned(),
            share: 1.0,
        });
        let rule = &RULES[0];
        let reason = Reason {
            rule: rule.name,
            severity: rule.severity,
            value: None,
            usual: None,
            since: None,
            entity: None,
            because,
        };
        OverviewService {
            id: name.to_owned(),
            name: name.to_owned(),
            group: String::new(),
            layers: Vec::new(),
            instances: 1,
            status,
            reasons: vec![reason],
            lines: Lines::default(),
        }
    }

    fn ordered(services: Vec<OverviewService>) -> Vec<String> {
        causes_first(services).into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn a_cause_stands_before_those_that_have_it() {
        let bad = Status::Failing;
        let all = vec![
            service("gateway", bad, Some("shop")),
            service("other", bad, None),
            service("shop", bad, Some("stock")),
            service("stock", Status::Risk, Some("a database")),
        ];
        assert_eq!(ordered(all), ["stock", "shop", "gateway", "other"]);
    }

    #[test]
    fn who_is_well_is_no_cause_and_a_circle_ends() {
        let bad = Status::Failing;
        let all = vec![
            service("gateway", bad, Some("shop")),
            service("one", bad, Some("two")),
            service("two", bad, Some("one")),
            service("shop", Status::Ok, None),
        ];
        assert_eq!(ordered(all), ["gateway", "two", "one", "shop"]);
    }
}
