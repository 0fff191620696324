//! What the blocks of a part share: names, and codes for what belongs together.
//!
//! Dictionaries grow with every block, by a chunk. A block is read with all chunks up to its own.

mod chunk;
mod grow;
mod of_part;
mod symbols;
mod table;

use std::sync::Arc;

pub(crate) use chunk::{Chunk, decode, encode};
pub(crate) use grow::{Grow, Word};
pub(crate) use of_part::PartDictionary;
use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;
pub(crate) use symbols::UNKNOWN;
pub(crate) use table::Hashed;
use table::TextTable;

/// Who sent a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Source {
    pub(crate) service: EntityId,
    pub(crate) instance: EntityId,
    pub(crate) service_name: u32,
    pub(crate) instance_name: u32,
    /// The process of the ids of its segments, from 1; 0 where they have none.
    pub(crate) process: u32,
}

/// What names a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint {
    pub(crate) id: EntityId,
    pub(crate) name: u32,
}

/// A key of attributes, with the type of its values and what has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) name: u32,
    pub(crate) owner: Owner,
    pub(crate) kind: ValueKind,
}

/// What has attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Owner {
    Span = 0,
    Link = 1,
    Event = 2,
}

impl Owner {
    pub(crate) fn of(number: i64) -> Option<Self> {
        [Self::Span, Self::Link, Self::Event].into_iter().find(|owner| *owner as i64 == number)
    }
}

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum ValueKind {
    Text = 0,
    Bool = 1,
    Int = 2,
    Float = 3,
    Bytes = 4,
    Json = 5,
}

impl ValueKind {
    pub(crate) fn of(number: i64) -> Option<Self> {
        let kinds = [Self::Text, Self::Bool, Self::Int, Self::Float, Self::Bytes, Self::Json];
        kinds.into_iter().find(|kind| *kind as i64 == number)
    }
}

/// What is constant about a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) operation: u32,
    pub(crate) peer: u32,
    /// Kind in bits 0 to 3, layer in 4 to 7, whether the analysis skips it in 8.
    pub(crate) flavour: u32,
    pub(crate) component: i32,
    pub(crate) keys: u32,
}

/// Kinds of entries, as places in [`Chunk::bases`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    Names,
    Processes,
    Sources,
    Endpoints,
    Keys,
    KeyLists,
    Shapes,
    Resources,
}

/// Kinds of entries.
pub(crate) const KINDS: usize = 8;

/// Names by their codes.
pub(crate) trait Names {
    /// The name with a code.
    fn name(&self, code: u32) -> Result<&[u8]>;
}

impl Names for Dictionary {
    fn name(&self, code: u32) -> Result<&[u8]> {
        Self::name(self, code)
    }
}

/// Dictionaries that are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dictionary {
    chunks: Arc<[Arc<Chunk>]>,
}

fn unknown(what: &str, code: u32) -> Error {
    Error::corrupt(format!("dictionary: no {what} has the code {code}"))
}

impl Dictionary {
    pub(crate) fn new(chunks: Arc<[Arc<Chunk>]>) -> Self {
        Self { chunks }
    }

    pub(crate) fn chunks(&self) -> &[Arc<Chunk>] {
        &self.chunks
    }

