//! The table of names of one shard. It outlives batches, so that a name is
//! hashed into it and checked as UTF-8 only when it is new to the shard.

mod entry;

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use skytrail_model::text::{NameId, SymbolSpace};

pub use self::entry::EMPTY;
use self::entry::Entry;

/// Seed of the table's hash. It is fixed, so that a recorded run can be
/// repeated; what an attacker gains by choosing names that collide is bounded
/// by the limit of the table.
const SEED: u64 = 0x5eed_0f5c_a1ab_1e55;

/// Places for symbols that were looked up; a power of two.
const RECENT: usize = 8192;

/// Which name tends to follow another one, and where.
#[derive(Debug, Clone, Copy)]
#[repr(usize)]
pub enum Follow {
    /// The operation of the next span, after an operation; the instance, after a service.
    Next = 0,
    /// The peer of a span, after its operation; the instance of a parent, after its service.
    Peer = 1,
    /// The first attribute key, after an operation; the next key, after a key.
    Key = 2,
    /// The address a parent used, after its service; the service of a segment,
    /// after its first operation.
    Address = 3,
}

/// What a guess turned out to be.
pub(crate) enum Checked {
    /// Another name.
    Wrong,
    /// Right, and the open batch holds the name.
    Here(NameId),
    /// Right, but the open batch does not hold the name yet.
    Elsewhere,
}

/// How much a table may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolLimits {
    /// Names.
    pub entries: usize,
    /// Bytes of memory, the names' texts and the index included.
    pub bytes: usize,
}

/// Names and their numbers. Numbers mean something within one [`SymbolSpace`].
///
/// The limits are soft by one batch: a table over its limit is emptied, and its
/// epoch grows, when the next batch begins, because a batch has one space.
#[derive(Debug)]
pub struct SymbolTable {
    index: HashTable<u32>,
    entries: Vec<Entry>,
    texts: Vec<u8>,
    hash: FixedState,
    // Symbols by a cheap hash that looks at a few bytes: a guess, never an answer.
    recent: Box<[u32]>,
    stamp: u32,
    space: SymbolSpace,
    limits: SymbolLimits,
}

impl SymbolTable {
    /// An empty table of a shard.
    pub fn new(shard: u16, limits: SymbolLimits) -> Self {
        let mut table = Self {
            index: HashTable::new(),
            entries: Vec::new(),
            texts: Vec::new(),
            hash: FixedState::with_seed(SEED),
            recent: vec![EMPTY; RECENT].into_boxed_slice(),
            stamp: 1,
            space: SymbolSpace { shard, epoch: 0 },
            limits,
        };
        table.insert("");
        table
    }

    /// In which space its numbers mean something.
    pub fn space(&self) -> SymbolSpace {
        self.space
    }

    /// Names it holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds nothing but the empty name.
    pub fn is_empty(&self) -> bool {
        self.entries.len() <= 1
    }

    /// Bytes of memory it holds.
    pub fn memory(&self) -> usize {
        self.texts.capacity()
            + self.entries.capacity() * size_of::<Entry>()
            + self.index.capacity() * (size_of::<u32>() + 1)
            + size_of_val(&*self.recent)
    }

    /// Whether it holds more than it may.
    pub fn is_over(&self) -> bool {
        self.entries.len() > self.limits.entries || self.used() > self.limits.bytes
    }

    // Lengths and not capacities: a vector that just doubled is not a reason to forget.
    fn used(&self) -> usize {
        self.texts.len() + self.entries.len() * (size_of::<Entry>() + 2 * size_of::<u32>())
    }

    /// Other limits from now on.
    pub fn set_limits(&mut self, limits: SymbolLimits) {
        self.limits = limits;
    }

    /// Begins a batch: no name has a number within it yet.
    pub fn begin_batch(&mut self) {
        if self.is_over() || self.stamp == u32::MAX {
            *self = Self {
                space: SymbolSpace { epoch: self.space.epoch.wrapping_add(1), ..self.space },
                ..Self::new(self.space.shard, self.limits)
            };
        }
        self.stamp += 1;
    }

    fn hash(&self, bytes: &[u8]) -> u64 {
        let mut hasher = self.hash.build_hasher();
        hasher.write(bytes);
        hasher.finish()
    }

    #[inline]
    fn is(&self, symbol: u32, bytes: &[u8]) -> bool {
        self.entries.get(symbol as usize).is_some_and(|entry| entry.is(bytes, &self.texts))
    }

    /// The symbol of a name that is known.
    #[inline]
    pub(crate) fn find(&mut self, bytes: &[u8]) -> Option<u32> {
        let place = recent_place(bytes);
        let symbol = self.recent.get(place).copied().unwrap_or(EMPTY);
        if self.is(symbol, bytes) { Some(symbol) } else { self.find_indexed(bytes, place) }
    }

