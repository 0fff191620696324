//! Which files count. One small file, written anew for each edit: a crash leaves
//! the one before or the one after.
//!
//! Three parts, each ended by a line break: `skytrail manifest 1`, the
//! [`Manifest`] as JSON on one line, and the XXH3 of that line in hexadecimal.

use std::path::Path;

use serde::{Deserialize, Serialize};
use skytrail_base::fs::FileSystem;
use skytrail_base::journal::Position;
use skytrail_storage::{Cut, Origin};

use super::folder::{ENTITIES, STATE};
use crate::bytes::checksum;
use crate::error::{Error, Result};

/// Its name.
const NAME: &str = "manifest";

/// What it is called until it is whole.
const DRAFT: &str = "manifest.new";

/// The first line; the number grows when older programs cannot read the rest.
const HEADER: &str = "skytrail manifest 1";

/// More than any manifest has: a part takes some 200 bytes.
const MAX_BYTES: u64 = 64 << 20;

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Family {
    /// Spans.
    Spans,
    /// Metric rows of minutes whose hours and days are still to be made.
    Minutes,
    /// Metric rows of minutes whose hours and days are in parts of their own.
    FoldedMinutes,
    /// Metric rows of hours.
    Hours,
    /// Metric rows of days.
    Days,
    /// Who called whom.
    Relations,
    /// Slow statements and commands.
    Records,
}

impl Family {
    /// The end of the names of its files.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Minutes | Self::FoldedMinutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Relations => "relations",
            Self::Records => "records",
        }
    }
}

/// The day of rows that have none of their own: they are together, so that odd
/// times make no files of their own, and go by when they came.
pub(crate) const STRAY: i64 = i64::MIN;

/// A part that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartEntry {
    /// Number of its file.
    pub(crate) number: u64,
    pub(crate) family: Family,
    /// How often its rows were merged.
    pub(crate) level: u8,
    /// Days since the Unix epoch that its rows belong to; [`STRAY`] for rows of
    /// times that are far from when they came.
    pub(crate) day: i64,
    pub(crate) bytes: u64,
    /// XXH3 of all of them.
    pub(crate) checksum: u64,
    pub(crate) rows: u64,
    /// Earliest and latest time of a row, nanoseconds since the Unix epoch.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// What its age counts from: its latest row, or when it came if that is stray.
    pub(crate) age: i64,
}

/// A file of bytes that the manifest relies on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlobEntry {
    pub(crate) number: u64,
    pub(crate) bytes: u64,
    pub(crate) checksum: u64,
}

/// What is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// A service by its name, whether it reports itself or was conjectured: its segments, metrics,
    /// relations and slow statements, its instances and endpoints, and their names.
    Service(String),
    /// A trace by its id: its segments and slow statements.
    Trace(String),
}

impl std::fmt::Display for Deletion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service(name) => write!(f, "the service '{name}'"),
            Self::Trace(id) => write!(f, "the trace '{id}'"),
        }
    }
}

/// A deletion that is not done yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MaskEntry {
    pub(crate) what: Deletion,
    /// Of what came with the log up to here; all of it is in parts.
    pub(crate) position: u64,
    /// Numbers of the parts that still hold some of it, ascending.
    pub(crate) parts: Vec<u64>,
    /// The file with the ids of its entities; none of a trace.
    pub(crate) entities: Option<BlobEntry>,
    /// Whether the names may still be among what changes in place.
    pub(crate) has_names: bool,
    /// Whether they are gone from its memory, so that its next commit is without them.
    #[serde(skip)]
    pub(crate) is_forgotten: bool,
}

/// Up to where everything is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckpointEntry {
    pub(crate) position: u64,
    /// By shard, the last append.
    pub(crate) cut: Vec<u64>,
    /// Hash of the rules.
    pub(crate) rules: u64,
    /// State of the analysis; none where it is empty.
    pub(crate) state: Option<BlobEntry>,
}

