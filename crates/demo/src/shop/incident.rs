//! Things that go wrong in the shop, drawn by a number, so that whoever looks for the cause does
//! not know it beforehand.

use std::fmt;

use super::scenario::SERVICES;
use super::script::{Action, Protocol, Service, Span, Step, millis};
use crate::random::Random;

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incident {
    /// A statement lost its index: it takes about a second longer each time.
    SlowStatement {
        /// Who executes it.
        service: &'static str,
        /// The statement.
        statement: &'static str,
    },
    /// An instance has no connections left: it answers late, and every third time with an error.
    BadInstance {
        /// Its service.
        service: &'static str,
        /// Its name.
        instance: String,
    },
    /// Somebody holds a lock: a statement that writes waits, and every fifth one in vain.
    LockWait {
        /// Who executes it.
        service: &'static str,
        /// The statement.
        statement: &'static str,
    },
}

/// By how much a statement without its index is slower.
pub(super) const WITHOUT_INDEX: Span = millis(600, 1_800);

/// How long a statement waits for a lock.
pub(super) const FOR_LOCK: Span = millis(400, 1_500);

/// By how much an instance without connections is slower.
pub(super) const FOR_CONNECTION: Span = millis(150, 900);

/// How often a wait for a lock ends without it, of 1,000.
pub(super) const LOCK_FAILURES: u32 = 200;

/// How often no connection becomes free, of 1,000.
pub(super) const CONNECTION_FAILURES: u32 = 330;

impl Incident {
    /// The incident of a number.
    pub fn drawn(number: u64) -> Self {
        let mut random = Random::part(number, 3);
        match random.below(3) {
            0 => {
                let (service, statement) = one_of(&mut random, |_| true);
                Self::SlowStatement { service, statement }
            }
            1 => {
                let services: Vec<_> = SERVICES.iter().filter(|one| is_asked(one)).collect();
                let place = random.place(services.len());
                let service = services.get(place).copied().unwrap_or(&SERVICES[0]);
                let number = 1 + random.place(service.instances);
                let instance = format!("{}-{number}", service.name);
                Self::BadInstance { service: service.name, instance }
            }
            _ => {
                let (service, statement) = one_of(&mut random, |text| !text.starts_with("SELECT"));
                Self::LockWait { service, statement }
            }
        }
    }
}

impl fmt::Display for Incident {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SlowStatement { service, statement } => {
                write!(out, "slow statement of {service}: {statement}")
            }
            Self::BadInstance { instance, .. } => write!(out, "bad instance: {instance}"),
            Self::LockWait { service, statement } => {
                write!(out, "lock wait of {service}: {statement}")
            }
        }
    }
}

/// Whether customers wait for it, unlike for whoever reads messages.
fn is_asked(service: &Service) -> bool {
    let is_consumer = |name: &str| name.contains("/Consumer");
    matches!(service.protocol, Protocol::Http | Protocol::Grpc)
        && !service.endpoints.iter().any(|endpoint| is_consumer(endpoint.name))
}

/// A statement that customers wait for.
fn one_of(random: &mut Random, is_right: impl Fn(&str) -> bool) -> (&'static str, &'static str) {
    let mut all = Vec::new();
    for service in SERVICES.iter().filter(|service| is_asked(service)) {
        for endpoint in service.endpoints {
            statements(endpoint.steps, &mut |statement| {
                if is_right(statement) {
                    all.push((service.name, statement));
                }
            });
        }
    }
    all.get(random.place(all.len())).copied().unwrap_or_default()
}

/// The statements of some steps and of what they consist of, but for work in other threads.
fn statements(steps: &'static [Step], each: &mut dyn FnMut(&'static str)) {
    for step in steps {
        match step.action {
            Action::Sql { statement, .. } => each(statement),
            Action::Local { steps, .. } => statements(steps, each),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Incident;

    #[test]
    fn numbers_lead_to_every_kind_in_many_places() {
        let all: Vec<_> = (0..200).map(Incident::drawn).collect();
        let kinds = [
            |one: &Incident| matches!(one, Incident::SlowStatement { .. }),
            |one: &Incident| matches!(one, Incident::BadInstance { .. }),
            |one: &Incident| matches!(one, Incident::LockWait { .. }),
        ];
        for kind in kinds {
            let told: HashSet<_> =
                all.iter().filter(|one| kind(one)).map(ToString::to_string).collect();
            assert!(told.len() >= 3, "{told:?}");
        }
        assert_eq!(Incident::drawn(7), Incident::drawn(7));
    }

    #[test]
    fn a_lock_is_waited_for_by_who_writes() {
        for incident in (0..200).map(Incident::drawn) {
            if let Incident::LockWait { statement, .. } = incident {
                assert!(!statement.starts_with("SELECT"), "{statement}");
            }
        }
    }
}
