//! Dictionaries while a part is written.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_columns::Result;
use skytrail_columns::texts::TextBuf;

use super::chunk::Chunk;
use super::symbols::{SymbolCodes, UNKNOWN};
use super::{
    Endpoint, Hashed, KINDS, Key, Names, Of, Owner, Shape, Source, TextTable, ValueKind, unknown,
};
use crate::decimal::signed_decimal;

/// Distinct entries with codes.
#[derive(Debug)]
pub(crate) struct Table<T> {
    entries: Vec<T>,
    codes: HashMap<T, u32, FixedState>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), codes: HashMap::default() }
    }
}

impl<T: std::hash::Hash + Eq + Clone> Table<T> {
    pub(crate) fn code(&mut self, entry: &T) -> u32 {
        if let Some(code) = self.codes.get(entry) {
            return *code;
        }
        let code = self.entries.len() as u32;
        self.entries.push(entry.clone());
        self.codes.insert(entry.clone(), code);
        code
    }

    pub(crate) fn entry(&self, code: u32) -> Option<&T> {
        self.entries.get(code as usize)
    }

    /// Codes and entries.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(&self.entries)
    }

    fn from(&self, base: u32) -> Vec<T> {
        self.entries.get(base as usize..).unwrap_or_default().to_vec()
    }

    fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<T>() + self.codes.capacity() * (size_of::<T>() + 5)
    }
}

/// Values of a key that were given a code before it is asked whether that is worth it.
const FREE_VALUES: usize = 1_024;
/// Longer values make the whole frame text.
const LONGEST_VALUE: usize = 1_024;

/// Processes that are kept at hand.
const RECENT: usize = 256;

/// Shapes that are kept at hand.
const LIKELY: usize = 8_192;

/// Where a shape of an operation and a peer is kept at hand.
fn likely_place(operation: u32, peer: u32) -> usize {
    let both = u64::from(operation) << 32 | u64::from(peer);
    (both.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize % LIKELY
}

/// Words among so many numbers are few: the numbers stay numbers.
const FEW_WORDS: u64 = 64;

/// After so many words it is not looked for numbers any more.
const MANY_WORDS: u64 = 1_024;

/// How a text of a key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// It is the decimal form of a number.
    Decimal(i64),
    /// By a code of the key.
    Code(u32),
    /// As it is.
    Text,
}

/// How values of a key are kept.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    values: TextTable,
    /// Values that are no numbers, and values that are, whatever they are kept as.
    words: u64,
    numbers: u64,
    /// Whether any was kept as a number.
    has_decimals: bool,
    /// Values that got a code.
    seen: usize,
    as_texts: bool,
    /// Whether there may be values that are in no dictionary: a frame with values of several kinds has all of them as
    /// texts.
    has_texts: bool,
}

impl Policy {
    /// Keeps a value: as a number where nearly all are numbers; as a text when a dictionary is not worth it, because
    /// most values are new. What the values take more for it is added to `grown`.
    fn word(&mut self, value: Hashed<'_>, grown: &mut usize) -> Word {
        let are_numbers = self.words * FEW_WORDS <= self.numbers;
        let is_open = are_numbers || self.words < MANY_WORDS;
        let number = if is_open { signed_decimal(value.text) } else { None };
        match number {
            Some(number) if are_numbers => {
                self.numbers += 1;
                self.has_decimals = true;
                self.has_texts |= self.seen > 0;
                return Word::Decimal(number);
            }
            Some(_) => self.numbers += 1,
            None => self.words += 1,
        }
        self.has_texts |= self.has_decimals;
        if self.as_texts || value.text.len() > LONGEST_VALUE {
            self.has_texts = true;
            return Word::Text;
        }
        let code = self.values.code_of(value, grown);
        self.seen += 1;
        let distinct = self.values.texts().len();
        self.as_texts = distinct > FREE_VALUES && distinct * 4 > self.seen;
        Word::Code(code)
    }
}