    /// Whether both come from one writer, so that the one with more chunks serves for both.
    pub(crate) fn is_of_same(&self, other: &Self) -> bool {
        match (self.chunks.first(), other.chunks.first()) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.memory()).sum()
    }

    /// The chunk with a code, and its place there.
    fn find(&self, of: Of, code: u32) -> Option<(&Chunk, usize)> {
        let behind = self.chunks.partition_point(|chunk| chunk.base(of) <= code);
        let chunk = self.chunks.get(behind.checked_sub(1)?)?;
        Some((chunk, (code - chunk.base(of)) as usize))
    }

    pub(crate) fn name(&self, code: u32) -> Result<&[u8]> {
        let found =
            self.find(Of::Names, code).and_then(|(chunk, place)| chunk.names.texts().get(place));
        found.ok_or_else(|| unknown("name", code))
    }

    pub(crate) fn process(&self, code: u32) -> Result<&[u8; 16]> {
        let found =
            self.find(Of::Processes, code).and_then(|(chunk, place)| chunk.processes.get(place));
        found.ok_or_else(|| unknown("process", code))
    }

    pub(crate) fn source(&self, code: u32) -> Result<&Source> {
        let found =
            self.find(Of::Sources, code).and_then(|(chunk, place)| chunk.sources.get(place));
        found.ok_or_else(|| unknown("source", code))
    }

    pub(crate) fn endpoint(&self, code: u32) -> Result<&Endpoint> {
        let found =
            self.find(Of::Endpoints, code).and_then(|(chunk, place)| chunk.endpoints.get(place));
        found.ok_or_else(|| unknown("endpoint", code))
    }

    pub(crate) fn key(&self, code: u32) -> Result<&Key> {
        let found = self.find(Of::Keys, code).and_then(|(chunk, place)| chunk.keys.get(place));
        found.ok_or_else(|| unknown("key", code))
    }

    pub(crate) fn key_list(&self, code: u32) -> Result<&[u32]> {
        let found =
            self.find(Of::KeyLists, code).and_then(|(chunk, place)| chunk.key_lists.get(place));
        found.map(AsRef::as_ref).ok_or_else(|| unknown("list of keys", code))
    }

    pub(crate) fn shape(&self, code: u32) -> Result<&Shape> {
        let found = self.find(Of::Shapes, code).and_then(|(chunk, place)| chunk.shapes.get(place));
        found.ok_or_else(|| unknown("shape", code))
    }

    pub(crate) fn resource(&self, code: u32) -> Result<&[u8]> {
        let found =
            self.find(Of::Resources, code).and_then(|(chunk, place)| chunk.resources.get(place));
        found.ok_or_else(|| unknown("resource", code))
    }

    /// A value of a key.
    pub(crate) fn value(&self, key: u32, code: u32) -> Result<&[u8]> {
        let found = || {
            let behind = self.chunks.partition_point(|chunk| chunk.value_base(key) <= code);
            let chunk = self.chunks.get(behind.checked_sub(1)?)?;
            chunk.values.get(&key)?.texts().get((code - chunk.value_base(key)) as usize)
        };
        found().ok_or_else(|| unknown("value", code))
    }

    /// The code of a name.
    pub(crate) fn code_of_name(&self, name: &[u8]) -> Option<u32> {
        self.chunks.iter().find_map(|chunk| Some(chunk.base(Of::Names) + chunk.names.code(name)?))
    }

    /// The code of a value of a key.
    pub(crate) fn code_of_value(&self, key: u32, value: &[u8]) -> Option<u32> {
        self.chunks
            .iter()
            .find_map(|chunk| Some(chunk.value_base(key) + chunk.values.get(&key)?.code(value)?))
    }

    /// Whether a key may have values that are in no dictionary.
    pub(crate) fn has_texts(&self, key: u32) -> bool {
        self.chunks.iter().any(|chunk| chunk.as_texts.binary_search(&key).is_ok())
    }

    /// Codes and entries of all keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (u32, &Key)> {
        self.chunks.iter().flat_map(|chunk| (chunk.base(Of::Keys)..).zip(&chunk.keys))
    }

    /// Codes and entries of all sources.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (u32, &Source)> {
        self.chunks.iter().flat_map(|chunk| (chunk.base(Of::Sources)..).zip(&chunk.sources))
    }

    /// Codes of the endpoints with an id.
    pub(crate) fn codes_of_endpoint(&self, id: EntityId) -> Vec<u32> {
        let of = |chunk: &Arc<Chunk>| {
            let base = chunk.base(Of::Endpoints);
            chunk.endpoints_of(id).into_iter().map(move |place| base + place)
        };
        self.chunks.iter().flat_map(of).collect()
    }
}