    #[inline(never)]
    fn find_indexed(&mut self, bytes: &[u8], place: usize) -> Option<u32> {
        let hash = self.hash(bytes);
        let symbol = self.index.find(hash, |symbol| self.is(*symbol, bytes)).copied()?;
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = symbol;
        }
        Some(symbol)
    }

    /// The symbol of a name, known or new.
    pub(crate) fn insert(&mut self, text: &str) -> u32 {
        if let Some(symbol) = self.find(text.as_bytes()) {
            return symbol;
        }
        let symbol = self.entries.len() as u32;
        self.entries.push(Entry::new(text.as_bytes(), &mut self.texts));
        let hash = self.hash(text.as_bytes());
        let Self { index, entries, texts, hash: state, .. } = self;
        let hash_of = |symbol: &u32| {
            let mut hasher = state.build_hasher();
            if let Some(entry) = entries.get(*symbol as usize) {
                hasher.write(&entry.text(texts));
            }
            hasher.finish()
        };
        index.insert_unique(hash, symbol, hash_of);
        symbol
    }

    /// Whether a guess is right: whether a symbol is the name with these bytes.
    #[inline]
    pub(crate) fn check(&self, symbol: u32, bytes: &[u8]) -> Checked {
        let Some(entry) = self.entries.get(symbol as usize) else { return Checked::Wrong };
        if !entry.is(bytes, &self.texts) {
            return Checked::Wrong;
        }
        if entry.stamp == self.stamp { Checked::Here(entry.local) } else { Checked::Elsewhere }
    }

    /// If a guess is right and the open batch holds the name: its number there,
    /// and a guess at the name that follows it at `place`.
    #[inline(always)]
    pub(crate) fn step(&self, guess: u32, bytes: &[u8], place: Follow) -> Option<(NameId, u32)> {
        let entry = self.entries.get(guess as usize)?;
        let is_right = entry.stamp == self.stamp && entry.is(bytes, &self.texts);
        is_right.then_some((entry.local, entry.follow[place as usize]))
    }

    /// The number of a symbol within the open batch, when it has one.
    pub(crate) fn local(&self, symbol: u32) -> Option<NameId> {
        let entry = self.entries.get(symbol as usize)?;
        (entry.stamp == self.stamp).then_some(entry.local)
    }

    /// Gives a symbol a number within the open batch.
    pub(crate) fn set_local(&mut self, symbol: u32, local: NameId) {
        if let Some(entry) = self.entries.get_mut(symbol as usize) {
            entry.stamp = self.stamp;
            entry.local = local;
        }
    }

    /// Takes back a number within the open batch.
    pub(crate) fn forget_local(&mut self, symbol: u32) {
        if let Some(entry) = self.entries.get_mut(symbol as usize) {
            entry.stamp = 0;
        }
    }

    /// The name that followed `symbol` last time; the empty one when none did.
    #[inline]
    pub(crate) fn follower(&self, symbol: u32, place: Follow) -> u32 {
        self.entries.get(symbol as usize).map_or(EMPTY, |entry| entry.follow[place as usize])
    }

    /// Remembers which name followed.
    #[inline]
    pub(crate) fn set_follower(&mut self, symbol: u32, place: Follow, next: u32) {
        if let Some(entry) = self.entries.get_mut(symbol as usize) {
            entry.follow[place as usize] = next;
        }
    }
}

/// A place in `recent`, from the length and the bytes that mostly tell names
/// of a kind apart: the first, the middle and the last ones.
#[inline]
fn recent_place(bytes: &[u8]) -> usize {
    let word = |chunk: Option<&[u8; 8]>| chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let mixed = if bytes.len() < 8 {
        bytes.iter().fold(0, |mixed, byte| mixed << 8 | u64::from(*byte))
    } else {
        let middle = bytes.get(bytes.len() / 2 - 4..).and_then(<[u8]>::first_chunk);
        let outer = word(bytes.first_chunk()) ^ word(bytes.last_chunk()).rotate_left(21);
        outer ^ word(middle).rotate_left(43)
    };
    let hash = (mixed ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> (u64::BITS - RECENT.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use skytrail_model::text::NameId;

    use super::{EMPTY, SymbolLimits, SymbolTable};

    fn table(entries: usize, bytes: usize) -> SymbolTable {
        SymbolTable::new(3, SymbolLimits { entries, bytes })
    }

    #[test]
    fn names_keep_their_symbols_across_batches_and_their_numbers_within_one() {
        let mut table = table(100, 1 << 20);
        assert_eq!(table.insert(""), EMPTY);
        let shop = table.insert("shop");
        assert_eq!(table.find(b"shop"), Some(shop));
        assert_eq!(table.local(shop), None);
        table.set_local(shop, NameId(7));
        assert_eq!(table.local(shop), Some(NameId(7)));
        table.begin_batch();
        assert_eq!((table.find(b"shop"), table.local(shop)), (Some(shop), None));
    }

    #[test]
    fn names_are_told_apart_at_every_length() {
        let mut table = table(1000, 1 << 20);
        let name = |len: usize, at: usize| {
            let mut bytes = vec![b'a'; len];
            if let Some(byte) = bytes.get_mut(at) {
                *byte = b'b';
            }
            String::from_utf8(bytes).unwrap()
        };
        let mut symbols = Vec::new();
        for len in [1, 7, 8, 15, 31, 32, 33, 47, 64, 100] {
            for at in [0, len / 2, len - 1, len] {
                symbols.push((table.insert(&name(len, at)), name(len, at)));
            }
        }
        for (symbol, name) in &symbols {
            assert_eq!(table.find(name.as_bytes()), Some(*symbol), "{name}");
        }
        assert_eq!(table.find(name(64, 40).as_bytes()), None);
    }

    #[test]
    fn a_full_table_is_emptied_at_the_next_batch_and_says_so() {
        let mut table = table(10, 1 << 20);
        for number in 0..20 {
            table.insert(&format!("name {number}"));
        }
        assert!(table.is_over());
        assert_eq!(table.space().epoch, 0);
        table.begin_batch();
        assert_eq!((table.space().epoch, table.space().shard), (1, 3));
        assert!(table.is_empty() && table.find(b"name 3").is_none());
        let mut heavy = self::table(1000, 4096);
        heavy.insert(&"x".repeat(5000));
        assert!(heavy.is_over());
    }
}
