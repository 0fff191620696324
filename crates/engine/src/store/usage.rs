//! How much is held.

use std::collections::BTreeMap;

use skytrail_blocks::PartWriter;
use skytrail_model::time::Minute;
use skytrail_storage::FamilyUsage;

use super::core::{Core, DAY_NANOS};
use super::manifest::{Family, PartEntry, STRAY};
use super::memtable::Rows;

/// What the files of a store hold, and what the disk has left for more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Earliest time of a row by family, nanoseconds since the Unix epoch; of those that have files.
    pub oldest: BTreeMap<&'static str, i64>,
    /// Bytes of the rows of each day, counted from the Unix epoch in UTC. Rows whose time is far from
    /// when they came count for the day that they came on.
    pub days: BTreeMap<i64, u64>,
    /// Bytes of the disk that are free, and all; none where it does not tell.
    pub space: Option<(u64, u64)>,
}

impl Core {
    /// What the files hold.
    pub(crate) fn files(&self) -> Files {
        let mut files = Files::default();
        let version = self.state.snapshot().version;
        for entry in version.parts.entries() {
            let oldest = files.oldest.entry(family(entry.family)).or_insert(entry.first);
            *oldest = entry.first.min(*oldest);
            let day = if entry.day == STRAY { entry.age.div_euclid(DAY_NANOS) } else { entry.day };
            *files.days.entry(day).or_default() += entry.bytes;
        }
        let space = self.folder.fs().space().ok();
        Files { space: space.map(|space| (space.free, space.total)), ..files }
    }

    /// Rows and bytes of the families that have parts: memory and disk together.
    /// No family has a limit of its own on the disk; all files together do.
    pub(crate) fn usage(&self) -> Vec<FamilyUsage> {
        let snapshot = self.state.snapshot();
        let (version, gone) = (&snapshot.version, snapshot.version.gone);
        let mut spans =
            held("spans", version.parts.spans.iter().map(|part| &part.entry), gone.spans);
        let mut metrics =
            held("metrics", version.parts.metrics.iter().map(|part| &part.entry), gone.metrics);
        let mut relations = held(
            "relations",
            version.parts.relations.iter().map(|part| &part.entry),
            gone.relations,
        );
        let mut records =
            held("records", version.parts.records.iter().map(|part| &part.entry), gone.records);
        for generation in &snapshot.generations {
            let (rows, bytes) = generation.spans.held();
            spans.rows += rows;
            spans.bytes += bytes;
            generation.metrics.rows(|rows| add(&mut metrics, rows.rows(), rows));
            generation.relations.rows(|rows| add(&mut relations, rows.len(), rows));
            generation.records.rows(|rows| add(&mut records, rows.rows().len() as u64, rows));
            // Rows in memory that are too old go with their part.
            spans.expired += generation.spans.before(gone.records_before);
            let minute = Minute(gone.minutes_before);
            generation.metrics.rows(|rows| metrics.expired += rows.before(minute));
            generation.relations.rows(|rows| relations.expired += rows.before(minute));
            generation.records.rows(|rows| records.expired += rows.before(gone.records_before));
        }
        vec![spans, metrics, relations, records]
    }

    /// Bytes of memory of what the parts that count are read by, directories, filters
    /// and dictionaries, and of what blocks of spans are written with.
    fn indexes(&self) -> usize {
        let version = self.state.snapshot().version;
        let spans: usize = version.parts.spans.iter().map(|part| part.part.memory()).sum();
        let metrics: usize = version.parts.metrics.iter().map(|part| part.part.memory()).sum();
        let relations: usize = version.parts.relations.iter().map(|part| part.part.memory()).sum();
        let records: usize = version.parts.records.iter().map(|part| part.part.memory()).sum();
        let writers: usize = self.writers.lock().values().map(PartWriter::memory).sum();
        spans + metrics + relations + records + writers
    }

    /// Tells the gauges what is held.
    pub(crate) fn gauge(&self) {
        let snapshot = self.state.snapshot();
        let mut memory = self.spare.memory() + self.sealer.lock().memory();
        for generation in &snapshot.generations {
            memory += generation.spans.row_bytes() + generation.spans.sealed_bytes();
            memory += generation.metrics.bytes() + generation.relations.bytes();
            memory += generation.records.bytes();
        }
        // It may wait for who reads a dictionary, and edits must not wait for it.
        let indexes = self.indexes();
        let manifest = self.manifest.lock();
        let bytes: u64 = manifest.parts.iter().map(|entry| entry.bytes).sum();
        self.metrics.memory_bytes.set(memory as i64);
        self.metrics.part_bytes.set(bytes.cast_signed());
        self.metrics.parts.set(manifest.parts.len() as i64);
        self.metrics.cache_bytes.set(self.cache.bytes().cast_signed());
        self.metrics.index_bytes.set(indexes as i64);
    }
}

/// The name that a family has in the usage.
fn family(family: Family) -> &'static str {
    match family {
        Family::Spans => "spans",
        Family::Minutes | Family::FoldedMinutes | Family::Hours | Family::Days => "metrics",
        Family::Relations => "relations",
        Family::Records => "records",
    }
}

fn held<'a>(
    name: &'static str,
    parts: impl Iterator<Item = &'a PartEntry>,
    expired: u64,
) -> FamilyUsage {
    let mut usage = FamilyUsage { name, rows: 0, bytes: 0, limit_bytes: 0, evicted: 0, expired };
    for entry in parts {
        usage.rows += entry.rows;
        usage.bytes += entry.bytes;
    }
    usage
}

fn add(usage: &mut FamilyUsage, rows: u64, held: &impl Rows) {
    usage.rows += rows;
    usage.bytes += held.bytes() as u64;
}
