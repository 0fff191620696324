//! The log.

mod contract;
mod crashes;
mod damage;
mod discarded;
mod faults;
mod player;
mod sectors;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use skytrail_base::fs::FileSystem;
use skytrail_base::journal::{Journal, JournalError, Position, Record};
use skytrail_base::metrics::Registry;
use skytrail_engine::wal::{Config, Log, Metrics, Writer, open};

/// Segments so small that every test has several.
pub(crate) const CONFIG: Config = Config {
    segment_bytes: 4096,
    limit_bytes: 256 << 10,
    spare_bytes: 16 << 10,
    leave_bytes: 0,
    pending_bytes: 64 << 10,
    group_delay: Duration::ZERO,
};

fn opened(fs: Arc<dyn FileSystem>) -> skytrail_engine::Result<(Log, Writer)> {
    opened_behind(fs, 0)
}

/// A log in front of a store whose last checkpoint is at a position.
fn opened_behind(
    fs: Arc<dyn FileSystem>,
    checkpoint: u64,
) -> skytrail_engine::Result<(Log, Writer)> {
    open(fs, CONFIG, Metrics::new(&Registry::default()), Position(checkpoint))
}

/// A record that can be told from others.
fn record(number: u64, len: usize) -> Record<'static> {
    let byte = |at: usize| (number.wrapping_mul(31) as usize + at) as u8;
    let payload: Vec<u8> = (0..len).map(byte).collect();
    let arrival = number.cast_signed();
    Record { shard: (number % 5) as u16, decoder: 3, arrival, payload: payload.into() }
}

/// Everything from a position on.
pub(crate) fn replayed(log: &Log, from: u64) -> Result<Vec<(u64, Record<'static>)>, JournalError> {
    let mut seen = Vec::new();
    let mut take = |position: Position, record: Record<'_>| {
        seen.push((position.0, record.into_owned()));
        true
    };
    log.replay(Position(from), &mut take).now_or_never().unwrap()?;
    Ok(seen)
}
