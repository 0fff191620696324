//! Entries that came with a block.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use skytrail_columns::frame::Seed;
use skytrail_columns::group::{Access, Group, GroupWriter};
use skytrail_columns::texts::TextBuf;
use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;

use super::table::Texts;
use super::{Endpoint, KINDS, Key, Of, Owner, Shape, Source, ValueKind};
use crate::layout::{MOST_BYTES, MOST_ROWS};

const SEED: Seed = Seed::new(*b"DICT", 0);

const NAMES: u32 = 0;
const PROCESSES: u32 = 1;
const SOURCE_SERVICE: u32 = 2;
const SOURCE_INSTANCE: u32 = 3;
const SOURCE_NAME: u32 = 4;
const SOURCE_INSTANCE_NAME: u32 = 5;
const SOURCE_PROCESS: u32 = 6;
const ENDPOINT: u32 = 7;
const ENDPOINT_NAME: u32 = 8;
const KEY_NAME: u32 = 9;
const KEY_OWNER: u32 = 10;
const KEY_KIND: u32 = 11;
const LIST_LENGTH: u32 = 12;
const LIST_KEY: u32 = 13;
const SHAPE_OPERATION: u32 = 14;
const SHAPE_PEER: u32 = 15;
const SHAPE_FLAVOUR: u32 = 16;
const SHAPE_COMPONENT: u32 = 17;
const SHAPE_KEYS: u32 = 18;
const RESOURCES: u32 = 19;
const VALUE_KEY: u32 = 20;
const VALUE_COUNT: u32 = 21;
const VALUES: u32 = 22;
const AS_TEXTS: u32 = 23;

/// Entries that came with a block, or with several.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// Entries in the chunks before, of each kind.
    pub(super) bases: [u32; KINDS],
    pub(super) names: Texts,
    pub(super) processes: Vec<[u8; 16]>,
    pub(super) sources: Vec<Source>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) keys: Vec<Key>,
    pub(super) key_lists: Vec<Box<[u32]>>,
    pub(super) shapes: Vec<Shape>,
    pub(super) resources: TextBuf,
    /// Values in the chunks before, by key; none of those that were not known then.
    pub(super) value_bases: Vec<u32>,
    /// By key.
    pub(super) values: BTreeMap<u32, Texts>,
    /// Keys that have values that are in no dictionary, ascending.
    pub(super) as_texts: Vec<u32>,
    pub(super) by_endpoint: OnceLock<Vec<(EntityId, u32)>>,
}

impl Chunk {
    pub(super) fn base(&self, of: Of) -> u32 {
        self.bases.get(of as usize).copied().unwrap_or(0)
    }

    pub(super) fn value_base(&self, key: u32) -> u32 {
        self.value_bases.get(key as usize).copied().unwrap_or(0)
    }

    /// Entries up to the end of this chunk, of each kind.
    pub(super) fn ends(&self) -> [u32; KINDS] {
        let counts = [
            self.names.texts().len(),
            self.processes.len(),
            self.sources.len(),
            self.endpoints.len(),
            self.keys.len(),
            self.key_lists.len(),
            self.shapes.len(),
            self.resources.len(),
        ];
        let mut ends = self.bases;
        ends.iter_mut().zip(counts).for_each(|(end, count)| *end += count as u32);
        ends
    }

    /// Places of the endpoints with an id.
    pub(super) fn endpoints_of(&self, id: EntityId) -> Vec<u32> {
        let by_endpoint = self.by_endpoint.get_or_init(|| {
            let places =
                self.endpoints.iter().zip(0..).map(|(endpoint, place)| (endpoint.id, place));
            let mut by_endpoint: Vec<_> = places.collect();
            by_endpoint.sort_unstable();
            by_endpoint
        });
        let first = by_endpoint.partition_point(|entry| entry.0 < id);
        let same = by_endpoint.iter().skip(first).take_while(|entry| entry.0 == id);
        same.map(|entry| entry.1).collect()
    }

