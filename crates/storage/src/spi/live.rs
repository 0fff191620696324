//! The minute that is being filled, as readers see it.

use skytrail_model::metric::MetricBlock;
use skytrail_model::relation::RelationRow;

use crate::spi::metrics::MetricRead;
use crate::spi::origin::Visible;
use crate::spi::relations::RelationRead;

/// Rows of open windows.
///
/// Each answer holds the live rows together with what a reader may see of the
/// stored ones: both read under one `Visible`, taken at one moment, give every
/// row once. A window that is being flushed stays live until the store has
/// confirmed it.
pub trait LiveMetrics: Send + Sync + 'static {
    /// Live rows of a table, at the precision of the question (`read.visible`
    /// is ignored), each block one bucket; one entity may be in several blocks.
    /// Columns that were not asked for MAY be without values.
    fn metrics(&self, read: &MetricRead) -> (Vec<MetricBlock>, Visible);

    /// Live relation rows (`read.visible` is ignored).
    fn relations(&self, read: &RelationRead) -> (Vec<RelationRow>, Visible);
}

/// Nothing is live: every row is a stored one.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoLiveMetrics;

impl LiveMetrics for NoLiveMetrics {
    fn metrics(&self, _read: &MetricRead) -> (Vec<MetricBlock>, Visible) {
        (Vec::new(), Visible::All)
    }

    fn relations(&self, _read: &RelationRead) -> (Vec<RelationRow>, Visible) {
        (Vec::new(), Visible::All)
    }
}