/// What is too old to be answered, and what went because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gone {
    /// Spans and records that started before, nanoseconds since the Unix epoch.
    pub(crate) records_before: i64,
    /// Buckets of metrics that ended before, minutes since the Unix epoch; and
    /// relations.
    pub(crate) minutes_before: i64,
    pub(crate) hours_before: i64,
    pub(crate) days_before: i64,
    /// About the latest start of a segment that is too old, or went for want of room.
    pub(crate) spans_gone_to: Option<i64>,
    /// The latest start in parts that could not be read.
    pub(crate) spans_lost_to: Option<i64>,
    /// The latest row of parts that could not be read or went for want of room: of metrics by
    /// their precision, of relations and of records; nanoseconds since the Unix epoch.
    pub(crate) minutes_lost_to: Option<i64>,
    pub(crate) hours_lost_to: Option<i64>,
    pub(crate) days_lost_to: Option<i64>,
    pub(crate) relations_lost_to: Option<i64>,
    pub(crate) records_lost_to: Option<i64>,
    /// Rows of parts that went: spans, metric rows, relations and records.
    pub(crate) spans: u64,
    pub(crate) metrics: u64,
    pub(crate) relations: u64,
    pub(crate) records: u64,
    /// Rows that went for want of room.
    pub(crate) evicted: u64,
}

impl Gone {
    /// More is too old; nothing that was is young again.
    pub(crate) fn raise(&mut self, later: &Self) {
        self.records_before = self.records_before.max(later.records_before);
        self.minutes_before = self.minutes_before.max(later.minutes_before);
        self.hours_before = self.hours_before.max(later.hours_before);
        self.days_before = self.days_before.max(later.days_before);
        self.spans_gone_to = self.spans_gone_to.max(later.spans_gone_to);
    }

    /// Rows of a part are missing from answers, though they are not too old, as far as their times
    /// are known; `now` is the latest time that they may have.
    pub(crate) fn lose(&mut self, entry: &PartEntry, now: i64) {
        if entry.day == STRAY {
            return;
        }
        let last = Some(entry.last.min(now));
        let lost = |lost_to: &mut Option<i64>| *lost_to = (*lost_to).max(last);
        match entry.family {
            Family::Spans => lost(&mut self.spans_lost_to),
            Family::FoldedMinutes => lost(&mut self.minutes_lost_to),
            Family::Hours => lost(&mut self.hours_lost_to),
            Family::Days => lost(&mut self.days_lost_to),
            Family::Minutes => {
                lost(&mut self.minutes_lost_to);
                lost(&mut self.hours_lost_to);
                lost(&mut self.days_lost_to);
            }
            Family::Relations => lost(&mut self.relations_lost_to),
            Family::Records => lost(&mut self.records_lost_to),
        }
    }
}

impl Default for Gone {
    fn default() -> Self {
        Self {
            records_before: i64::MIN,
            minutes_before: i64::MIN,
            hours_before: i64::MIN,
            days_before: i64::MIN,
            spans_gone_to: None,
            spans_lost_to: None,
            minutes_lost_to: None,
            hours_lost_to: None,
            days_lost_to: None,
            relations_lost_to: None,
            records_lost_to: None,
            spans: 0,
            metrics: 0,
            relations: 0,
            records: 0,
            evicted: 0,
        }
    }
}

/// The newest generation of formats that this program can write.
pub const NEWEST_GENERATION: u32 = 1;

/// Which formats new files are written in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// Grows when a release writes what the one before cannot read; a store that was made by
    /// an earlier release keeps its own until it is finalized.
    pub generation: u32,
    /// The oldest release that can open the store.
    pub oldest_release: String,
}

impl Default for Format {
    fn default() -> Self {
        Self { generation: NEWEST_GENERATION, oldest_release: "0.1".to_owned() }
    }
}

/// Everything that counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Tells the store from all others: a random number.
    pub(crate) store: u64,
    /// Which formats new files are written in.
    pub(crate) format: Format,
    /// Grows by one with each edit.
    pub(crate) edit: u64,
    /// Numbers of files are below it.
    pub(crate) next_file: u64,
    /// Name of the zone that hours and days are cut by.
    pub(crate) zone: String,
    pub(crate) checkpoint: Option<CheckpointEntry>,
    pub(crate) parts: Vec<PartEntry>,
    pub(crate) gone: Gone,
    /// What was deleted and is still on the disk, oldest first.
    pub(crate) masks: Vec<MaskEntry>,
}

impl CheckpointEntry {
    pub(crate) fn position(&self) -> Position {
        Position(self.position)
    }

    pub(crate) fn cut(&self) -> Cut {
        let mut cut = Cut::default();
        for (shard, sequence) in self.cut.iter().enumerate() {
            cut.widen(Origin { shard: shard as u16, sequence: *sequence });
        }
        cut
    }
}

