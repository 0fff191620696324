//! Memory that pieces of work share, each of which finds out only while it goes on how much it
//! needs.
//!
//! The limit is cut into three levels: many small shares, two middle ones and a large one. Work
//! begins with a small share. What outgrows it lets go of what it holds beyond, waits for a share
//! of the next level, and goes on with both. Nobody waits for a level while holding a share of it
//! or of a higher one, so whoever has the large share always comes to an end, and everybody gets
//! a turn. What outgrows all three is too large: it answers with what fits, and says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use tokio::time::timeout_at;

use crate::metrics::{Counter, Gauge};
use crate::pool::{Pool, Share};

/// A share of the first level, unless a sixth of the limit is less.
const SMALL: usize = 128 << 10;

/// What the memory tells about itself.
#[derive(Debug, Clone, Default)]
pub struct MemoryMetrics {
    /// Bytes that are used.
    pub used: Gauge,
    /// Pieces of work that wait for a share.
    pub waiting: Gauge,
    /// Pieces of work that did not get a share in time.
    pub refused: Counter,
}

/// Memory of all pieces of work together. Clones share it.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    levels: [Level; 3],
    used: AtomicUsize,
    peak: AtomicUsize,
    metrics: MemoryMetrics,
}

#[derive(Debug)]
struct Level {
    pool: Pool,
    share: usize,
}

impl Level {
    fn new(bytes: usize, share: usize) -> Self {
        Self { pool: Pool::new(bytes, Gauge::default()), share }
    }
}

/// There was no share in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// What a claim has is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// [`Claim::enlarge`] may get more.
    ForNow,
    /// One piece of work gets no more than that.
    ForGood,
}

