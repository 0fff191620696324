//! A set of minutes, by hour.

use skytrail_model::time::Minute;

use crate::spi::HourMinutes;

/// Minutes, sixty in a word.
#[derive(Debug, Default, Clone)]
pub(super) struct Hours {
    /// Ascending, each hour once and with a minute at least.
    held: Vec<HourMinutes>,
    count: u32,
}

/// Adds minutes to hours that ascend from `start` on.
pub(super) fn add(hours: &mut Vec<HourMinutes>, start: usize, more: HourMinutes) {
    let ascending = hours.get(start..).unwrap_or_default();
    // Minutes come in their order nearly always.
    let place = match ascending.last() {
        Some(last) if last.hour == more.hour => Ok(ascending.len() - 1),
        Some(last) if last.hour < more.hour => Err(ascending.len()),
        _ => ascending.binary_search_by_key(&more.hour, |held| held.hour),
    };
    match place {
        Ok(place) => {
            if let Some(held) = hours.get_mut(start + place) {
                held.minutes |= more.minutes;
            }
        }
        Err(place) => hours.insert(start + place, more),
    }
}

impl Hours {
    pub(super) fn bytes(&self) -> usize {
        self.held.capacity() * size_of::<HourMinutes>()
    }

    /// Minutes.
    pub(super) fn count(&self) -> u64 {
        u64::from(self.count)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(super) fn contains(&self, minute: Minute) -> bool {
        let one = HourMinutes::of(minute);
        let place = self.held.binary_search_by_key(&one.hour, |held| held.hour);
        let held = place.ok().and_then(|place| self.held.get(place));
        held.is_some_and(|held| held.minutes & one.minutes != 0)
    }

    /// Adds a minute that is not there.
    pub(super) fn insert(&mut self, minute: Minute) {
        add(&mut self.held, 0, HourMinutes::of(minute));
        self.count += 1;
    }

    /// Takes over minutes, none of which is there.
    pub(super) fn append(&mut self, more: Self) {
        if self.held.is_empty() {
            *self = more;
            return;
        }
        more.held.into_iter().for_each(|hour| add(&mut self.held, 0, hour));
        self.count += more.count;
    }

    /// Adds those of `from..=to` to hours that ascend from `start` on.
    pub(super) fn copy(
        &self,
        from: Minute,
        to: Minute,
        found: &mut Vec<HourMinutes>,
        start: usize,
    ) {
        let (first, last) = (from.0.div_euclid(60), to.0.div_euclid(60));
        let begin = self.held.partition_point(|held| held.hour < first);
        let held = self.held.get(begin..).unwrap_or_default().iter();
        let held = held.take_while(|held| held.hour <= last).map(|held| held.within(from, to));
        held.filter(|held| held.minutes != 0).for_each(|held| add(found, start, held));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &HourMinutes> {
        self.held.iter()
    }

    pub(super) fn last(&self) -> Option<Minute> {
        self.held.last().and_then(|hour| hour.iter().last())
    }

    /// Removes what is before a minute.
    pub(super) fn forget_before(&mut self, before: Minute) {
        let first = before.0.div_euclid(60);
        let old = self.held.partition_point(|held| held.hour <= first);
        if old == 0 {
            return;
        }
        let border = self.held.drain(..old).next_back();
        let left = border.map(|border| border.within(before, Minute(i64::MAX)));
        if let Some(border) = left.filter(|border| border.minutes != 0) {
            self.held.insert(0, border);
        }
        self.count = self.held.iter().map(|held| held.minutes.count_ones()).sum();
        self.held.shrink_to_fit();
    }
}
