//! From traces to segments, in generations.
//!
//! A generation indexes batches that came one after another. It goes as a whole
//! with the last of them, so that making room walks no chain: neither the one of
//! a hash nor the one of a trace that has all the segments there are.

use std::collections::VecDeque;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Entries after which a new generation is begun: its table stays in the cache
/// while it is filled, and little is kept of batches that are gone.
pub(crate) const GENERATION_ENTRIES: usize = 4_096;

/// A batch: its number, and how often it was replaced by what was young in it.
pub(super) type BatchKey = (u64, u32);

/// A segment: its batch, and the place in the entries of it.
pub(super) type Place = (BatchKey, u32);

/// Where the segments of a trace are; most traces of one process have one.
#[derive(Debug)]
enum Places {
    One(Place),
    Many(Vec<Place>),
}

#[derive(Debug, Default)]
struct Generation {
    /// Places by hash of the trace id; ids of equal hash share an entry.
    traces: HashMap<u64, Places, FixedState>,
    entries: usize,
    /// Batches of it that are held.
    batches: usize,
}

/// Generations by age.
#[derive(Debug, Default)]
pub(super) struct Index {
    generations: VecDeque<Generation>,
    /// The number of the first one.
    first: u64,
}

impl Generation {
    fn add(&mut self, hash: u64, place: Place) {
        self.entries += 1;
        match self.traces.get_mut(&hash) {
            None => drop(self.traces.insert(hash, Places::One(place))),
            Some(Places::Many(places)) => places.push(place),
            Some(one) => {
                if let Places::One(first) = *one {
                    *one = Places::Many(vec![first, place]);
                }
            }
        }
    }
}

impl Index {
    /// Adds the segments of a batch, given by the hashes of their traces; says
    /// in which generation it is now.
    pub(super) fn add(&mut self, batch: BatchKey, traces: &[u64]) -> u64 {
        let is_full = |last: &Generation| last.entries >= GENERATION_ENTRIES;
        if self.generations.back().is_none_or(is_full) {
            self.generations.push_back(Generation::default());
        }
        if let Some(last) = self.generations.back_mut() {
            last.batches += 1;
            for (place, hash) in traces.iter().enumerate() {
                last.add(*hash, (batch, place as u32));
            }
        }
        self.first + self.generations.len() as u64 - 1
    }

    /// A batch of a generation is gone. Gives the memory of what has no batch
    /// any more, for the caller to drop when nobody waits.
    pub(super) fn forget(&mut self, generation: u64) -> Option<Gone> {
        let place = generation.checked_sub(self.first)? as usize;
        let held = self.generations.get_mut(place)?;
        held.batches -= 1;
        if held.batches > 0 {
            return None;
        }
        let gone = std::mem::take(held);
        while self.generations.front().is_some_and(|first| first.batches == 0) {
            self.generations.pop_front();
            self.first += 1;
        }
        Some(Gone { _generation: gone })
    }

    /// Places of everything whose trace id has a hash, in the order it came;
    /// batches may be gone.
    pub(super) fn places(&self, hash: u64) -> impl Iterator<Item = Place> {
        let found = self.generations.iter().filter_map(move |held| held.traces.get(&hash));
        found.flat_map(|places| match places {
            Places::One(place) => std::slice::from_ref(place).iter().copied(),
            Places::Many(places) => places.iter().copied(),
        })
    }

    /// Entries held, those of batches that are gone included.
    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.generations.iter().map(|held| held.entries).sum()
    }
}

/// A generation that nothing is found in any more.
#[derive(Debug)]
pub(super) struct Gone {
    _generation: Generation,
}