/// Dictionaries that grow.
#[derive(Debug, Default)]
pub(crate) struct Grow {
    pub(crate) names: TextTable,
    pub(crate) processes: Table<[u8; 16]>,
    pub(crate) sources: Table<Source>,
    pub(crate) endpoints: Table<Endpoint>,
    pub(crate) keys: Table<Key>,
    pub(crate) key_lists: Table<Box<[u32]>>,
    pub(crate) shapes: Table<Shape>,
    pub(crate) resources: TextTable,
    /// By key.
    policies: Vec<Policy>,
    /// Bytes of memory of the values of all keys.
    value_bytes: usize,
    pub(crate) symbols: SymbolCodes,
    /// Keys of text of spans, by the codes of their names.
    text_keys: Vec<u32>,
    /// Processes that came last, by some of their bits.
    recent: Vec<([u8; 16], u32)>,
    /// Shapes that came last, by some bits of their operations and peers: mostly those of the next spans with these.
    likely: Vec<u32>,
    /// Keys in all lists.
    listed: usize,
    /// Keys of the row that is added.
    pub(crate) list: Vec<u32>,
    bases: [u32; KINDS],
    value_bases: Vec<u32>,
}

impl Names for Grow {
    fn name(&self, code: u32) -> Result<&[u8]> {
        self.names.texts().get(code as usize).ok_or_else(|| unknown("name", code))
    }
}

fn texts_from(table: &TextTable, base: u32) -> TextBuf {
    table.texts().iter().skip(base as usize).collect()
}

impl Grow {
    /// The code of the list of keys, which may be the one of `last`.
    pub(crate) fn listed_keys(&mut self, last: Option<u32>) -> u32 {
        let list_of = |last: &u32| self.key_lists.entry(*last);
        if let Some(last) = last.filter(|last| list_of(last).is_some_and(|of| **of == *self.list)) {
            return last;
        }
        if let Some(code) = self.key_lists.codes.get(self.list.as_slice()) {
            return *code;
        }
        self.listed += self.list.len();
        self.key_lists.code(&self.list.as_slice().into())
    }

    /// The code of a process.
    pub(crate) fn process(&mut self, process: [u8; 16]) -> u32 {
        if self.recent.is_empty() {
            self.recent = vec![([0; 16], UNKNOWN); RECENT];
        }
        let [low, .., high] = process;
        let place = usize::from(low ^ high) % RECENT;
        let Some(recent) = self.recent.get_mut(place) else { return self.processes.code(&process) };
        if recent.0 != process || recent.1 == UNKNOWN {
            *recent = (process, self.processes.code(&process));
        }
        recent.1
    }

    /// The shape, with its code, that a span with an operation and a peer had last, or another one.
    pub(crate) fn likely_shape(&self, operation: u32, peer: u32) -> Option<(u32, Shape)> {
        let code = *self.likely.get(likely_place(operation, peer))?;
        Some((code, *self.shapes.entry(code)?))
    }

    /// The code of a shape.
    pub(crate) fn shape(&mut self, shape: &Shape) -> u32 {
        let code = self.shapes.code(shape);
        self.likely.resize(LIKELY, UNKNOWN);
        if let Some(likely) = self.likely.get_mut(likely_place(shape.operation, shape.peer)) {
            *likely = code;
        }
        code
    }

    /// The code of a key, by the code of its name.
    pub(crate) fn key(&mut self, name: u32, owner: Owner, kind: ValueKind) -> u32 {
        if owner != Owner::Span || kind != ValueKind::Text {
            return self.keys.code(&Key { name, owner, kind });
        }
        let place = name as usize;
        if let Some(key) = self.text_keys.get(place).filter(|key| **key != UNKNOWN) {
            return *key;
        }
        let key = self.keys.code(&Key { name, owner, kind });
        if self.text_keys.len() <= place {
            self.text_keys.resize(place + 1, UNKNOWN);
        }
        if let Some(known) = self.text_keys.get_mut(place) {
            *known = key;
        }
        key
    }

    /// A value of a key.
    pub(crate) fn value(&self, key: u32, code: u32) -> Option<&[u8]> {
        self.policies.get(key as usize)?.values.texts().get(code as usize)
    }

    /// How a text of a key is kept.
    pub(crate) fn word(&mut self, key: u32, value: Hashed<'_>) -> Word {
        if self.policies.len() <= key as usize {
            self.policies.resize_with(key as usize + 1, Policy::default);
        }
        let Self { policies, value_bytes, .. } = self;
        policies.get_mut(key as usize).map_or(Word::Text, |policy| policy.word(value, value_bytes))
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.entry_bytes() + self.symbols.memory() + self.likely.capacity() * size_of::<u32>()
    }