    /// Whether another one begins with all of it, so that what was written with this one is read with that one.
    /// Both are the first of theirs.
    pub(crate) fn is_begin_of(&self, other: &Self) -> bool {
        let has_values = |(key, values): (&u32, &Texts)| {
            other.values.get(key).is_some_and(|of| of.texts().starts_with(values.texts()))
        };
        let has_text = |key: &u32| other.as_texts.binary_search(key).is_ok();
        other.names.texts().starts_with(self.names.texts())
            && other.resources.starts_with(&self.resources)
            && other.processes.starts_with(&self.processes)
            && other.sources.starts_with(&self.sources)
            && other.endpoints.starts_with(&self.endpoints)
            && other.keys.starts_with(&self.keys)
            && other.key_lists.starts_with(&self.key_lists)
            && other.shapes.starts_with(&self.shapes)
            && self.values.iter().all(has_values)
            && self.as_texts.iter().all(has_text)
    }

    pub(crate) fn memory(&self) -> usize {
        let lists: usize = self.key_lists.iter().map(|list| list.len() * 4 + 16).sum();
        let values: usize = self.values.values().map(|texts| texts.memory() + 64).sum();
        size_of::<Self>()
            + self.names.memory()
            + self.processes.capacity() * 16
            + self.sources.capacity() * size_of::<Source>()
            + self.endpoints.capacity() * size_of::<Endpoint>()
            + self.keys.capacity() * size_of::<Key>()
            + lists
            + self.shapes.capacity() * size_of::<Shape>()
            + self.resources.memory()
            + self.value_bases.capacity() * 4
            + values
            + self.as_texts.capacity() * 4
            + self
                .by_endpoint
                .get()
                .map_or(0, |list| list.capacity() * size_of::<(EntityId, u32)>())
    }
}

fn all<T>(chunks: &[Arc<Chunk>], of: impl Fn(&Chunk) -> Vec<T>) -> impl Iterator<Item = T> {
    chunks.iter().flat_map(move |chunk| of(chunk))
}

/// A column, and what it has of an entry.
type Field<T, N> = (u32, fn(&T) -> N);

struct Encoder<'a> {
    chunks: &'a [Arc<Chunk>],
    group: &'a mut GroupWriter,
}

impl Encoder<'_> {
    fn numbers(&mut self, id: u32, of: impl Fn(&Chunk) -> Vec<i64>) {
        let numbers: Vec<i64> = all(self.chunks, of).collect();
        self.group.ints(id, &numbers, Access::All);
    }

    fn ids(&mut self, id: u32, of: impl Fn(&Chunk) -> Vec<EntityId>) {
        let ids: Vec<[u8; 16]> = all(self.chunks, of).map(|id| id.0.to_le_bytes()).collect();
        self.group.blobs(id, &ids);
    }

    fn sources(&mut self) {
        self.ids(SOURCE_SERVICE, |chunk| {
            chunk.sources.iter().map(|source| source.service).collect()
        });
        self.ids(SOURCE_INSTANCE, |chunk| {
            chunk.sources.iter().map(|source| source.instance).collect()
        });
        let fields: [Field<Source, u32>; 3] = [
            (SOURCE_NAME, |source| source.service_name),
            (SOURCE_INSTANCE_NAME, |source| source.instance_name),
            (SOURCE_PROCESS, |source| source.process),
        ];
        for (id, field) in fields {
            self.numbers(id, |chunk| {
                chunk.sources.iter().map(|source| i64::from(field(source))).collect()
            });
        }
        self.ids(ENDPOINT, |chunk| chunk.endpoints.iter().map(|endpoint| endpoint.id).collect());
        self.numbers(ENDPOINT_NAME, |chunk| {
            chunk.endpoints.iter().map(|endpoint| endpoint.name.into()).collect()
        });
    }

    fn shapes(&mut self) {
        self.numbers(KEY_NAME, |chunk| chunk.keys.iter().map(|key| key.name.into()).collect());
        self.numbers(KEY_OWNER, |chunk| chunk.keys.iter().map(|key| key.owner as i64).collect());
        self.numbers(KEY_KIND, |chunk| chunk.keys.iter().map(|key| key.kind as i64).collect());
        self.numbers(LIST_LENGTH, |chunk| {
            chunk.key_lists.iter().map(|list| list.len() as i64).collect()
        });
        self.numbers(LIST_KEY, |chunk| {
            chunk.key_lists.iter().flatten().map(|key| i64::from(*key)).collect()
        });
        let fields: [Field<Shape, i64>; 5] = [
            (SHAPE_OPERATION, |shape| shape.operation.into()),
            (SHAPE_PEER, |shape| shape.peer.into()),
            (SHAPE_FLAVOUR, |shape| shape.flavour.into()),
            (SHAPE_COMPONENT, |shape| shape.component.into()),
            (SHAPE_KEYS, |shape| shape.keys.into()),
        ];
        for (id, field) in fields {
            self.numbers(id, |chunk| chunk.shapes.iter().map(field).collect());
        }
    }

    /// Values of a key stand together, whatever chunks they came with.
    fn values(&mut self) {
        let mut by_key: BTreeMap<u32, Vec<&TextBuf>> = BTreeMap::new();
        for (key, texts) in self.chunks.iter().flat_map(|chunk| &chunk.values) {
            by_key.entry(*key).or_default().push(texts.texts());
        }
        let keys: Vec<_> = by_key.keys().map(|key| i64::from(*key)).collect();
        let count = |texts: &Vec<&TextBuf>| texts.iter().map(|texts| texts.len() as i64).sum();
        let counts: Vec<_> = by_key.values().map(count).collect();
        self.group.ints(VALUE_KEY, &keys, Access::All);
        self.group.ints(VALUE_COUNT, &counts, Access::All);
        self.group.texts(VALUES, by_key.values().flatten().flat_map(|texts| texts.iter()));
        let as_texts: BTreeSet<_> = all(self.chunks, |chunk| chunk.as_texts.clone()).collect();
        let as_texts: Vec<_> = as_texts.into_iter().map(i64::from).collect();
        self.group.ints(AS_TEXTS, &as_texts, Access::All);
    }
}

