//! One edge and the minutes it was seen in.

use skytrail_model::time::Minute;

use crate::spi::{Cut, Edge, HourMinutes, Origin};

/// A minute, and an append that brought it.
type Fresh = (Minute, Origin);

/// An edge with its minutes.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    edge: Edge,
    /// Minutes that every reader sees, by hour.
    hours: Vec<HourMinutes>,
    /// Minutes that some readers may not see yet.
    fresh: Vec<Fresh>,
    /// Minutes of `hours`.
    settled: u32,
}

/// Adds a minute to hours that ascend from `start` on; whether it is new to them.
fn add(hours: &mut Vec<HourMinutes>, start: usize, minute: Minute) -> bool {
    let one = HourMinutes::of(minute);
    let ascending = hours.get(start..).unwrap_or_default();
    // Minutes come in their order nearly always.
    let place = match ascending.last() {
        Some(last) if last.hour == one.hour => Ok(ascending.len() - 1),
        _ => ascending.binary_search_by_key(&one.hour, |held| held.hour),
    };
    match place {
        Ok(place) => hours.get_mut(start + place).is_some_and(|held| {
            let is_new = held.minutes & one.minutes == 0;
            held.minutes |= one.minutes;
            is_new
        }),
        Err(place) => {
            hours.insert(start + place, one);
            true
        }
    }
}

impl Slot {
    pub(super) fn new(edge: Edge) -> Self {
        Self { edge, hours: Vec::new(), fresh: Vec::new(), settled: 0 }
    }

    pub(super) fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Memory behind the slot itself.
    pub(super) fn bytes(&self) -> usize {
        self.hours.capacity() * size_of::<HourMinutes>()
            + self.fresh.capacity() * size_of::<Fresh>()
    }

    /// Minutes held; one that several appends brought counts for each until all
    /// readers see it.
    pub(super) fn rows(&self) -> u64 {
        u64::from(self.settled) + self.fresh.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hours.is_empty() && self.fresh.is_empty()
    }

    pub(super) fn see(&mut self, minute: Minute, origin: Origin, settled: &Cut) {
        self.settle(settled);
        let one = HourMinutes::of(minute);
        let place = self.hours.binary_search_by_key(&one.hour, |held| held.hour);
        let held = place.ok().and_then(|place| self.hours.get(place));
        let is_known = held.is_some_and(|held| held.minutes & one.minutes != 0);
        if !is_known && !self.fresh.contains(&(minute, origin)) {
            if self.fresh.len() == self.fresh.capacity() {
                // Most edges have one or two of them at a time.
                self.fresh.reserve_exact(1 + self.fresh.len() / 4);
            }
            self.fresh.push((minute, origin));
        }
    }

    fn settle(&mut self, settled: &Cut) {
        let (hours, count) = (&mut self.hours, &mut self.settled);
        self.fresh.retain(|(minute, origin)| {
            let is_settled = settled.contains(*origin);
            if is_settled {
                *count += u32::from(add(hours, 0, *minute));
            }
            !is_settled
        });
    }

    /// What came with the appends within a cut. What is settled stays: it comes
    /// again the same if the cut does not hold it.
    pub(super) fn within(&self, cut: &Cut, settled: &Cut) -> Self {
        let mut kept = self.clone();
        kept.settle(settled);
        kept.fresh.retain(|(_, origin)| cut.contains(*origin));
        kept.settle(cut);
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
        let (first, last) = (from.0.div_euclid(60), to.0.div_euclid(60));
        let begin = self.hours.partition_point(|held| held.hour < first);
        let held = self.hours.get(begin..).unwrap_or_default().iter();
        let held = held.take_while(|held| held.hour <= last);
        found.extend(held.map(|held| held.within(from, to)).filter(|held| held.minutes != 0));
        let fresh = self.fresh.iter().filter(|(minute, _)| (from..=to).contains(minute));
        for (minute, _) in fresh.filter(|(_, origin)| sees(*origin)) {
            add(found, start, *minute);
        }
    }

    /// Every hour with the bytes that it takes.
    pub(super) fn weights(&self) -> impl Iterator<Item = (i64, usize)> {
        let hours = self.hours.iter().map(|held| (held.hour, size_of::<HourMinutes>()));
        let fresh = self.fresh.iter();
        hours.chain(fresh.map(|(minute, _)| (minute.0.div_euclid(60), size_of::<Fresh>())))
    }

    /// The last minute held.
    pub(super) fn last(&self) -> Option<Minute> {
        let held = self.hours.last().and_then(|hour| hour.iter().last());
        held.max(self.fresh.iter().map(|(minute, _)| *minute).max())
    }

    /// Removes what is before a minute.
    pub(super) fn forget_before(&mut self, before: Minute) {
        let rows = self.rows();
        let first = before.0.div_euclid(60);
        let old = self.hours.partition_point(|held| held.hour <= first);
        let mut left = self.hours.drain(..old).next_back();
        left = left.map(|border| border.within(before, Minute(i64::MAX)));
        if let Some(border) = left.filter(|border| border.minutes != 0) {
            self.hours.insert(0, border);
        }
        self.settled = self.hours.iter().map(|held| held.minutes.count_ones()).sum();
        self.fresh.retain(|(minute, _)| *minute >= before);
        if self.rows() < rows {
            self.hours.shrink_to_fit();
            self.fresh.shrink_to_fit();
        }
    }
}
