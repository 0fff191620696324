//! What a store takes on disk, and what for.

use std::collections::BTreeMap;

use super::View;
use crate::store::manifest::{Deletion, Family, MaskEntry, PartEntry, STRAY};

/// Parts of one family, day and level together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyStats {
    /// `spans`, `minutes`, `hours`, `days`, `relations` or `records`.
    pub family: &'static str,
    /// Days since the Unix epoch that the rows belong to; none for rows of times far
    /// from when they came.
    pub day: Option<i64>,
    /// How often the rows were merged.
    pub level: u8,
    /// Parts.
    pub parts: u64,
    /// Rows: spans, rows of metrics, edges and hours, records.
    pub rows: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What a store takes on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Ordered by family, day and level.
    pub families: Vec<FamilyStats>,
    /// Bytes of all parts.
    pub bytes: u64,
    /// Spans of all parts.
    pub spans: u64,
    /// What was deleted and is still on the disk, with the number of files that hold some of it.
    pub deletions: Vec<(Deletion, u64)>,
}

fn left(mask: &MaskEntry) -> (Deletion, u64) {
    (mask.what.clone(), mask.parts.len() as u64)
}

impl View {
    /// Counts the parts.
    pub fn stats(&self) -> Stats {
        let mut groups: BTreeMap<(Family, i64, u8), Vec<&PartEntry>> = BTreeMap::new();
        for entry in &self.manifest.parts {
            groups.entry((entry.family, entry.day, entry.level)).or_default().push(entry);
        }
        let families = groups.into_iter().map(|((family, day, level), parts)| FamilyStats {
            family: family.extension(),
            day: (day != STRAY).then_some(day),
            level,
            parts: parts.len() as u64,
            rows: parts.iter().map(|entry| entry.rows).sum(),
            bytes: parts.iter().map(|entry| entry.bytes).sum(),
        });
        let is_spans = |entry: &&PartEntry| entry.family == Family::Spans;
        Stats {
            families: families.collect(),
            bytes: self.manifest.parts.iter().map(|entry| entry.bytes).sum(),
            spans: self.manifest.parts.iter().filter(is_spans).map(|entry| entry.rows).sum(),
            deletions: self.manifest.masks.iter().map(left).collect(),
        }
    }
}
