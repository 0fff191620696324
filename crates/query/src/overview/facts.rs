//! What rules look at, and what they find.

use skytrail_model::entity::EntityId;

use super::series::{Grid, Series};
use super::usual::Usual;
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

/// Whom a service calls, and that this explains what is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// `service`, `database`, `cache`, `queue` or `other`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// From 0 to 1: the part of what got worse that was spent on it.
    pub share: f64,
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
    /// Whom the service calls, where that explains it.
    pub because: Option<Cause>,
}

/// What a service hands on to its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symptom {
    /// It takes long.
    Slow,
    /// It fails.
    Failing,
}

/// Something that belongs to a service.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) key: EntityId,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) measured: Measured,
    /// The same point by point, with what is known of each; of what stands out only.
    pub(super) series: Option<Series>,
}

/// What is known of a service.
pub(super) struct Facts<'a> {
    pub(super) series: &'a Series,
    pub(super) usual: &'a Usual,
    pub(super) grid: &'a Grid,
    /// The points of its endpoints and instances.
    pub(super) parts: &'a Grid,
    /// Minutes that are "now".
    pub(super) now_minutes: f64,
    /// Its endpoints that failed most.
    pub(super) endpoints: &'a [Part],
    pub(super) instances: &'a [Part],
}

/// What a rule found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) value: Option<f64>,
    pub(super) usual: Option<f64>,
    pub(super) since: Option<i64>,
    pub(super) entity: Option<Evidence>,
}

/// Calls that are not as they should be, at least: one alone is no pattern, and is all that a
/// percentile of less than a hundred calls shows.
pub(super) const LEAST_ODD: f64 = 5.0;

/// Calls of a rule about the Apdex or an instance, at least.
pub(super) const LEAST_CALLS: i64 = 20;

/// Whether so many are clearly more than were to be expected: by five, and by three standard
/// deviations of what is counted.
pub(super) fn is_more(odd: i64, expected: f64) -> bool {
    odd as f64 >= LEAST_ODD + expected + 3.0 * expected.sqrt()
}

/// Where the points begin that meet a condition up to the last one that is known.
pub(super) fn since(grid: &Grid, line: &[Option<f64>], holds: impl Fn(f64) -> bool) -> Option<i64> {
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
