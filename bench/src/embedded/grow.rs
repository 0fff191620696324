//! A store that grows: what its spans and their merges cost.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::feed::Feeder;
use super::threads;

/// Spans between two checkpoints: two seconds of the traffic.
pub const CHECKPOINT: u64 = 100_000;

/// Merges are done when their thread has rested for so long.
const REST: Duration = Duration::from_secs(4);

/// How long merges may take.
const MERGES: Duration = Duration::from_secs(3_600);

/// Feeds a store until it has so many spans, with checkpoints; gives the
/// processor time that encoding and writing took.
pub async fn grow(feeder: &mut Feeder, spans: u64) -> Result<Duration> {
    let before = threads::named("store");
    while feeder.spans < spans {
        feeder.feed(CHECKPOINT.min(spans - feeder.spans)).await?;
        feeder.checkpoint().await?;
    }
    Ok(threads::named("store").saturating_sub(before))
}

/// Waits until nothing is left to merge; gives the processor time of all merges
/// of this process so far.
pub async fn merged() -> Result<Duration> {
    let begin = Instant::now();
    let (mut spent, mut since) = (threads::named("merge"), Instant::now());
    while since.elapsed() < REST {
        if begin.elapsed() > MERGES {
            bail!("merges did not end within {} s", MERGES.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = threads::named("merge");
        // To look whether there is something to merge takes a little.
        if now.saturating_sub(spent) > Duration::from_millis(2) {
            since = Instant::now();
        }
        spent = now;
    }
    Ok(spent)
}
