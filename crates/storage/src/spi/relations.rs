//! Family of relations: who called whom, and in which minutes.

use skytrail_base::future::BoxFuture;
use skytrail_model::entity::EntityId;
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use crate::error::Result;
use crate::spi::completeness::Completeness;
use crate::spi::metrics::EntitySelection;
use crate::spi::origin::{Origin, Visible};

/// A relation as one side reported it with one component: what the rows of all
/// its minutes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// Service, instance or endpoint relation.
    pub scope: Scope,
    /// The relation's own key, under which its metrics and names stand.
    pub relation: EntityId,
    /// The caller.
    pub source: EntityId,
    /// The callee.
    pub dest: EntityId,
    /// The service of the caller.
    pub source_service: EntityId,
    /// The service of the callee.
    pub dest_service: EntityId,
    /// The reporting side.
    pub side: DetectPoint,
    /// Component number that the side reported; 0 is unknown.
    pub component: i32,
}

impl From<&RelationRow> for Edge {
    fn from(row: &RelationRow) -> Self {
        Self {
            scope: row.scope,
            relation: row.relation,
            source: row.source,
            dest: row.dest,
            source_service: row.source_service,
            dest_service: row.dest_service,
            side: row.side,
            component: row.component,
        }
    }
}

impl Edge {
    /// The row of a minute.
    pub fn at(&self, minute: Minute) -> RelationRow {
        RelationRow {
            minute,
            scope: self.scope,
            relation: self.relation,
            source: self.source,
            dest: self.dest,
            source_service: self.source_service,
            dest_service: self.dest_service,
            side: self.side,
            component: self.component,
        }
    }
}

/// Some minutes of one hour of UTC, which is the same hour in every zone's
/// answer, because answers are exact to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourMinutes {
    /// Hours since the Unix epoch.
    pub hour: i64,
    /// Bit `n`, from 0 to 59, is the minute `60 × hour + n`.
    pub minutes: u64,
}

impl HourMinutes {
    /// A single minute.
    pub fn of(minute: Minute) -> Self {
        Self { hour: minute.0.div_euclid(60), minutes: 1 << minute.0.rem_euclid(60) }
    }

    /// Those of `from..=to`.
    #[must_use]
    pub fn within(self, from: Minute, to: Minute) -> Self {
        let start = self.hour.saturating_mul(60);
        let first = from.0.saturating_sub(start).clamp(0, 60);
        let behind = to.0.saturating_sub(start).saturating_add(1).clamp(0, 60);
        let below = |bits: i64| (1_u64 << bits) - 1;
        Self { minutes: self.minutes & below(behind) & !below(first), ..self }
    }

    /// The minutes in their order.
    pub fn iter(self) -> impl Iterator<Item = Minute> {
        let bits = (0..60_i64).filter(move |bit| self.minutes & (1 << bit) != 0);
        bits.map(move |bit| Minute(self.hour.saturating_mul(60).saturating_add(bit)))
    }
}

/// An edge, and when it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// The edge.
    pub edge: &'a Edge,
    /// Hours ascending, each once and with a minute at least.
    pub hours: &'a [HourMinutes],
}

impl Sighting<'_> {
    /// The rows, by minute.
    pub fn rows(&self) -> impl Iterator<Item = RelationRow> {
        let minutes = self.hours.iter().flat_map(|hour| hour.iter());
        minutes.map(|minute| self.edge.at(minute))
    }
}

/// A question for relations of one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationRead {
    /// Service, instance or endpoint relations.
    pub scope: Scope,
    /// Relations whose source or dest is selected; for instance and endpoint
    /// relations the services of either end count too.
    pub touching: EntitySelection,
    /// First minute.
    pub from: Minute,
    /// Last minute.
    pub to: Minute,
    /// Which appends to see.
    pub visible: Visible,
}

impl RelationRead {
    /// Whether a row answers the question, its origin aside.
    pub fn wants(&self, row: &RelationRow) -> bool {
        (self.from..=self.to).contains(&row.minute) && self.wants_edge(&Edge::from(row))
    }

    /// Whether an edge answers the question if it was seen in time.
    pub fn wants_edge(&self, edge: &Edge) -> bool {
        let touches = || {
            let ends = [edge.source, edge.dest, edge.source_service, edge.dest_service];
            ends.iter().any(|end| self.touching.contains(*end))
        };
        edge.scope == self.scope && touches()
    }
}

/// Relations.
///
/// - Rows are appended by minute; equal rows are one. A store MUST answer every
///   minute exactly, however long ago it was, but keeps and gives an edge with
///   the minutes of an hour together, so that a question costs one look per edge
///   and hour at most, never one per edge and minute.
/// - `read` gives the wanted edges to `take` until it says false, each with the
///   minutes of the question it was seen in, in any order. An edge MAY come
///   several times; together, the minutes are the answer.
/// - Relations of one scope MUST NOT make those of another scope go, as long as
///   these keep to their share.
pub trait Relations: Send + Sync {
    /// Adds rows.
    fn append<'a>(&'a self, origin: Origin, rows: Vec<RelationRow>) -> BoxFuture<'a, Result<()>>;

    /// Reads edges.
    fn read<'a>(
        &'a self,
        read: &'a RelationRead,
        take: &'a mut (dyn FnMut(&Sighting<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness>>;

    /// For each of some edges, whether it was seen in any minute. MUST cost no more
    /// than a look an edge.
    fn hold<'a>(&'a self, edges: &'a [Edge]) -> BoxFuture<'a, Result<Vec<bool>>>;

    /// Edges, or hours of edges, that a question looks at, at most, for cost
    /// accounting. MUST answer at once.
    fn examined(&self, read: &RelationRead) -> u64;
}
