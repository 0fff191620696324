//! What readers see of the windows.

use skytrail_model::metric::MetricBlock;
use skytrail_model::relation::RelationRow;
use skytrail_storage::{EntitySelection, MetricRead, RelationRead};

use super::Shard;
use crate::window::Window;

impl Shard {
    /// Live rows of a table with the columns that are asked for, each minute in the bucket it belongs to.
    pub(crate) fn live_metrics(&self, read: &MetricRead, blocks: &mut Vec<MetricBlock>) {
        let plan = &self.common.plan;
        let table = usize::from(read.table.0);
        let bucket_of = |minute| {
            let bucket = self.common.zone.bucket(read.downsampling, minute);
            (read.from..=read.to).contains(&bucket).then_some(bucket)
        };
        for window in self.windows.iter() {
            let found = bucket_of(window.minute).and_then(|bucket| {
                let wanted = self.wanted_rows(window, read, table)?;
                window.rows(table, plan)?.block(bucket, &wanted, &read.columns)
            });
            blocks.extend(found);
        }
        for window in &self.closed {
            let found =
                bucket_of(window.minute()).and_then(|bucket| window.live(read, bucket, plan));
            blocks.extend(found);
        }
    }

    /// The rows of an open window that are asked for. Names in it are in the
    /// directory as long as it is open.
    fn wanted_rows(&self, window: &Window, read: &MetricRead, table: usize) -> Option<Vec<u32>> {
        let scope = self.common.plan.catalogue.table(read.table)?.scope;
        let table = window.tables.get(table)?;
        Some(match &read.entities {
            EntitySelection::All => (0..table.len() as u32).collect(),
            EntitySelection::These(ids) => {
                let nodes = ids.iter().filter_map(|id| self.directory.find(scope, *id));
                nodes.filter_map(|node| table.find(node)).collect()
            }
        })
    }

    /// Live relation rows.
    pub(crate) fn live_relations(&self, read: &RelationRead, rows: &mut Vec<RelationRow>) {
        for window in &self.closed {
            rows.extend(window.live_relations().iter().filter(|row| read.wants(row)));
        }
        for window in self.windows.iter() {
            if (read.from..=read.to).contains(&window.minute) {
                let edges = window.edges.iter().filter(|edge| edge.scope == read.scope);
                let found = edges.filter_map(|edge| self.relation_of(window.minute, edge));
                rows.extend(found.filter(|row| read.wants(row)));
            }
        }
    }
}