    /// Bytes of memory of what becomes chunks. It never becomes less.
    pub(crate) fn entry_bytes(&self) -> usize {
        self.names.memory()
            + self.processes.memory()
            + self.sources.memory()
            + self.endpoints.memory()
            + self.keys.memory()
            + self.key_lists.memory()
            + self.shapes.memory()
            + self.resources.memory()
            + (self.listed * 2 + self.text_keys.capacity()) * size_of::<u32>()
            + self.policies.capacity() * size_of::<Policy>()
            + self.value_bytes
    }

    /// Everything, as the first chunk of all.
    pub(crate) fn whole(&mut self) -> Chunk {
        self.bases = [0; KINDS];
        self.value_bases.clear();
        self.chunk()
    }

    /// What came since the last chunk, which ends here.
    pub(crate) fn chunk(&mut self) -> Chunk {
        let chunk = self.pending();
        let counts = self.policies.iter().map(|policy| policy.values.texts().len() as u32);
        self.value_bases = counts.collect();
        self.bases = chunk.ends();
        chunk
    }

    /// What came since the last chunk.
    pub(crate) fn pending(&self) -> Chunk {
        let base = |of: Of| self.bases.get(of as usize).copied().unwrap_or(0);
        let mut chunk = Chunk {
            bases: self.bases,
            names: texts_from(&self.names, base(Of::Names)).into(),
            processes: self.processes.from(base(Of::Processes)),
            sources: self.sources.from(base(Of::Sources)),
            endpoints: self.endpoints.from(base(Of::Endpoints)),
            keys: self.keys.from(base(Of::Keys)),
            key_lists: self.key_lists.from(base(Of::KeyLists)),
            shapes: self.shapes.from(base(Of::Shapes)),
            resources: texts_from(&self.resources, base(Of::Resources)),
            value_bases: self.value_bases.clone(),
            as_texts: (0..)
                .zip(&self.policies)
                .filter(|(_, policy)| policy.has_texts)
                .map(|(key, _)| key)
                .collect(),
            ..Chunk::default()
        };
        for (key, policy) in (0_u32..).zip(&self.policies) {
            let base = self.value_bases.get(key as usize).copied().unwrap_or(0);
            if policy.values.texts().len() as u32 > base {
                chunk.values.insert(key, texts_from(&policy.values, base).into());
            }
        }
        chunk
    }
}

#[cfg(test)]
mod tests {
    use super::{Grow, Hashed, Word};

    fn word(grow: &mut Grow, value: &str) -> Word {
        grow.word(0, Hashed::new(value.as_bytes()))
    }

    #[test]
    fn numbers_are_kept_as_such_whatever_came_first() {
        for words in [&[][..], &["-"], &["", "unknown"]] {
            let mut grow = Grow::default();
            let first: Vec<_> = words.iter().map(|value| word(&mut grow, value)).collect();
            assert!(first.iter().all(|one| matches!(one, Word::Code(_))), "{first:?}");
            let numbers = (0..2_000).map(|n| word(&mut grow, &n.to_string()));
            let kept: Vec<_> = numbers.collect();
            assert_eq!(kept.last(), Some(&Word::Decimal(1_999)), "{words:?}");
            // Frames of the time in between have both, which are texts then.
            assert_eq!(grow.chunk().as_texts.is_empty(), words.is_empty(), "{words:?}");
        }
    }

    #[test]
    fn words_with_some_numbers_among_them_are_all_kept_as_such() {
        let mut grow = Grow::default();
        let values = (0..100).map(|n| if n % 10 == 3 { n.to_string() } else { "word".to_owned() });
        let kept: Vec<_> = values.map(|value| word(&mut grow, &value)).collect();
        assert!(kept.iter().all(|one| matches!(one, Word::Code(_))), "{kept:?}");
        assert!(grow.chunk().as_texts.is_empty());
    }

    #[test]
    fn bytes_of_values_are_those_of_their_tables() {
        let mut grow = Grow::default();
        for n in 0..5_000_u32 {
            let value = format!("value {}", n % 700);
            grow.word(n % 3, Hashed::new(value.as_bytes()));
        }
        let tables: usize = grow.policies.iter().map(|policy| policy.values.memory()).sum();
        assert_eq!(grow.value_bytes, tables);
    }
}