/// Appends the frame of some chunks, which follow one another, as one; gives its checksum.
///
/// # Errors
/// `Limit` when it is more than a reader takes.
pub(crate) fn encode(
    chunks: &[Arc<Chunk>],
    group: &mut GroupWriter,
    out: &mut Vec<u8>,
) -> Result<u64> {
    group.texts(NAMES, chunks.iter().flat_map(|chunk| chunk.names.texts().iter()));
    let processes: Vec<_> =
        chunks.iter().flat_map(|chunk| chunk.processes.iter().copied()).collect();
    group.blobs(PROCESSES, &processes);
    let mut encoder = Encoder { chunks, group };
    encoder.sources();
    encoder.shapes();
    encoder.group.texts(RESOURCES, chunks.iter().flat_map(|chunk| chunk.resources.iter()));
    encoder.values();
    if group.len() > MOST_BYTES || group.most_rows() > MOST_ROWS {
        let (bytes, rows) = (group.len(), group.most_rows());
        return Err(Error::limit(format!(
            "dictionary of a part: {bytes} bytes and columns of {rows} rows, of at most {MOST_BYTES} and {MOST_ROWS}"
        )));
    }
    Ok(group.finish(SEED, out))
}

struct Decoder {
    group: Group,
}

impl Decoder {
    fn wrong(problem: &str) -> Error {
        Error::corrupt(format!("dictionary: {problem}"))
    }

    fn numbers(&self, id: u32, rows: usize) -> Result<Vec<u32>> {
        let ints = self.group.ints_of(id, rows)?;
        ints.iter()
            .map(|number| u32::try_from(number).map_err(|_| Self::wrong("a code that cannot be")))
            .collect()
    }

    fn rows(&self, id: u32) -> usize {
        self.group.rows(id).unwrap_or(0)
    }

    fn ids(&self, id: u32, rows: usize) -> Result<Vec<EntityId>> {
        let ids = self.group.blobs::<16>(id)?.unwrap_or_default();
        if ids.len() != rows {
            return Err(Self::wrong("ids that are missing"));
        }
        Ok(ids.iter().map(|id| EntityId(u128::from_le_bytes(*id))).collect())
    }

    fn sources(&self) -> Result<Vec<Source>> {
        let rows = self.rows(SOURCE_NAME);
        let (services, instances) =
            (self.ids(SOURCE_SERVICE, rows)?, self.ids(SOURCE_INSTANCE, rows)?);
        let service_names = self.numbers(SOURCE_NAME, rows)?;
        let instance_names = self.numbers(SOURCE_INSTANCE_NAME, rows)?;
        let processes = self.numbers(SOURCE_PROCESS, rows)?;
        let ids = services.into_iter().zip(instances);
        let codes = service_names.into_iter().zip(instance_names).zip(processes);
        let source = |((service, instance), ((service_name, instance_name), process))| Source {
            service,
            instance,
            service_name,
            instance_name,
            process,
        };
        Ok(ids.zip(codes).map(source).collect())
    }

