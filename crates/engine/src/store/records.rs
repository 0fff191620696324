//! Slow statements and commands.

mod top;

use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_model::record::TopRecord;
use skytrail_storage::{Origin, RecordRead, Records, Result};

use self::top::Top;
use super::blocking::blocking;
use super::core::Core;
use super::part::RecordPart;
use super::state::Snapshot;
use super::storage::EmbeddedStorage;

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
        generation.records.rows(|rows| rows.rows().iter().for_each(|record| top.offer(record)));
    }
}

fn top(core: &Core, snapshot: &Snapshot, read: &RecordRead) -> Result<Vec<TopRecord>> {
    let from = read.from.max(snapshot.version.gone.records_before);
    let read = RecordRead { from, ..read.clone() };
    let mut top = Top::new(&read);
    offer_memory(snapshot, &mut top);
    for part in parts(snapshot, &read) {
        let mut take = |record: &TopRecord| {
            top.offer(record);
            true
        };
        core.suspects.judge(&part, part.part.read(&read, &mut take))?;
    }
    Ok(top.finish())
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

    fn top<'a>(&'a self, read: &'a RecordRead) -> BoxFuture<'a, Result<Vec<TopRecord>>> {
        Box::pin(async move {
            let (core, read) = (self.core.clone(), read.clone());
            let found = move || top(&core, &core.state.snapshot(), &read);
            blocking("reading records", found).await
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
