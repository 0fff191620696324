//! Dictionaries while a part is written.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_columns::texts::TextBuf;

use super::chunk::Chunk;
use super::symbols::{SymbolCodes, UNKNOWN};
use super::{Endpoint, Hashed, KINDS, Key, Of, Owner, Shape, Source, TextTable, ValueKind};
use crate::tags::KeyHash;

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

/// How values of a key are kept.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    values: TextTable,
    seen: usize,
    as_texts: bool,
    /// Whether there are values that are in no dictionary.
    has_texts: bool,
}

impl Policy {
    /// Codes of values; none when a dictionary is not worth it, because most values are new.
    pub(crate) fn codes(&mut self, values: &[Hashed<'_>]) -> Option<Vec<i64>> {
        if self.as_texts || values.iter().any(|value| value.text.len() > LONGEST_VALUE) {
            self.has_texts = true;
            return None;
        }
        let codes = values.iter().map(|value| i64::from(self.values.code_of(*value)));
        let codes = codes.collect();
        self.seen += values.len();
        let distinct = self.values.texts().len();
        self.as_texts = distinct > FREE_VALUES && distinct * 4 > self.seen;
        Some(codes)
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
    pub(crate) policies: Vec<Policy>,
    pub(crate) symbols: SymbolCodes,
    /// Keys of text of spans, by the codes of their names.
    text_keys: Vec<u32>,
    /// Keys in all lists.
    listed: usize,
    bases: [u32; KINDS],
    value_bases: Vec<u32>,
}

fn texts_from(table: &TextTable, base: u32) -> TextBuf {
    table.texts().iter().skip(base as usize).collect()
}

impl Grow {
    /// The code of a list of keys.
    pub(crate) fn key_list(&mut self, keys: &[u32]) -> u32 {
        if let Some(code) = self.key_lists.codes.get(keys) {
            return *code;
        }
        self.listed += keys.len();
        self.key_lists.code(&keys.into())
    }

    /// The hash of the name of a key of spans, and the type of its values; none of other keys.
    pub(crate) fn span_key(&self, key: u32) -> Option<(KeyHash, ValueKind)> {
        let key = self.keys.entries.get(key as usize).filter(|key| key.owner == Owner::Span)?;
        let name = self.names.texts().get(key.name as usize)?;
        Some((KeyHash::new(name), key.kind))
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

    pub(crate) fn policy(&mut self, key: u32) -> Option<&mut Policy> {
        if self.policies.len() <= key as usize {
            self.policies.resize_with(key as usize + 1, Policy::default);
        }
        self.policies.get_mut(key as usize)
    }

    pub(crate) fn memory(&self) -> usize {
        let values: usize = self.policies.iter().map(|policy| policy.values.memory()).sum();
        let policies = self.policies.capacity() * size_of::<Policy>();
        self.names.memory()
            + self.processes.memory()
            + self.sources.memory()
            + self.endpoints.memory()
            + self.keys.memory()
            + self.key_lists.memory()
            + self.shapes.memory()
            + self.resources.memory()
            + self.symbols.memory()
            + (self.listed * 2 + self.text_keys.capacity()) * size_of::<u32>()
            + policies
            + values
    }

    /// Everything, as the first chunk of all.
    pub(crate) fn whole(&mut self) -> Chunk {
        self.bases = [0; KINDS];
        self.value_bases.clear();
        self.chunk()
    }

    /// What came since the last chunk.
    pub(crate) fn chunk(&mut self) -> Chunk {
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
        self.value_bases.resize(self.policies.len(), 0);
        for ((key, policy), base) in (0..).zip(&self.policies).zip(&mut self.value_bases) {
            let count = policy.values.texts().len() as u32;
            if count > *base {
                chunk.values.insert(key, texts_from(&policy.values, *base).into());
                *base = count;
            }
        }
        self.bases = chunk.ends();
        chunk
    }
}
