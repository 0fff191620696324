//! The table of names of one shard. It outlives batches, so that a name is
//! hashed into it and checked as UTF-8 only when it is new to the shard.

mod entry;

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use skytrail_model::text::{NameId, SymbolSpace};

pub use self::entry::EMPTY;
use self::entry::Entry;
pub(crate) use self::entry::{HEAD, Head};

/// Places for symbols that were looked up; a power of two.
const RECENT: usize = 8192;

/// How much a table may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolLimits {
    /// Names.
    pub entries: usize,
    /// Bytes of memory, the names' texts and the index included.
    pub bytes: usize,
}

/// A guess that was right.
pub(crate) struct Guessed {
    /// Its number within the open batch.
    pub(crate) local: NameId,
    /// Guesses at the key that follows.
    pub(crate) next: [u32; 2],
}

/// Names of a table while none is added.
#[derive(Clone, Copy)]
pub(crate) struct Known<'t> {
    entries: &'t [Entry],
    stamp: u32,
}

impl Known<'_> {
    /// Which of two guesses is the attribute key of `len` bytes that a window
    /// begins with and that the open batch holds: the key with its number there.
    /// A key that does not fit into a window is never guessed.
    #[inline(always)]
    pub(crate) fn guess(
        self,
        guesses: [u32; 2],
        window: &[u8; HEAD],
        len: usize,
    ) -> Option<Guessed> {
        for symbol in guesses {
            let entry = self.entries.get(symbol as usize)?;
            if entry.stamp == self.stamp && entry.begins(window, len) {
                return Some(Guessed { local: entry.local, next: entry.next_keys });
            }
        }
        None
    }
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
    // Seeded anew for each table: names that collide cannot be made up from outside. No number
    // depends on it.
    hash: RandomState,
    // Symbols by a cheap hash that looks at a few bytes: a guess, never an answer.
    recent: Box<[u32; RECENT]>,
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
            hash: RandomState::default(),
            recent: Box::new([EMPTY; RECENT]),
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

    /// A name that was looked up lately, by its bytes and their head: its symbol,
    /// and its number within the open batch, which is `next` if it had none.
    #[inline(always)]
    pub(crate) fn number_recent(
        &mut self,
        head: &Head,
        bytes: &[u8],
        next: NameId,
    ) -> Option<(u32, NameId)> {
        let symbol = self.recent.get(recent_place(head, bytes)).copied()?;
        let entry = self.entries.get_mut(symbol as usize)?;
        if !entry.is(head, bytes, &self.texts) {
            return None;
        }
        if entry.stamp != self.stamp {
            entry.stamp = self.stamp;
            entry.local = next;
        }
        Some((symbol, entry.local))
    }

    /// A name that is known, by its bytes and their head: its symbol, and its
    /// number within the open batch when it has one.
    pub(crate) fn find(&mut self, head: &Head, bytes: &[u8]) -> Option<(u32, Option<NameId>)> {
        let place = recent_place(head, bytes);
        let symbol = self.recent.get(place).copied().unwrap_or(EMPTY);
        match self.entries.get(symbol as usize) {
            Some(entry) if entry.is(head, bytes, &self.texts) => {
                Some((symbol, (entry.stamp == self.stamp).then_some(entry.local)))
            }
            _ => self.find_indexed(head, bytes, place),
        }
    }

    #[inline(never)]
    fn find_indexed(
        &mut self,
        head: &Head,
        bytes: &[u8],
        place: usize,
    ) -> Option<(u32, Option<NameId>)> {
        let is = |symbol: &u32| {
            let entry = self.entries.get(*symbol as usize);
            entry.is_some_and(|entry| entry.is(head, bytes, &self.texts))
        };
        let symbol = self.index.find(self.hash(bytes), is).copied()?;
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = symbol;
        }
        Some((symbol, self.local(symbol)))
    }

    /// The symbol of a name, known or new.
    pub(crate) fn insert(&mut self, text: &str) -> u32 {
        if let Some((symbol, _)) = self.find(&Head::of(text.as_bytes()), text.as_bytes()) {
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

    /// What guesses are asked of.
    #[inline(always)]
    pub(crate) fn known(&self) -> Known<'_> {
        Known { entries: &self.entries, stamp: self.stamp }
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

    /// The two attribute keys that followed a name last; empty names when none
    /// did.
    #[inline]
    pub(crate) fn next_keys(&self, symbol: u32) -> [u32; 2] {
        self.entries.get(symbol as usize).map_or([EMPTY; 2], |entry| entry.next_keys)
    }

    /// Remembers which attribute key followed a name.
    #[inline]
    pub(crate) fn note_next_key(&mut self, symbol: u32, key: u32) {
        if let Some(entry) = self.entries.get_mut(symbol as usize)
            && !entry.next_keys.contains(&key)
        {
            let [last, _] = entry.next_keys;
            entry.next_keys = [key, last];
        }
    }
}

/// A place in `recent`, from the length, the head and the last bytes.
#[inline(always)]
fn recent_place(head: &Head, bytes: &[u8]) -> usize {
    let mut hash = head.mixed(bytes.len());
    if bytes.len() > HEAD
        && let Some(last) = bytes.last_chunk()
    {
        hash ^= u64::from_le_bytes(*last).wrapping_mul(0xd1b5_4a32_d192_ed03);
    }
    (hash >> (u64::BITS - RECENT.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use skytrail_model::text::NameId;

    use super::{EMPTY, Head, SymbolLimits, SymbolTable};

    fn find(table: &mut SymbolTable, name: &str) -> Option<u32> {
        table.find(&Head::of(name.as_bytes()), name.as_bytes()).map(|(symbol, _)| symbol)
    }

    fn table(entries: usize, bytes: usize) -> SymbolTable {
        SymbolTable::new(3, SymbolLimits { entries, bytes })
    }

    #[test]
    fn names_keep_their_symbols_across_batches_and_their_numbers_within_one() {
        let mut table = table(100, 1 << 20);
        assert_eq!(table.insert(""), EMPTY);
        let shop = table.insert("shop");
        assert_eq!(find(&mut table, "shop"), Some(shop));
        assert_eq!(table.local(shop), None);
        table.set_local(shop, NameId(7));
        assert_eq!(table.local(shop), Some(NameId(7)));
        table.begin_batch();
        assert_eq!((find(&mut table, "shop"), table.local(shop)), (Some(shop), None));
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
            assert_eq!(find(&mut table, name), Some(*symbol), "{name}");
        }
        assert_eq!(find(&mut table, &name(64, 40)), None);
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
        assert!(table.is_empty() && find(&mut table, "name 3").is_none());
        let mut heavy = self::table(1000, 4096);
        heavy.insert(&"x".repeat(5000));
        assert!(heavy.is_over());
    }
}
