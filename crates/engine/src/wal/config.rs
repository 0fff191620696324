//! Limits of the log.

use std::time::Duration;

/// How much the log may hold, and how often it is made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Bytes of a segment: of a file that is filled with zeros once and used
    /// again and again; rounded up to whole blocks. A record that is larger has a
    /// file of its own.
    pub segment_bytes: u64,
    /// Most bytes of all segments. Beyond it nothing is taken until a checkpoint
    /// frees some.
    pub limit_bytes: u64,
    /// Most bytes of files that wait to be used again.
    pub spare_bytes: u64,
    /// Bytes of the disk that it leaves to others: no file is begun that would take of
    /// them, so that what is behind the log can make room.
    pub leave_bytes: u64,
    /// Bytes that may wait in memory to be written, and as many that are being
    /// written; soft by one record per shard.
    pub pending_bytes: usize,
    /// How long a record waits for others to be made durable with it, while no
    /// others are being made durable.
    pub group_delay: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            segment_bytes: 16 << 20,
            limit_bytes: 1 << 30,
            spare_bytes: 256 << 20,
            leave_bytes: 0,
            pending_bytes: 4 << 20,
            group_delay: Duration::from_millis(5),
        }
    }
}
