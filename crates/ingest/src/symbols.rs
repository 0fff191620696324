//! The table of names of one shard. It outlives batches, so that a name is
//! hashed into it and checked as UTF-8 only when it is new to the shard.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use skytrail_model::text::{NameId, SymbolSpace};

/// Seed of the table's hash. It is fixed, so that a recorded run can be
/// repeated; what an attacker gains by choosing names that collide is bounded
/// by the limit of the table.
const SEED: u64 = 0x5eed_0f5c_a1ab_1e55;

/// The number of the empty name.
pub const EMPTY: u32 = 0;

/// Guesses that an entry keeps about which name follows it.
const SLOTS: usize = 4;

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
    /// The address a parent used, after its service.
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

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    len: u32,
    // The batch that `local` belongs to.
    stamp: u32,
    local: NameId,
    follow: [u32; SLOTS],
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

    fn is(&self, symbol: u32, bytes: &[u8]) -> bool {
        let Some(entry) = self.entries.get(symbol as usize) else { return false };
        entry.len as usize == bytes.len() && is_same(self.text_of(*entry), bytes)
    }

    #[inline]
    fn text_of(&self, entry: Entry) -> &[u8] {
        let start = entry.start as usize;
        self.texts.get(start..start + entry.len as usize).unwrap_or_default()
    }

    /// The symbol of a name that is known.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<u32> {
        self.index.find(self.hash(bytes), |symbol| self.is(*symbol, bytes)).copied()
    }

    /// The symbol of a name, known or new.
    pub(crate) fn insert(&mut self, text: &str) -> u32 {
        if let Some(symbol) = self.find(text.as_bytes()) {
            return symbol;
        }
        let symbol = self.entries.len() as u32;
        let (start, len) = (self.texts.len() as u32, text.len() as u32);
        self.texts.extend_from_slice(text.as_bytes());
        self.entries.push(Entry { start, len, stamp: 0, local: NameId(0), follow: [EMPTY; SLOTS] });
        let hash = self.hash(text.as_bytes());
        let Self { index, entries, texts, hash: state, .. } = self;
        let hash_of = |symbol: &u32| {
            let mut hasher = state.build_hasher();
            if let Some(entry) = entries.get(*symbol as usize) {
                let start = entry.start as usize;
                hasher.write(texts.get(start..start + entry.len as usize).unwrap_or_default());
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
        if entry.len as usize != bytes.len() || !is_same(self.text_of(*entry), bytes) {
            return Checked::Wrong;
        }
        if entry.stamp == self.stamp { Checked::Here(entry.local) } else { Checked::Elsewhere }
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

/// Equality of slices of one length; most names are short, and for them two
/// overlapping words are cheaper than a call.
#[inline]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    match (a.first_chunk::<8>(), b.first_chunk::<8>(), a.last_chunk::<8>(), b.last_chunk::<8>()) {
        (Some(first), Some(other), Some(last), Some(other_last)) => {
            first == other && last == other_last && (a.len() <= 16 || a == b)
        }
        _ => match (
            a.first_chunk::<4>(),
            b.first_chunk::<4>(),
            a.last_chunk::<4>(),
            b.last_chunk::<4>(),
        ) {
            (Some(first), Some(other), Some(last), Some(other_last)) => {
                first == other && last == other_last
            }
            _ => a == b,
        },
    }
}

#[cfg(test)]
mod tests {
    use skytrail_model::text::NameId;

    use super::{EMPTY, SymbolLimits, SymbolTable, is_same};

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

    #[test]
    fn equality_looks_at_every_byte() {
        for len in 0..40 {
            let a: Vec<u8> = (0..len).collect();
            assert!(is_same(&a, &a.clone()));
            for at in 0..a.len() {
                let mut b = a.clone();
                b[at] ^= 0x80;
                assert!(!is_same(&a, &b), "{len} {at}");
            }
        }
    }
}
