//! One edge and the minutes it was seen in.

use skytrail_model::time::Minute;

use super::hours::{Hours, add};
use crate::spi::{Cut, Edge, HourMinutes, Origin};

/// A minute, and an append that brought it.
type Fresh = (Minute, Origin);

/// Which appends need not be told apart any more.
#[derive(Debug)]
pub(super) struct Settled {
    /// Those that every reader sees.
    pub(super) appends: Cut,
    /// Those that a crash leaves, and how often that has changed.
    pub(super) durable: Cut,
    pub(super) epoch: u32,
}

/// An edge with its minutes.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    edge: Edge,
    /// Minutes that every reader sees and a crash leaves.
    durable: Hours,
    /// Others that every reader sees. Those of an earlier epoch are durable by now.
    later: Hours,
    epoch: u32,
    /// Minutes that some readers may not see yet.
    fresh: Vec<Fresh>,
}

impl Slot {
    pub(super) fn new(edge: Edge) -> Self {
        let (durable, later) = (Hours::default(), Hours::default());
        Self { edge, durable, later, epoch: 0, fresh: Vec::new() }
    }

    pub(super) fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Memory behind the slot itself.
    pub(super) fn bytes(&self) -> usize {
        self.durable.bytes() + self.later.bytes() + self.fresh.capacity() * size_of::<Fresh>()
    }

    /// Minutes held; one that several appends brought counts for each until all
    /// readers see it.
    pub(super) fn rows(&self) -> u64 {
        self.durable.count() + self.later.count() + self.fresh.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.durable.is_empty() && self.later.is_empty() && self.fresh.is_empty()
    }

    fn contains(&self, minute: Minute) -> bool {
        self.durable.contains(minute) || self.later.contains(minute)
    }

    pub(super) fn see(&mut self, minute: Minute, origin: Origin, settled: &Settled) {
        self.settle(settled);
        if !self.contains(minute) && !self.fresh.contains(&(minute, origin)) {
            if self.fresh.len() == self.fresh.capacity() {
                // Most edges have one or two of them at a time.
                self.fresh.reserve_exact(1 + self.fresh.len() / 4);
            }
            self.fresh.push((minute, origin));
        }
    }

    fn settle(&mut self, settled: &Settled) {
        if self.epoch != settled.epoch {
            self.durable.append(std::mem::take(&mut self.later));
            self.epoch = settled.epoch;
        }
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.retain(|(minute, origin)| {
            let is_settled = settled.appends.contains(*origin);
            if is_settled && !self.contains(*minute) {
                let is_durable = settled.durable.contains(*origin);
                let hours = if is_durable { &mut self.durable } else { &mut self.later };
                hours.insert(*minute);
            }
            !is_settled
        });
        self.fresh = fresh;
    }

    /// What came with the appends within a cut, which is that of the last
    /// checkpoint.
    pub(super) fn within(&self, cut: &Cut, settled: &Settled) -> Self {
        let mut kept = self.clone();
        kept.settle(settled);
        kept.later = Hours::default();
        kept.fresh.retain(|(_, origin)| cut.contains(*origin));
        let (appends, durable) = (cut.clone(), cut.clone());
        kept.settle(&Settled { appends, durable, epoch: 0 });
        kept
    }

    /// The minutes of `from..=to` that are seen, behind those in `found`.
    pub(super) fn minutes(
        &self,
        from: Minute,
        to: Minute,
        sees: impl Fn(Origin) -> bool,
        found: &mut Vec<HourMinutes>,
    ) {
        let start = found.len();
        self.durable.copy(from, to, found, start);
        self.later.copy(from, to, found, start);
        let fresh = self.fresh.iter().filter(|(minute, _)| (from..=to).contains(minute));
        for (minute, _) in fresh.filter(|(_, origin)| sees(*origin)) {
            add(found, start, HourMinutes::of(*minute));
        }
    }

    /// Every hour with the bytes that it takes.
    pub(super) fn weights(&self) -> impl Iterator<Item = (i64, usize)> {
        let hours = self.durable.iter().chain(self.later.iter());
        let hours = hours.map(|held| (held.hour, size_of::<HourMinutes>()));
        let fresh = self.fresh.iter();
        hours.chain(fresh.map(|(minute, _)| (minute.0.div_euclid(60), size_of::<Fresh>())))
    }

    /// The last minute held.
    pub(super) fn last(&self) -> Option<Minute> {
        let fresh = self.fresh.iter().map(|(minute, _)| *minute).max();
        self.durable.last().max(self.later.last()).max(fresh)
    }

    /// Removes what is before a minute.
    pub(super) fn forget_before(&mut self, before: Minute) {
        self.durable.forget_before(before);
        self.later.forget_before(before);
        let held = self.fresh.len();
        self.fresh.retain(|(minute, _)| *minute >= before);
        if self.fresh.len() < held {
            self.fresh.shrink_to_fit();
        }
    }
}
