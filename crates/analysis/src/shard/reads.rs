//! What readers see of the windows.

use skytrail_model::metric::MetricBlock;
use skytrail_model::relation::RelationRow;
use skytrail_storage::{MetricRead, RelationRead};

use super::Shard;

impl Shard {
    /// Live rows of a table, each minute in the bucket it belongs to.
    pub(crate) fn live_metrics(&self, read: &MetricRead, blocks: &mut Vec<MetricBlock>) {
        let plan = &self.common.plan;
        let table = usize::from(read.table.0);
        let Some(of_table) = plan.tables.get(table) else { return };
        let bucket_of = |minute| {
            let bucket = self.common.zone.bucket(read.downsampling, minute);
            (read.from..=read.to).contains(&bucket).then_some(bucket)
        };
        let is_wanted = |id| read.entities.contains(id);
        for window in self.windows.iter() {
            let found = bucket_of(window.minute).and_then(|bucket| {
                let rows = window.tables.get(table)?;
                let all = 0..rows.len();
                rows.block(table, bucket, all, &plan.catalogue, of_table, &is_wanted)
            });
            blocks.extend(found);
        }
        for window in &self.closed {
            let found = bucket_of(window.minute()).and_then(|bucket| {
                window.live(table, bucket, &read.entities, &plan.catalogue, plan)
            });
            blocks.extend(found);
        }
    }

    /// Live relation rows.
    pub(crate) fn live_relations(&self, read: &RelationRead, rows: &mut Vec<RelationRow>) {
        for window in &self.closed {
            rows.extend(window.live_relations().iter().filter(|row| read.wants(row)));
        }
        for window in self.windows.iter() {
            if (read.from..=read.to).contains(&window.minute) {
                rows.extend(self.relations_of(window).iter().filter(|row| read.wants(row)));
            }
        }
    }
}
