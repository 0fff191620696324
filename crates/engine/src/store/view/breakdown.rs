//! What takes room among the spans: by service, and by what the bytes are about.

use std::collections::BTreeMap;

use skytrail_blocks::{About, Sizes};

use super::{Progress, View};
use crate::error::{Error, Result};

/// A service, with what its spans take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceBytes {
    /// Its name, as it was sent.
    pub service: String,
    /// Its segments.
    pub segments: u64,
    /// Bytes, by the share that its segments are of those of each block and file.
    pub bytes: u64,
}

/// Bytes of what spans are made of, most first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnBytes {
    /// What it is, or the key of a tag.
    pub what: String,
    /// Whether it is a tag.
    pub is_tag: bool,
    /// Bytes, by the share of each column in what is compressed with it.
    pub bytes: u64,
}

impl View {
    /// What the spans of each service take, most first. Reads dictionaries only.
    ///
    /// # Errors
    /// A part cannot be read.
    pub fn by_service(&self, progress: Progress<'_>) -> Result<Vec<ServiceBytes>> {
        let all = self.version.parts.spans.len() as u64;
        let mut services: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (done, part) in (1..).zip(&self.version.parts.spans) {
            let held = part.part.services();
            let held = held.map_err(|error| Error::format(part.file.describe(), &error))?;
            let blocks: u64 = held.iter().map(|one| one.bytes).sum();
            for one in held {
                // Dictionaries and indexes belong to all of them.
                let bytes = u128::from(one.bytes) * u128::from(part.entry.bytes);
                let bytes = bytes / u128::from(blocks.max(1));
                let sum = services.entry(one.name).or_default();
                sum.0 += one.segments;
                sum.1 += u64::try_from(bytes).unwrap_or(u64::MAX);
            }
            progress(done, all);
        }
        let bytes = |(service, (segments, bytes))| ServiceBytes { service, segments, bytes };
        let mut services: Vec<_> = services.into_iter().map(bytes).collect();
        services.sort_by_key(|one| std::cmp::Reverse(one.bytes));
        Ok(services)
    }

    /// What the columns of spans take, tags by their keys, most first. Reads everything.
    ///
    /// # Errors
    /// A part cannot be read.
    pub fn by_column(&self, progress: Progress<'_>) -> Result<Vec<ColumnBytes>> {
        let all = self.version.parts.spans.len() as u64;
        let mut sizes = Sizes::new();
        for (done, part) in (1..).zip(&self.version.parts.spans) {
            let held = part.part.sizes();
            let held = held.map_err(|error| Error::format(part.file.describe(), &error))?;
            for (about, bytes) in held {
                *sizes.entry(about).or_default() += bytes;
            }
            progress(done, all);
        }
        let mut columns: Vec<_> = sizes.into_iter().map(column).collect();
        columns.sort_by_key(|one| std::cmp::Reverse(one.bytes));
        Ok(columns)
    }
}

fn column((about, bytes): (About, u64)) -> ColumnBytes {
    match about {
        About::Column(what) => ColumnBytes { what: what.to_owned(), is_tag: false, bytes },
        About::Tag(what) => ColumnBytes { what, is_tag: true, bytes },
    }
}