    fn endpoints(&self) -> Result<Vec<Endpoint>> {
        let rows = self.rows(ENDPOINT_NAME);
        let ids = self.ids(ENDPOINT, rows)?.into_iter().zip(self.numbers(ENDPOINT_NAME, rows)?);
        Ok(ids.map(|(id, name)| Endpoint { id, name }).collect())
    }

    fn keys(&self) -> Result<Vec<Key>> {
        let rows = self.rows(KEY_NAME);
        let (owners, kinds) = (self.numbers(KEY_OWNER, rows)?, self.numbers(KEY_KIND, rows)?);
        let keys = self.numbers(KEY_NAME, rows)?.into_iter().zip(owners).zip(kinds);
        let key = |((name, owner), kind): ((u32, u32), u32)| {
            Some(Key { name, owner: Owner::of(owner.into())?, kind: ValueKind::of(kind.into())? })
        };
        keys.map(key).collect::<Option<_>>().ok_or_else(|| Self::wrong("a key that cannot be"))
    }

    fn key_lists(&self) -> Result<Vec<Box<[u32]>>> {
        let keys = self.numbers(LIST_KEY, self.rows(LIST_KEY))?;
        let mut rest = keys.as_slice();
        let lengths = self.numbers(LIST_LENGTH, self.rows(LIST_LENGTH))?;
        let lists = lengths.into_iter().map(|length| {
            let (list, behind) = rest.split_at_checked(length as usize)?;
            rest = behind;
            Some(list.into())
        });
        let lists = lists.collect::<Option<_>>();
        lists.ok_or_else(|| Self::wrong("lists of keys that are too long"))
    }

    fn shapes(&self) -> Result<Vec<Shape>> {
        let rows = self.rows(SHAPE_OPERATION);
        let (operations, peers) =
            (self.numbers(SHAPE_OPERATION, rows)?, self.numbers(SHAPE_PEER, rows)?);
        let (flavours, keys) =
            (self.numbers(SHAPE_FLAVOUR, rows)?, self.numbers(SHAPE_KEYS, rows)?);
        let components = self.group.ints_of(SHAPE_COMPONENT, rows)?;
        let codes =
            operations.into_iter().zip(peers).zip(flavours).zip(keys).zip(components.iter());
        let shape = |((((operation, peer), flavour), keys), component)| Shape {
            operation,
            peer,
            flavour,
            component: component as i32,
            keys,
        };
        Ok(codes.map(shape).collect())
    }

    fn values(&self) -> Result<BTreeMap<u32, Texts>> {
        let rows = self.rows(VALUE_KEY);
        let counts = self.numbers(VALUE_COUNT, rows)?;
        let texts = self.group.texts_of(VALUES, self.rows(VALUES))?;
        let mut values = BTreeMap::new();
        let mut next = 0;
        for (key, count) in self.numbers(VALUE_KEY, rows)?.into_iter().zip(counts) {
            let end = next + count as usize;
            let of_key = texts.some_to_buf(next..end);
            let of_key = of_key.ok_or_else(|| Self::wrong("values that are missing"))?;
            values.insert(key, of_key.into());
            next = end;
        }
        Ok(values)
    }
}

/// Reads the dictionary that a checksum is known of.
pub(crate) fn decode(bytes: &Bytes, checksum: u64) -> Result<Chunk> {
    let group = Group::open("dictionary", SEED, bytes, MOST_ROWS, MOST_BYTES)?;
    if group.checksum() != checksum {
        return Err(Decoder::wrong("not that of this part"));
    }
    let decoder = Decoder { group };
    let group = &decoder.group;
    Ok(Chunk {
        names: group.texts_of(NAMES, decoder.rows(NAMES))?.to_buf().into(),
        processes: group.blobs::<16>(PROCESSES)?.unwrap_or_default().to_vec(),
        sources: decoder.sources()?,
        endpoints: decoder.endpoints()?,
        keys: decoder.keys()?,
        key_lists: decoder.key_lists()?,
        shapes: decoder.shapes()?,
        resources: group.texts_of(RESOURCES, decoder.rows(RESOURCES))?.to_buf(),
        values: decoder.values()?,
        as_texts: decoder.numbers(AS_TEXTS, decoder.rows(AS_TEXTS))?,
        ..Chunk::default()
    })
}
