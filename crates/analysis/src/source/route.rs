//! Routes: which rows an event goes to, by the symbols of its names.
//!
//! Names are cut, grouped, counted against limits and hashed once per route;
//! every further event of the same names finds its rows with one look-up.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use skytrail_model::text::SymbolSpace;

use super::slot::Slot;
use crate::directory::NO_NODE;
use crate::footprint::table_bytes;
use crate::window::NO_CELL;

/// Routes that are kept; when there are more, all are made anew.
const MAX_ROUTES: usize = 1 << 18;

/// Routes that are kept at least, however little memory there may be.
const MIN_ROUTES: usize = 1 << 8;

/// Texts that have a number besides the names of batches; when there are more,
/// or they hold more than a part of the memory of routes, all get new ones.
const MAX_TEXTS: usize = 1 << 14;

/// Longer texts get no number.
const MAX_TEXT: usize = 256;

/// What kind of event the names of a route belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Shape {
    /// Service and instance of a segment.
    Home,
    /// Service and operation: the endpoint of a segment.
    HomeEndpoint,
    /// Service, instance, parent service, parent instance, address.
    Referred,
    /// The same, the parent's message queue being the caller.
    ReferredByQueue,
    /// Service, instance, peer: a queue without a known producer.
    FromQueue,
    /// Service, instance: called by a user.
    FromUser,
    /// Service, operation, parent service, parent endpoint.
    Endpoint,
    /// Service and operation of what a user calls.
    UserEndpoint,
    /// Service and operation, the caller being unknown.
    LoneEndpoint,
    /// Service and instance alone, the caller being found out later.
    Called,
    /// As `Endpoint`, from within the process.
    CrossThread,
    /// Service, instance, peer.
    Outgoing,
    /// Peer.
    Database,
    /// Peer.
    Cache,
    /// Peer.
    Queue,
    /// Entity of a queue, text of a topic.
    Topic,
    /// Text of the kind of a cache without an address.
    LocalCache,
    /// Service, text of an endpoint's name.
    Logic,
}

/// Names as symbols, with everything else that decides where an event goes,
/// packed into words that hash quickly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RouteKey([u64; 4]);

impl RouteKey {
    /// `detail` is what the shape needs to know besides names.
    #[inline]
    pub(crate) fn new<const N: usize>(
        shape: Shape,
        detail: u8,
        component: i32,
        names: [u32; N],
    ) -> Self {
        let name = |place: usize| u64::from(names.get(place).copied().unwrap_or(u32::MAX));
        let kind = u64::from(shape as u8) | u64::from(detail) << 8;
        Self([
            kind | u64::from(component.cast_unsigned()) << 32,
            name(0) | name(1) << 32,
            name(2) | name(3) << 32,
            name(4),
        ])
    }
}

impl Hash for RouteKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|word| state.write_u64(*word));
    }
}

/// Entities, and where their events count in one window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// Numbers in the directory.
    pub(super) nodes: [u32; 4],
    /// What the entities are for.
    pub(super) slots: &'static [Slot],
    pub(super) key: Option<RouteKey>,
    pub(super) cell: RouteCell,
}

/// The cell that took the last event of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RouteCell {
    /// The answers of that event.
    pub(super) answers: u64,
    /// Generation of the window.
    pub(super) window: u32,
    pub(super) cell: u32,
}

impl RouteCell {
    /// None yet in the window of a generation.
    pub(super) fn none(window: u32) -> Self {
        Self { answers: 0, window, cell: NO_CELL }
    }
}

impl Route {
    /// Leads nowhere.
    pub(crate) const NOWHERE: Self = Self {
        nodes: [NO_NODE; 4],
        slots: &[],
        key: None,
        cell: RouteCell { answers: 0, window: u32::MAX, cell: NO_CELL },
    };

    pub(crate) fn node(&self, place: usize) -> u32 {
        self.nodes.get(place).copied().unwrap_or(NO_NODE)
    }
}

/// What is kept of a route: one cache line.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Known {
    key: RouteKey,
    pub(super) nodes: [u32; 4],
    pub(super) cell: RouteCell,
}

/// A text that is no name of a batch, as its tags bring them.
#[derive(Debug)]
struct Numbered {
    text: Box<str>,
    number: u32,
}

/// The part of the memory of routes that texts may hold.
const TEXTS_PART: usize = 8;

/// Bytes of a text's place in a table that may be half empty.
const TEXT_PLACE: usize = 2 * (size_of::<Numbered>() + 1) * 8 / 7;

/// The routes of a shard.
#[derive(Debug)]
pub(crate) struct Routes {
    by_key: HashTable<Known>,
    texts: HashTable<Numbered>,
    /// Bytes of the texts with their places.
    text_bytes: usize,
    /// Routes, and bytes of texts, that may be kept.
    most: (usize, usize),
    /// The last number that a text got; none is used again.
    number: u32,
    hasher: RandomState,
    space: SymbolSpace,
    /// How often all were forgotten because there were too many.
    pub(crate) resets: u64,
}

