//! Family of relation rows: who called whom in which minute.

use skytrail_base::future::BoxFuture;
use skytrail_model::relation::RelationRow;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use crate::error::Result;
use crate::spi::metrics::EntitySelection;
use crate::spi::origin::{Origin, Visible};

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
        let ends = [row.source, row.dest, row.source_service, row.dest_service];
        row.scope == self.scope
            && (self.from..=self.to).contains(&row.minute)
            && ends.iter().any(|end| self.touching.contains(*end))
    }
}

/// Relation rows. Equal rows are one. `read` gives them to `take` in ascending
/// order of minutes, until it says false.
pub trait Relations: Send + Sync {
    /// Adds rows.
    fn append<'a>(&'a self, origin: Origin, rows: Vec<RelationRow>) -> BoxFuture<'a, Result<()>>;

    /// Reads rows.
    fn read<'a>(
        &'a self,
        read: &'a RelationRead,
        take: &'a mut (dyn FnMut(&RelationRow) -> bool + Send),
    ) -> BoxFuture<'a, Result<()>>;

    /// Rows that a question looks at, at most, for cost accounting. MUST answer
    /// at once.
    fn examined(&self, read: &RelationRead) -> u64;
}
