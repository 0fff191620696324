//! Slow statements and commands.

mod top;

use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_model::record::TopRecord;
use skytrail_storage::{Completeness, Origin, RecordRead, Records, Result};

use self::top::Top;
use super::core::Core;
use super::part::RecordPart;
use super::reading::Asked;
use super::rows::RecordRows;
use super::state::Snapshot;
use super::storage::EmbeddedStorage;

/// Records that are looked at before whoever appends gets a turn.
const RECORDS_PER_TURN: usize = 1_024;

/// The parts that may hold what is asked for.
fn parts(snapshot: &Snapshot, read: &RecordRead) -> Vec<Arc<RecordPart>> {
    let mut parts = snapshot.version.parts.records.clone();
    for generation in &snapshot.generations {
        parts.extend(generation.records.parts());
    }
    parts.retain(|part| part.entry.first <= read.to && part.entry.last >= read.from);
    parts
}

fn offer_memory(snapshot: &Snapshot, top: &mut Top<'_>) {
    for generation in &snapshot.generations {
        let look = |top: &mut Top<'_>, rows: &RecordRows, place: &mut usize| {
            let step = rows.rows().iter().skip(*place).take(RECORDS_PER_TURN);
            step.for_each(|record| top.offer(record));
            *place += RECORDS_PER_TURN;
            *place < rows.rows().len()
        };
        generation.records.go_through(top, look, |_| true);
    }
}

fn top(core: &Core, read: &RecordRead, asked: &Asked) -> Result<(Vec<TopRecord>, Completeness)> {
    let snapshot = core.state.snapshot();
    let gone = snapshot.version.gone;
    let ttl = core.retention().record_ttl;
    let oldest = core.now().saturating_sub(ttl).max(read.from);
    let mut is_missing = gone.records_lost_to.is_some_and(|lost_to| lost_to >= oldest);
    let from = read.from.max(gone.records_before);
    let read = RecordRead { from, ..read.clone() };
    let mut top = Top::new(&read);
    offer_memory(&snapshot, &mut top);
    for part in parts(&snapshot, &read) {
        asked.check()?;
        let mut take = |record: &TopRecord| {
            top.offer(record);
            !asked.is_over()
        };
        let found = core.suspects.judge(&part, part.part.read(&read, &mut take))?;
        is_missing |= found.is_none();
    }
    asked.check()?;
    Ok((top.finish(), Completeness::unless(is_missing)))
}

impl Records for EmbeddedStorage {
    fn append<'a>(&'a self, _: Origin, records: Vec<TopRecord>) -> BoxFuture<'a, Result<()>> {
        let is_full = self.core.state.append(|generation| {
            let bytes = generation.records.append(|rows| {
                records.into_iter().for_each(|record| rows.push(record));
            });
            bytes > self.core.config.top_record_bytes
        });
        if is_full {
            self.relieve();
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn top<'a>(
        &'a self,
        read: &'a RecordRead,
    ) -> BoxFuture<'a, Result<(Vec<TopRecord>, Completeness)>> {
        Box::pin(async move {
            let (core, read) = (self.core.clone(), read.clone());
            let find = move |asked: &Asked| top(&core, &read, asked);
            self.core.reads.run("reading records", find).await
        })
    }

    fn examined(&self, read: &RecordRead) -> u64 {
        let snapshot = self.core.state.snapshot();
        let parts = parts(&snapshot, read).iter().map(|part| part.entry.rows).sum::<u64>();
        let mut memory = 0;
        for generation in &snapshot.generations {
            generation.records.rows(|rows| memory += rows.rows().len() as u64);
        }
        parts + memory
    }
}