impl Routes {
    /// Routes that take at most so many bytes.
    pub(crate) fn within(bytes: usize) -> Self {
        let texts = bytes / TEXTS_PART;
        // A hash table has a power of two of slots, and uses seven eighths of them.
        let slots = (bytes - texts) / (size_of::<Known>() + 1);
        let slots = slots.checked_ilog2().map_or(0, |power| 1_usize << power);
        Self {
            by_key: HashTable::new(),
            texts: HashTable::new(),
            text_bytes: 0,
            most: ((slots / 8 * 7).clamp(MIN_ROUTES, MAX_ROUTES), texts),
            number: 0,
            hasher: RandomState::default(),
            space: SymbolSpace::default(),
            resets: 0,
        }
    }

    /// Forgets routes of another table of symbols.
    pub(crate) fn begin(&mut self, space: SymbolSpace) {
        if self.space != space {
            self.clear();
            self.space = space;
        }
    }

    /// Forgets all routes: the numbers in them may mean something else now.
    pub(crate) fn clear(&mut self) {
        self.by_key.clear();
    }

    /// Bytes of routes, and of texts that have a number.
    pub(crate) fn memory(&self) -> usize {
        let routes = table_bytes::<Known>(self.by_key.capacity());
        routes + self.text_bytes
    }

    /// The number of a text in keys of routes; none for a very long one.
    pub(super) fn number(&mut self, text: &str) -> Option<u32> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let hash = self.hasher.hash_one(text);
        if let Some(known) = self.texts.find(hash, |known| *known.text == *text) {
            return Some(known.number);
        }
        let bytes = text.len() + TEXT_PLACE;
        if self.texts.len() >= MAX_TEXTS || self.text_bytes + bytes > self.most.1 {
            self.texts.clear();
            self.text_bytes = 0;
        }
        self.text_bytes += bytes;
        self.number = self.number.wrapping_add(1);
        let hasher = &self.hasher;
        let known = Numbered { text: text.into(), number: self.number };
        self.texts.insert_unique(hash, known, |known| hasher.hash_one(&*known.text));
        Some(self.number)
    }

    #[inline]
    pub(super) fn get(&self, key: &RouteKey) -> Option<&Known> {
        self.by_key.find(self.hash(key), |known| known.key == *key)
    }

    #[inline]
    pub(crate) fn hash(&self, key: &RouteKey) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The cell that took the last event of a route, or of another one whose
    /// hash is alike: to have it at hand, not to count in it.
    #[inline]
    pub(crate) fn likely_cell(&self, hash: u64) -> Option<u32> {
        self.by_key.find(hash, |_| true).map(|known| known.cell.cell)
    }

    /// Keeps a route, in place of what was known of its key. When there are too
    /// many, all others are forgotten.
    pub(super) fn put(&mut self, key: RouteKey, nodes: [u32; 4], cell: RouteCell) {
        let hash = self.hash(&key);
        if let Some(known) = self.by_key.find_mut(hash, |known| known.key == key) {
            (known.nodes, known.cell) = (nodes, cell);
            return;
        }
        if self.by_key.len() >= self.most.0 {
            self.clear();
            self.resets += 1;
        }
        let hasher = &self.hasher;
        let known = Known { key, nodes, cell };
        self.by_key.insert_unique(hash, known, |known| hasher.hash_one(known.key));
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_TEXT, MAX_TEXTS, RouteCell, RouteKey, Routes, Shape};

    #[test]
    fn a_text_keeps_its_number_and_no_other_gets_it() {
        let mut routes = Routes::within(usize::MAX);
        let first = routes.number("orders").unwrap();
        assert_eq!(routes.number("orders"), Some(first));
        assert_eq!(routes.number(&"x".repeat(MAX_TEXT + 1)), None);
        // Enough to have all forgotten; a route may still hold the first number.
        let others = (0..MAX_TEXTS).map(|number| routes.number(&number.to_string()).unwrap());
        assert!(others.collect::<Vec<_>>().iter().all(|number| *number != first));
        assert_ne!(routes.number("orders"), Some(first));
        assert!(routes.memory() > 0 && routes.texts.len() <= MAX_TEXTS);
    }

    #[test]
    fn routes_and_texts_stay_within_their_bytes() {
        let bytes = 4 << 20;
        let mut routes = Routes::within(bytes);
        for number in 0..200_000 {
            let key = RouteKey::new(Shape::Database, 0, 0, [number]);
            routes.put(key, [0; 4], RouteCell::none(0));
            routes.number(&format!("{number:0>200}"));
            assert!(routes.memory() <= bytes, "{} of {bytes}", routes.memory());
        }
        assert!(routes.resets > 0 && routes.memory() > bytes / 2);
    }
}
