//! The minutes that are being filled, as readers see them.

use std::sync::Arc;

use parking_lot::Mutex;
use skytrail_model::metric::MetricBlock;
use skytrail_model::relation::RelationRow;
use skytrail_storage::{Cut, LiveMetrics, MetricRead, RelationRead, Visible};

use crate::shard::Shard;

/// The windows of all shards.
#[derive(Debug, Clone)]
pub(crate) struct LiveWindows {
    shards: Arc<[Mutex<Shard>]>,
}

impl LiveWindows {
    pub(crate) fn new(shards: Arc<[Mutex<Shard>]>) -> Self {
        Self { shards }
    }

    /// Asks one shard after the other. Rows and cut of a shard belong together,
    /// and shards have nothing to do with each other.
    fn ask(&self, mut of_shard: impl FnMut(&Shard)) -> Visible {
        let mut cut = Cut::default();
        for (index, shard) in self.shards.iter().enumerate() {
            let shard = shard.lock();
            of_shard(&shard);
            cut.include(index as u16, shard.visible());
        }
        Visible::UpTo(cut)
    }
}

impl LiveMetrics for LiveWindows {
    fn metrics(&self, read: &MetricRead) -> (Vec<MetricBlock>, Visible) {
        let mut blocks = Vec::new();
        let visible = self.ask(|shard| shard.live_metrics(read, &mut blocks));
        (blocks, visible)
    }

    fn relations(&self, read: &RelationRead) -> (Vec<RelationRow>, Visible) {
        let mut rows = Vec::new();
        let visible = self.ask(|shard| shard.live_relations(read, &mut rows));
        (rows, visible)
    }
}
