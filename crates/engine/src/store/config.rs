//! Limits of the store.

use std::time::Duration;

/// How long rows are kept and how much memory the parts of the store take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// How long spans and records are kept, nanoseconds. A part goes when all of it is older.
    pub record_ttl: i64,
    /// How long metric rows of minutes, relations and entities are kept, nanoseconds.
    pub metric_ttl: i64,
    /// How long metric rows of hours are kept, nanoseconds.
    pub hour_ttl: i64,
    /// How long metric rows of days are kept, nanoseconds.
    pub day_ttl: i64,
    /// Bytes that all parts may take on disk; 0 is no limit. Beyond it the oldest go.
    pub disk_bytes: u64,
    /// The same in percent of the disk; 0 and 100 are no limit.
    pub disk_percent: u8,
    /// Bytes of spans as rows, those that are being encoded included. Beyond it,
    /// whoever appends waits.
    pub open_bytes: usize,
    /// Bytes of encoded spans in memory. Beyond it they are written.
    pub sealed_bytes: usize,
    /// Bytes of metric rows in memory. Beyond it they are written.
    pub metric_bytes: usize,
    /// Bytes of relations in memory. Beyond it they are written.
    pub relation_bytes: usize,
    /// Bytes of records in memory. Beyond it they are written.
    pub top_record_bytes: usize,
    /// Bytes of what was read of parts.
    pub cache_bytes: usize,
    /// Bytes of what parts of spans are read by: dictionaries, summaries of blocks and filters of
    /// traces. Beyond it those of the oldest parts go until they are needed again.
    pub dictionary_bytes: usize,
    /// Bytes that are kept on the disk for the store alone: with them it makes room when
    /// the disk is full.
    pub reserve_bytes: u64,
    /// Spans of a part that is made of several, at most.
    pub part_spans: u64,
    /// How long a part is not merged after it was written: longer than any reader
    /// holds on to the moment of its question.
    pub settle: Duration,
    /// How long a read may last at most; no longer than `settle`.
    pub longest_read: Duration,
    /// Whether a wall clock that jumped is doubted before anything is removed by age.
    pub doubts_clock: bool,
    /// Bytes of entities and aliases. Beyond it those that were seen longest ago go.
    pub entity_bytes: usize,
    /// Bytes of tag keys and values. Beyond it those of the oldest day go.
    pub tag_bytes: usize,
}

/// How long rows are kept, nanoseconds. May be changed while the store runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// As [`Config::record_ttl`].
    pub record_ttl: i64,
    /// As [`Config::metric_ttl`].
    pub metric_ttl: i64,
    /// As [`Config::hour_ttl`].
    pub hour_ttl: i64,
    /// As [`Config::day_ttl`].
    pub day_ttl: i64,
}

/// Rows are encoded when they take this share of what all may take, however few
/// spans they are: so there is always something that can be made smaller.
const BLOCKS_AT_ONCE: usize = 3;

/// Bytes of rows that become a block at most, and of dictionaries that others go on with: so
/// nothing in a part is larger than its reader takes.
const MOST_BLOCK_BYTES: usize = 64 * MIB;

impl Config {
    /// Bytes of rows, and of what they add to dictionaries, that are encoded however few spans
    /// they are; and of room that waits for rows to come.
    pub(crate) fn block_bytes(&self) -> usize {
        (self.open_bytes / BLOCKS_AT_ONCE).min(MOST_BLOCK_BYTES)
    }

    /// The same of rows with their room: with the room that waits it is no more than all may take, so
    /// that whoever waits for rows that are encoded does not wait for those that are not.
    pub(crate) fn open_block_memory(&self) -> usize {
        self.open_bytes.saturating_sub(self.block_bytes())
    }

    /// Bytes of the dictionaries of a writer.
    pub(crate) fn writer_bytes(&self) -> usize {
        (self.dictionary_bytes / 2).min(MOST_BLOCK_BYTES)
    }

    /// How long rows are kept to begin with.
    pub(crate) fn retention(&self) -> Retention {
        let Self { record_ttl, metric_ttl, hour_ttl, day_ttl, .. } = *self;
        Retention { record_ttl, metric_ttl, hour_ttl, day_ttl }
    }
}

const MIB: usize = 1 << 20;
const DAY_NANOS: i64 = 86_400_000_000_000;

impl Default for Config {
    fn default() -> Self {
        Self {
            record_ttl: 3 * DAY_NANOS,
            metric_ttl: 7 * DAY_NANOS,
            hour_ttl: 30 * DAY_NANOS,
            day_ttl: 90 * DAY_NANOS,
            disk_bytes: 0,
            disk_percent: 80,
            open_bytes: 24 * MIB,
            sealed_bytes: 16 * MIB,
            metric_bytes: 16 * MIB,
            relation_bytes: 8 * MIB,
            top_record_bytes: 4 * MIB,
            cache_bytes: 24 * MIB,
            dictionary_bytes: 16 * MIB,
            reserve_bytes: 0,
            part_spans: 16_000_000,
            settle: Duration::from_secs(60),
            longest_read: Duration::from_secs(60),
            doubts_clock: true,
            entity_bytes: 32 * MIB,
            tag_bytes: 8 * MIB,
        }
    }
}