impl Manifest {
    /// Numbers of all files that it names.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        let parts = self.parts.iter().map(|entry| entry.number);
        parts.chain(self.blobs().map(|(blob, _)| blob.number))
    }

    /// All files that are no parts, each with the end of its name.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = (&BlobEntry, &'static str)> {
        let state = self.checkpoint.iter().filter_map(|entry| entry.state.as_ref());
        let entities = self.masks.iter().filter_map(|mask| mask.entities.as_ref());
        state.map(|blob| (blob, STATE)).chain(entities.map(|blob| (blob, ENTITIES)))
    }

    /// Takes parts out.
    pub(crate) fn take(&mut self, is_wanted: impl Fn(&PartEntry) -> bool) -> Vec<PartEntry> {
        let parts = std::mem::take(&mut self.parts);
        let (taken, left) = parts.into_iter().partition(|entry| is_wanted(entry));
        self.parts = left;
        taken
    }

    /// The one that a folder has; none in a new folder.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or of a later version.
    pub(crate) fn load(fs: &dyn FileSystem) -> Result<Option<Self>> {
        let path = Path::new(NAME);
        let told = || fs.describe(path);
        let file = match fs.open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| Error::io(told(), error))?,
        };
        let len = file.len().map_err(|error| Error::io(told(), error))?;
        if len > MAX_BYTES {
            return Err(damaged(&told(), "it is larger than any manifest"));
        }
        let mut bytes = vec![0; len as usize];
        let read = file.read_at(&mut bytes, 0).map_err(|error| Error::io(told(), error))?;
        bytes.truncate(read);
        parse(&bytes, &told()).map(Some)
    }

    /// Makes this one count in place of the one before, durably. After an error
    /// nobody knows which of them a crash would leave.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn store(&self, fs: &dyn FileSystem) -> Result<()> {
        let (draft, path) = (Path::new(DRAFT), Path::new(NAME));
        let stored = || {
            match fs.remove(draft) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let file = fs.create(draft)?;
            file.write_at(&self.write()?, 0)?;
            file.sync()?;
            fs.rename(draft, path)?;
            fs.sync_dir(Path::new(""))
        };
        stored().map_err(|error| Error::io(format!("cannot write {}", fs.describe(path)), error))
    }

    fn write(&self) -> std::io::Result<Vec<u8>> {
        let body = serde_json::to_string(self)?;
        if body.len() as u64 > MAX_BYTES / 2 {
            // One that is larger would not be read again.
            let told = format!("{} parts are too many for the manifest", self.parts.len());
            return Err(std::io::Error::other(told));
        }
        let sum = checksum(body.as_bytes(), 0);
        Ok(format!("{HEADER}\n{body}\n{sum:016x}\n").into_bytes())
    }
}

fn damaged(told: &str, how: &str) -> Error {
    let message = format!(
        "{told} is damaged: {how}; restore the folder from a backup, or move the whole folder away \
         to begin with an empty store"
    );
    Error::corrupt(message)
}

fn parse(bytes: &[u8], told: &str) -> Result<Manifest> {
    let broken = |how: &str| damaged(told, how);
    let text = std::str::from_utf8(bytes).map_err(|_| broken("it is not text"))?;
    let (header, rest) = text.split_once('\n').ok_or_else(|| broken("it has no header"))?;
    if header != HEADER {
        return Err(foreign(header, told));
    }
    let (body, rest) = rest.split_once('\n').ok_or_else(|| broken("it is cut off"))?;
    let sum = rest.strip_suffix('\n').ok_or_else(|| broken("it is cut off"))?;
    if sum != format!("{:016x}", checksum(body.as_bytes(), 0)) {
        return Err(broken("its checksum does not match"));
    }
    serde_json::from_str(body).map_err(|error| broken(&error.to_string()))
}

/// Another header: of a later version, or none at all.
fn foreign(header: &str, told: &str) -> Error {
    match header.strip_prefix("skytrail manifest ") {
        Some(version) if version.parse::<u32>().is_ok() => Error::version(format!(
            "{told} has version {version}, this program reads 1; use the program that wrote it, or \
             a later one"
        )),
        _ => damaged(told, "it has no header"),
    }
}

#[cfg(test)]
mod tests;
