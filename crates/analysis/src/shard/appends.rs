//! From closed windows to the store.

use super::{Append, Rows, Shard};
use crate::window::{SLICE_ROWS, Slice};
use skytrail_storage::Origin;

/// Windows of one append: as many as are weighed and confirmed in a moment.
const WINDOWS_AT_ONCE: usize = 512;

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
    /// are none. Small windows share one append: a flood of minutes leaves
    /// thousands of them.
    pub(crate) fn next_append(&mut self) -> Option<Append> {
        if self.under_way.is_some() {
            return None;
        }
        self.drop_confirmed();
        let mut slice: Option<Slice> = None;
        let mut room = SLICE_ROWS;
        for window in self.closed.iter_mut().take(WINDOWS_AT_ONCE) {
            let is_of_relations = matches!(slice, Some(Slice::Relations(_)));
            if room == 0 {
                break;
            }
            if slice.is_some() && window.has_relations_left() != is_of_relations {
                continue;
            }
            let Some(next) = window.next_slice(&self.common.plan, room) else { continue };
            room = room.saturating_sub(next.len());
            slice = joined(slice, next);
        }
        let slice = slice?;
        let origin = self.next_origin();
        self.under_way = Some(origin.sequence);
        Some(Append { origin, slice })
    }

    /// The rows that are under way once more, for a store that did not take them.
    pub(crate) fn slice_under_way(&self) -> Option<Slice> {
        let windows = self.closed.iter().take(WINDOWS_AT_ONCE);
        let slices = windows.filter_map(|window| window.slice_under_way(&self.common.plan));
        slices.fold(None, joined)
    }

    /// The store has the rows that were under way.
    pub(crate) fn confirm(&mut self) {
        self.under_way = None;
        let windows = self.closed.iter_mut().take(WINDOWS_AT_ONCE);
        for window in windows.filter(|window| window.is_under_way()) {
            self.closed_bytes = self.closed_bytes.saturating_sub(window.memory());
            window.confirm();
            self.closed_bytes += window.memory();
        }
        self.drop_confirmed();
    }

    /// Lets go of the windows of which the store has everything.
    fn drop_confirmed(&mut self) {
        while let Some(window) = self.closed.pop_front_if(|window| window.is_confirmed()) {
            self.closed_bytes = self.closed_bytes.saturating_sub(window.memory());
        }
        self.windows.wait_for(self.closed.len());
        self.charge();
    }

    /// Whether rows are waiting for the store.
    pub(crate) fn has_closed(&self) -> bool {
        !self.closed.is_empty()
    }
}

/// Rows of windows one after another; all are of one kind.
fn joined(before: Option<Slice>, next: Slice) -> Option<Slice> {
    let Some(mut before) = before else { return Some(next) };
    let is_alike = before.join(next);
    debug_assert!(is_alike, "relations and metrics are appended apart");
    Some(before)
}
