//! From closed windows to the store.

use super::{Append, Rows, Shard};
use crate::window::Slice;
use skytrail_storage::Origin;

impl Shard {
    /// Closes all windows and gives what they hold, as if a store had taken it.
    pub fn drain(&mut self) -> Rows {
        self.close_all();
        let mut rows = Rows::default();
        while let Some(append) = self.next_append() {
            match append.slice {
                Slice::Metrics(blocks) => rows.metrics.extend(blocks),
                Slice::Relations(relations) => rows.relations.extend(relations),
            }
            self.confirm();
        }
        rows
    }

    /// The origin of the next append.
    pub(crate) fn next_origin(&mut self) -> Origin {
        self.sequence += 1;
        Origin { shard: self.index, sequence: self.sequence }
    }

    /// The next rows to append; none while some are under way, and when there
    /// are none.
    pub(crate) fn next_append(&mut self) -> Option<Append> {
        while let Some(window) = self.closed.front_mut() {
            if self.under_way.is_some() {
                return None;
            }
            if let Some(slice) = window.next_slice(&self.common.plan) {
                let origin = self.next_origin();
                self.under_way = Some(origin.sequence);
                return Some(Append { origin, slice });
            }
            if !window.is_confirmed() {
                return None;
            }
            self.closed.pop_front();
            self.charge();
        }
        None
    }

    /// The rows that are under way once more, for a store that did not take them.
    pub(crate) fn slice_under_way(&self) -> Option<Slice> {
        self.closed.front()?.slice_under_way(&self.common.plan)
    }

    /// The store has the rows that were under way.
    pub(crate) fn confirm(&mut self) {
        self.under_way = None;
        if let Some(window) = self.closed.front_mut() {
            window.confirm();
            if window.is_confirmed() {
                self.closed.pop_front();
            }
            self.charge();
        }
    }

    /// Whether rows are waiting for the store.
    pub(crate) fn has_closed(&self) -> bool {
        !self.closed.is_empty()
    }
}
