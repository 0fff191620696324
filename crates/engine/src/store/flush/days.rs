//! Rows are stored by day, so that they go by day.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Result;
use crate::store::core::Core;
use crate::store::memtable::{Memtable, Rows};

/// Writes the closed rows of a family as a part for each day. `each` gives every row
/// with its time, nanoseconds since the Unix epoch.
pub(super) fn by_day<R: Rows, P, W>(
    core: &Core,
    memtable: &Memtable<R, P>,
    each: impl Fn(&R, &mut dyn FnMut(i64, W)),
    write: impl Fn(i64, Vec<W>) -> Result<Arc<P>>,
) -> Result<()> {
    let days = core.days();
    for rows in memtable.close() {
        let mut by_day: BTreeMap<i64, Vec<W>> = BTreeMap::new();
        each(&rows, &mut |time, row| by_day.entry(days.of(time)).or_default().push(row));
        let parts = by_day.into_iter().map(|(day, rows)| write(day, rows));
        let parts = parts.collect::<Result<_>>()?;
        memtable.written(&rows, parts);
    }
    Ok(())
}
