//! Spans: rows to blocks in memory, and these to parts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use skytrail_blocks::{Limits, OpenBlock, Part, PartWriter, Sealed};

use crate::error::Result;
use crate::store::core::{About, Core, Sink};
use crate::store::manifest::Family;
use crate::store::part::SpanPart;
use crate::store::rows::{Encoded, SpanMemtable};

/// The dictionaries of a part may take such a share of it for its writer to go on: what is written next has all of
/// them once more, until a merge leaves only the last.
const LITTLE_OF: u64 = 8;

/// Encodes the rows that are closed.
pub(crate) fn seal(core: &Core, memtable: &SpanMemtable) {
    for rows in memtable.rows.closed() {
        let mut sealer = core.sealer.lock();
        let blocks = rows.blocks.iter().filter(|(_, block)| !block.read().is_empty());
        let encoded = blocks
            .map(|(day, block)| Encoded::Sealed { day: *day, sealed: sealer.seal(&block.read()) });
        let encoded = encoded.map(Arc::new).collect();
        drop(sealer);
        memtable.rows.written(&rows, encoded);
        memtable.count_sealed();
        // Bytes of rows became fewer.
        core.room.notify_waiters();
    }
}

impl Core {
    /// A block of a day that is to be filled.
    pub(crate) fn open_block(&self, day: i64) -> OpenBlock {
        let most = self.config.dictionary_bytes;
        let dictionary_bytes = self.config.writer_bytes();
        let limits = Limits { dictionary_bytes, ..Limits::default() };
        let writer = || PartWriter::with_spare(limits, self.spare.clone());
        let mut writers = self.writers.lock();
        if writers.get(&day).is_some_and(PartWriter::is_full) {
            writers.remove(&day);
        }
        let block = writers.entry(day).or_insert_with(writer).open();
        trim(&mut writers, most);
        block
    }
}

/// Lets go of the largest writers while all take more than they may: clients choose how many days there are.
fn trim(writers: &mut BTreeMap<i64, PartWriter>, most: usize) {
    while writers.values().map(PartWriter::memory).sum::<usize>() > most {
        let largest = writers.iter().max_by_key(|(_, writer)| writer.memory());
        let Some(day) = largest.map(|(day, _)| *day) else { return };
        writers.remove(&day);
    }
}

/// Writes the blocks in memory as parts, one for each day.
///
/// # Errors
/// The disk refuses; the blocks stay.
pub(crate) fn write(core: &Core, memtable: &SpanMemtable) -> Result<()> {
    let encoded = memtable.rows.parts();
    let day_of = |encoded: &Encoded| match encoded {
        Encoded::Sealed { day, .. } => Some(*day),
        Encoded::Part(_) => None,
    };
    let days: BTreeSet<i64> = encoded.iter().filter_map(|one| day_of(one)).collect();
    for day in days {
        let is_of_day = |encoded: &Encoded| match encoded {
            Encoded::Sealed { day: of, sealed } if *of == day => Some(sealed.clone()),
            _ => None,
        };
        let sealed: Vec<Sealed> = encoded.iter().filter_map(|one| is_of_day(one)).collect();
        let (part, is_little) = write_part(core, day, &sealed)?;
        let part = Arc::new(Encoded::Part(part));
        memtable.rows.replace(|one| is_of_day(one).is_some(), part);
        memtable.count_sealed();
        let mut writers = core.writers.lock();
        match writers.get_mut(&day) {
            Some(writer) if is_little => writer.begin_part(),
            _ => drop(writers.remove(&day)),
        }
    }
    core.room.notify_waiters();
    Ok(())
}

/// Says also whether its dictionaries take little of it.
fn write_part(core: &Core, day: i64, sealed: &[Sealed]) -> Result<(Arc<SpanPart>, bool)> {
    let family = Family::Spans;
    let mut is_little = false;
    let write = |sink: Sink<'_>| {
        let info = skytrail_blocks::write_part(sealed, sink)?;
        is_little = info.dictionary_bytes < info.bytes / LITTLE_OF;
        let times = (info.earliest, info.latest);
        Ok(About { family, level: 0, day, rows: info.spans, times })
    };
    Ok((core.part(family, write, Part::open)?, is_little))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use skytrail_blocks::{Limits, PartWriter};

    use super::trim;

    #[test]
    fn writers_of_many_days_take_no_more_than_they_may() {
        let writer = || PartWriter::new(Limits::default());
        let mut writers: BTreeMap<i64, PartWriter> = (0..40).map(|day| (day, writer())).collect();
        let most = 4 * writer().memory();
        trim(&mut writers, most);
        assert_eq!(writers.len(), 4);
        trim(&mut writers, 0);
        assert!(writers.is_empty());
    }
}
