//! The first page: how everything is, worst first, and what is different from usual.
//!
//! Where a service stands and why follows from the list in [`rules`]; what is usual from
//! [`usual`].

mod build;
mod causes;
mod changes;
mod facts;
mod lists;
mod order;
mod rules;
mod series;
mod usual;

pub(crate) use build::plain_status;
pub use changes::{Change, ChangeKind, Changed};
pub use facts::{Cause, Evidence, Reason, Severity};
pub use lists::{ListedEndpoint, Statement};
pub use rules::{RULES, Rule};
pub(crate) use series::{Grid, Series};

use crate::time::Range;

/// What a range is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// Nothing.
    #[default]
    None,
    /// The time of the same length before.
    Previous,
    /// The same time of the day before.
    Day,
}

impl Compare {
    /// The range that another one is compared with.
    pub(crate) fn before(self, range: &Range) -> Option<Range> {
        match self {
            Self::None => None,
            Self::Previous => Some(range.earlier(range.nanos())),
            Self::Day => Some(range.earlier(86_400_000_000_000)),
        }
    }
}

/// Which part of everything a page shows, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// When.
    pub range: Range,
    /// What it is compared with.
    pub compare: Compare,
    /// Services of this layer; none for all.
    pub layer: Option<String>,
    /// Services of this group; none for all.
    pub group: Option<String>,
}

/// A metric now, and as a line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// At the end of the range.
    pub now: Option<f64>,
    /// One value a point.
    pub points: Vec<Option<f64>>,
    /// Over the range that it is compared with; of the edge only.
    pub before: Option<f64>,
    /// Where values usually are; none where too little is known.
    pub usual: Option<Band>,
}

/// Where values usually are: the median, and three times the median absolute deviation (scaled to
/// that of a normal distribution) below and above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Lower end.
    pub low: f64,
    /// Median.
    pub median: f64,
    /// Upper end.
    pub high: f64,
}

/// How a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Something is bad.
    Failing,
    /// Something may become bad.
    Risk,
    /// Nothing is wrong.
    Ok,
    /// It is not called.
    Idle,
}

/// Four metrics of something that is called.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lines {
    /// Calls per minute.
    pub cpm: Line,
    /// Failures in per cent.
    pub errors: Line,
    /// 99th percentile of the latency, milliseconds.
    pub p99: Line,
    /// From 0 to 1.
    pub apdex: Line,
}

/// A service on the first page.
#[derive(Debug, Clone, PartialEq)]
pub struct OverviewService {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// What stands before `::` in the name; else empty.
    pub group: String,
    /// Names of its layers.
    pub layers: Vec<&'static str>,
    /// Instances that lived in the range.
    pub instances: usize,
    /// How it is.
    pub status: Status,
    /// Why, the worst first.
    pub reasons: Vec<Reason>,
    /// Its metrics.
    pub lines: Lines,
}

/// The first page.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The range, milliseconds since the Unix epoch.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// Where the first point starts, milliseconds since the Unix epoch.
    pub first: i64,
    /// Milliseconds from a point to the next.
    pub step: i64,
    /// Start of the range that it is compared with.
    pub compare_from: Option<f64>,
    /// Services, worst first.
    pub services: Vec<OverviewService>,
    /// What comes from outside: the services that users call, together.
    pub edge: Lines,
    /// Endpoints with the greatest 99th percentile.
    pub slow_endpoints: Vec<ListedEndpoint>,
    /// Endpoints with the most failures.
    pub failing_endpoints: Vec<ListedEndpoint>,
    /// Slow statements and commands.
    pub statements: Vec<Statement>,
    /// What is new or gone.
    pub changes: Vec<Change>,
    /// Whether nothing is missing.
    pub complete: bool,
}
