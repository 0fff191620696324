//! Metric rows: minutes as they came, hours and days folded from them.
//!
//! A row of a minute is in memory, in a part of minutes, or in one of folded
//! minutes, whose hours and days are in parts of their own. Hours are answered as
//! the parts of hours together with the minutes that are not folded, and days
//! alike: every row counts once in each precision.

mod read;

use skytrail_base::future::BoxFuture;
use skytrail_model::metric::{MetricBlock, TableId};
use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::{Completeness, MetricRead, Metrics, Origin, Result};

use super::storage::EmbeddedStorage;

impl Metrics for EmbeddedStorage {
    fn append<'a>(&'a self, origin: Origin, blocks: Vec<MetricBlock>) -> BoxFuture<'a, Result<()>> {
        let is_full = self.core.state.append(|generation| {
            let bytes = generation.metrics.append(|rows| {
                blocks.into_iter().for_each(|block| rows.push(origin, block));
            });
            bytes > self.core.config.metric_bytes
        });
        if is_full {
            self.relieve();
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(
        &'a self,
        read: &'a MetricRead,
        take: &'a mut (dyn FnMut(&MetricBlock) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness>> {
        Box::pin(read::read(&self.core, read, take))
    }

    fn whole_from(&self, _: TableId, downsampling: Downsampling) -> Minute {
        let gone = self.core.state.snapshot().version.gone;
        self.core.first_whole(&gone, downsampling)
    }
}