impl Memory {
    /// Of so many bytes.
    pub fn new(limit: usize, metrics: MemoryMetrics) -> Self {
        let sixth = limit / 6;
        let levels = [
            Level::new(sixth, SMALL.min(sixth)),
            Level::new(2 * sixth, sixth),
            Level::new(limit - 3 * sixth, limit - 3 * sixth),
        ];
        let (used, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self(Arc::new(Inner { limit, levels, used, peak, metrics }))
    }

    /// The limit in bytes.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// The most that one piece of work gets, in bytes.
    pub fn most(&self) -> usize {
        self.0.levels.iter().map(|level| level.share).sum()
    }

    /// The most that one piece of work may keep for as long as it likes: everything but the large
    /// share, which all others would wait for.
    pub fn most_kept(&self) -> usize {
        let [small, middle, _] = &self.0.levels;
        small.share + middle.share
    }

    /// Bytes that are used now.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// The most that were used at any time.
    pub fn peak(&self) -> usize {
        self.0.peak.load(Ordering::Relaxed)
    }

    /// A small share, for a piece of work that begins.
    ///
    /// # Errors
    /// There is none until the deadline.
    pub async fn claim(&self, deadline: Option<Instant>) -> Result<Claim, Refused> {
        let claim = Claim(Arc::new(Held { of: Some(self.clone()), ..Held::default() }));
        claim.enlarge(deadline).await?;
        Ok(claim)
    }

    async fn share(&self, level: usize, deadline: Option<Instant>) -> Result<Share, Refused> {
        let Some(Level { pool, share }) = self.0.levels.get(level) else { return Err(Refused) };
        if let Some(share) = pool.try_share(*share) {
            return Ok(share);
        }
        let _waiting = Waiting::new(&self.0.metrics.waiting);
        let waiting = pool.share(*share);
        let share = match deadline {
            Some(deadline) => timeout_at(deadline.into(), waiting).await.ok(),
            None => Some(waiting.await),
        };
        share.ok_or_else(|| {
            self.0.metrics.refused.inc();
            Refused
        })
    }

    fn use_more(&self, bytes: usize) {
        let used = self.0.used.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.0.peak.fetch_max(used, Ordering::Relaxed);
        self.0.metrics.used.inc_by(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    fn use_less(&self, bytes: usize) {
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
        self.0.metrics.used.dec_by(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

/// Counted as long as it waits.
struct Waiting<'a>(&'a Gauge);

impl<'a> Waiting<'a> {
    fn new(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What one piece of work has, until the last clone is dropped. The default one has no limit.
#[derive(Debug, Clone, Default)]
pub struct Claim(Arc<Held>);

#[derive(Debug, Default)]
struct Held {
    of: Option<Memory>,
    shares: Mutex<Vec<Share>>,
    used: AtomicUsize,
    enlarging: tokio::sync::Mutex<()>,
}

impl Claim {
    /// The level of its shares, from 0; none without a limit.
    fn level(&self) -> usize {
        self.0.shares.lock().len()
    }

    /// Whether there is no more to be had for it.
    pub fn is_largest(&self) -> bool {
        self.0.of.as_ref().is_none_or(|of| self.level() >= of.0.levels.len())
    }

    /// Whether it has no more than it began with.
    pub fn is_small(&self) -> bool {
        self.level() <= 1
    }

    /// Bytes that it may still use, as it is.
    pub fn left(&self) -> usize {
        if self.0.of.is_none() {
            return usize::MAX;
        }
        let has: usize = self.0.shares.lock().iter().map(Share::bytes).sum();
        has.saturating_sub(self.0.used.load(Ordering::Relaxed))
    }

    /// The most that it can ever have; `usize::MAX` without a limit.
    pub fn most(&self) -> usize {
        self.0.of.as_ref().map_or(usize::MAX, Memory::most)
    }

    /// Adds the share of the next level. The caller MUST be ready to wait for others that do what
    /// it does: it SHOULD hold little that it can do without.
    ///
    /// # Errors
    /// There is none until the deadline, or there is no further level.
    pub async fn enlarge(&self, deadline: Option<Instant>) -> Result<(), Refused> {
        let Some(of) = &self.0.of else { return Ok(()) };
        let before = self.level();
        let _one_at_a_time = self.0.enlarging.lock().await;
        if self.level() > before {
            // Somebody else of the same work was first.
            return Ok(());
        }
        let share = of.share(before, deadline).await?;
        self.0.shares.lock().push(share);
        Ok(())
    }

    /// Parts with the shares that it can do without as it is.
    pub fn part_with_spare(&self) {
        let used = self.0.used.load(Ordering::Relaxed);
        let mut shares = self.0.shares.lock();
        let mut has: usize = shares.iter().map(Share::bytes).sum();
        while let Some(last) = shares.pop() {
            has -= last.bytes();
            if has < used || shares.is_empty() {
                shares.push(last);
                break;
            }
        }
    }

    /// Bytes of it, none at first.
    pub fn hold(&self) -> Hold {
        Hold { claim: self.clone(), bytes: 0 }
    }

    fn take(&self, bytes: usize) -> Result<(), Full> {
        let Some(of) = &self.0.of else { return Ok(()) };
        let has: usize = self.0.shares.lock().iter().map(Share::bytes).sum();
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= has);
        if self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok() {
            of.use_more(bytes);
            return Ok(());
        }
        Err(if self.is_largest() { Full::ForGood } else { Full::ForNow })
    }

    fn give(&self, bytes: usize) {
        let Some(of) = &self.0.of else { return };
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
        of.use_less(bytes);
    }
}

/// Bytes of a claim that are used, until this is dropped.
#[derive(Debug)]
pub struct Hold {
    claim: Claim,
    bytes: usize,
}

impl Hold {
    /// What they are of.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// How many.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Uses more.
    ///
    /// # Errors
    /// The claim has not so much; nothing is taken.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        self.claim.take(bytes)?;
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }

    /// Uses less; no less than nothing.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.claim.give(bytes);
        self.bytes -= bytes;
    }

    /// Uses so many.
    ///
    /// # Errors
    /// As [`Hold::grow`].
    pub fn set(&mut self, bytes: usize) -> Result<(), Full> {
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.grow(more),
            None => {
                self.shrink(self.bytes - bytes);
                Ok(())
            }
        }
    }

    /// Takes over what another one of the same claim uses.
    pub fn join(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.claim.give(self.bytes);
    }
}

#[cfg(test)]
mod tests;
