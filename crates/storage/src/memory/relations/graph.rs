//! The edges of one scope.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use skytrail_model::time::Minute;

use super::slot::{Settled, Slot};
use crate::spi::{Cut, Edge, Origin};

/// What an edge takes beside its minutes: its slot and its place in the index,
/// with the room that both tables keep free. Slots are made an eighth more at a
/// time, and at most a quarter of them is without an edge.
pub(super) const EDGE_BYTES: usize = size_of::<Option<Slot>>() / 2 * 3 + 16;

/// Edges by place; a place that is free again is used again.
#[derive(Debug, Default, Clone)]
pub(super) struct Graph {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    places: HashTable<u32>,
    /// Of the slots, the table aside.
    minute_bytes: usize,
    rows: u64,
    /// How often edges changed their places.
    generation: u64,
}

fn hash_of(edge: &Edge) -> u64 {
    FixedState::default().hash_one((edge.relation, edge.side, edge.component))
}

fn hash_at(slots: &[Option<Slot>], place: u32) -> u64 {
    slots.get(place as usize).and_then(Option::as_ref).map_or(0, |slot| hash_of(slot.edge()))
}

impl Graph {
    /// Edges held.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Grows whenever edges change their places. Whoever walks through them then
    /// starts again, because edges may have gone to where it was already.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Places, free ones included.
    pub(super) fn places(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.len() * EDGE_BYTES + self.minute_bytes
    }

    /// Minutes of edges.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The edges of `count` places from `first` on.
    pub(super) fn slots(&self, first: usize, count: usize) -> impl Iterator<Item = &Slot> {
        self.slots.iter().skip(first).take(count).flatten()
    }

    /// An edge was seen in a minute.
    pub(super) fn see(&mut self, edge: Edge, minute: Minute, origin: Origin, settled: &Settled) {
        let place = self.place(edge);
        let Some(Some(slot)) = self.slots.get_mut(place as usize) else { return };
        self.rows -= slot.rows();
        self.minute_bytes -= slot.bytes();
        slot.see(minute, origin, settled);
        self.rows += slot.rows();
        self.minute_bytes += slot.bytes();
    }

    pub(super) fn holds(&self, edge: &Edge) -> bool {
        self.find(edge).is_some()
    }

    fn find(&self, edge: &Edge) -> Option<u32> {
        let is_it = |place: &u32| {
            let slot = self.slots.get(*place as usize).and_then(Option::as_ref);
            slot.is_some_and(|slot| slot.edge() == edge)
        };
        self.places.find(hash_of(edge), is_it).copied()
    }

    fn place(&mut self, edge: Edge) -> u32 {
        if let Some(place) = self.find(&edge) {
            return place;
        }
        let hash = hash_of(&edge);
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                if self.slots.len() == self.slots.capacity() {
                    self.slots.reserve_exact(1 + self.slots.len() / 8);
                }
                self.slots.push(None);
                (self.slots.len() - 1) as u32
            }
        };
        if let Some(slot) = self.slots.get_mut(place as usize) {
            *slot = Some(Slot::new(edge));
        }
        let slots = &self.slots;
        self.places.insert_unique(hash, place, |place| hash_at(slots, *place));
        place
    }

    /// Changes every slot and removes those that are empty then; says how many
    /// rows went.
    fn change(&mut self, mut change: impl FnMut(&mut Slot)) -> u64 {
        let before = self.rows;
        for place in 0..self.slots.len() as u32 {
            let Some(Some(slot)) = self.slots.get_mut(place as usize) else { continue };
            let hash = hash_of(slot.edge());
            self.rows -= slot.rows();
            self.minute_bytes -= slot.bytes();
            change(slot);
            self.rows += slot.rows();
            self.minute_bytes += slot.bytes();
            if slot.is_empty() {
                self.minute_bytes -= slot.bytes();
                if let Ok(entry) = self.places.find_entry(hash, |held| *held == place) {
                    entry.remove();
                }
                if let Some(slot) = self.slots.get_mut(place as usize) {
                    *slot = None;
                }
                self.free.push(place);
            }
        }
        if self.free.len() > self.slots.len() / 4 {
            self.compact();
        }
        before - self.rows
    }

    /// Gives back the room of edges that are gone.
    fn compact(&mut self) {
        self.slots.retain(Option::is_some);
        self.slots.shrink_to_fit();
        self.free = Vec::new();
        let mut places = HashTable::with_capacity(self.slots.len());
        let slots = &self.slots;
        for place in 0..slots.len() as u32 {
            places.insert_unique(hash_at(slots, place), place, |place| hash_at(slots, *place));
        }
        self.places = places;
        self.generation += 1;
    }

    /// Memory that is taken, edges or not.
    #[cfg(test)]
    pub(super) fn taken_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Option<Slot>>()
            + self.free.capacity() * size_of::<u32>()
            + self.places.allocation_size()
            + self.minute_bytes
    }

    /// Removes what is before a minute; says how many rows went.
    pub(super) fn forget_before(&mut self, before: Minute) -> u64 {
        self.change(|slot| slot.forget_before(before))
    }

    /// What came with the appends within a cut.
    pub(super) fn within(&self, cut: &Cut, settled: &Settled) -> Self {
        let mut kept = self.clone();
        kept.change(|slot| *slot = slot.within(cut, settled));
        kept
    }

    /// Removes the oldest hours until the rest fits, and of the last hour the
    /// edges that were not seen for longest; says how many rows went.
    pub(super) fn shrink_to(&mut self, bytes: usize) -> u64 {
        let mut gone = 0;
        while let Some(border) = self.border(self.bytes().saturating_sub(bytes)) {
            gone += self.forget_before(border);
        }
        gone + self.shrink_edges(bytes)
    }

    /// The start of the hour before which so many bytes are held, of the newest
    /// hour if they are not; none when nothing has to go or nothing is older.
    fn border(&self, excess: usize) -> Option<Minute> {
        let mut hours: BTreeMap<i64, usize> = BTreeMap::new();
        for (hour, weight) in self.slots.iter().flatten().flat_map(Slot::weights) {
            *hours.entry(hour).or_default() += weight;
        }
        let mut left = excess;
        let mut hours = hours.into_iter().peekable();
        let mut border = None;
        while left > 0
            && let Some((_, weight)) = hours.next()
            && let Some((next, _)) = hours.peek()
        {
            left = left.saturating_sub(weight);
            border = Some(Minute(next.saturating_mul(60)));
        }
        border
    }

    fn shrink_edges(&mut self, bytes: usize) -> u64 {
        if self.bytes() <= bytes {
            return 0;
        }
        let held = self.slots.iter().flatten();
        let mut seen: Vec<_> =
            held.filter_map(|slot| Some((slot.last()?, EDGE_BYTES + slot.bytes()))).collect();
        seen.sort_unstable();
        let mut left = self.bytes();
        let mut count = 0_usize;
        for (_, weight) in &seen {
            if left <= bytes {
                break;
            }
            left = left.saturating_sub(*weight);
            count += 1;
        }
        let Some((border, _)) = seen.get(count.saturating_sub(1)).copied() else { return 0 };
        // Of the edges that were last seen in the same minute the first ones go.
        let mut of_border = seen[..count].iter().filter(|(last, _)| *last == border).count();
        self.change(|slot| {
            let last = slot.last();
            let goes = last < Some(border) || (last == Some(border) && of_border > 0);
            if goes {
                of_border -= usize::from(last == Some(border));
                *slot = Slot::new(*slot.edge());
            }
        })
    }
}
