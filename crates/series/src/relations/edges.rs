//! The dictionary of edges of a part: sorted, in pages. A code is the place of an edge. What the
//! ends are stands in the dictionary of ids.

use bytes::Bytes;
use skytrail_columns::read::Reader;
use skytrail_columns::write::put_varint;
use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;
use skytrail_storage::Edge;

use crate::container::{PartReader, PartWriter, Place};
use crate::ids::{Ids, OpenPage};
use crate::ints::{self, Ints};

const PAGE: [u8; 4] = *b"EDGE";
/// Edges of a full page.
pub(super) const PAGE_EDGES: u32 = 1_024;
const ID: usize = size_of::<u128>();
const WHAT: &str = "page of edges";

/// An edge whose ends are codes of ids. Sorts as the edge does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CodedEdge {
    pub(super) scope: u8,
    pub(super) relation: u128,
    /// Source, dest and their services.
    pub(super) ends: [u32; 4],
    pub(super) side: u8,
    pub(super) component: i32,
}

/// What pages are found by.
type PageKey = (u8, u128);

impl CodedEdge {
    /// The coded form of an edge; `code` gives those of ids.
    pub(super) fn of(edge: &Edge, mut code: impl FnMut(EntityId) -> Option<u32>) -> Option<Self> {
        let [source, dest, source_service, dest_service] = ends(edge).map(&mut code);
        Some(Self {
            scope: edge.scope as u8,
            relation: edge.relation.0,
            ends: [source?, dest?, source_service?, dest_service?],
            side: edge.side as u8,
            component: edge.component,
        })
    }

    fn key(&self) -> PageKey {
        (self.scope, self.relation)
    }

    /// The edge itself.
    pub(super) fn edge(
        &self,
        part: &PartReader,
        ids: &Ids,
        open: &mut [OpenPage; 4],
    ) -> Result<Edge> {
        let mut ends = [EntityId::default(); 4];
        for ((end, code), open) in ends.iter_mut().zip(self.ends).zip(open) {
            *end = ids.get(part, code, open)?;
        }
        let [source, dest, source_service, dest_service] = ends;
        let scope = Scope::ALL.into_iter().find(|scope| *scope as u8 == self.scope);
        let sides = [DetectPoint::Client, DetectPoint::Server];
        let side = sides.into_iter().find(|side| *side as u8 == self.side);
        let (Some(scope), Some(side)) = (scope, side) else {
            return Err(Error::corrupt(format!("{WHAT}: an unknown scope or side")));
        };
        Ok(Edge {
            scope,
            relation: EntityId(self.relation),
            source,
            dest,
            source_service,
            dest_service,
            side,
            component: self.component,
        })
    }
}

/// The four ids that an edge leads from and to.
pub(super) fn ends(edge: &Edge) -> [EntityId; 4] {
    [edge.source, edge.dest, edge.source_service, edge.dest_service]
}

/// Takes the edges of a part in ascending order.
#[derive(Debug)]
pub(super) struct EdgesWriter {
    page: Vec<CodedEdge>,
    len: u32,
    pages: Vec<(PageKey, Place)>,
}

impl EdgesWriter {
    pub(super) fn new() -> Self {
        Self { page: Vec::new(), len: 0, pages: Vec::new() }
    }

    /// How many it took, which is the code of the next one.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// Takes an edge above all before; gives its code.
    pub(super) fn push(&mut self, part: &mut PartWriter<'_>, edge: CodedEdge) -> Result<u32> {
        self.page.push(edge);
        let code = self.len;
        let more = code.checked_add(1).filter(|len| *len < u32::MAX);
        self.len = more.ok_or_else(|| Error::limit("part: more than 2^32 edges"))?;
        if self.page.len() == PAGE_EDGES as usize {
            self.flush(part)?;
        }
        Ok(code)
    }

    fn flush(&mut self, part: &mut PartWriter<'_>) -> Result<()> {
        let Some(first) = self.page.first() else { return Ok(()) };
        let mut out = Vec::with_capacity(self.page.len() * ID);
        self.page.iter().for_each(|edge| out.extend_from_slice(&edge.relation.to_le_bytes()));
        let end = |place: usize| -> Vec<i64> {
            let end = |edge: &CodedEdge| edge.ends.get(place).copied().map_or(0, i64::from);
            self.page.iter().map(end).collect()
        };
        let column = |of: fn(&CodedEdge) -> i64| self.page.iter().map(of).collect::<Vec<_>>();
        let (source, dest) = (end(0), end(1));
        ints::write(&mut out, &column(|edge| i64::from(edge.scope)), None, &[]);
        for values in [&source, &dest, &end(2), &end(3)] {
            ints::write(&mut out, values, None, &[]);
        }
        ints::write(&mut out, &column(|edge| i64::from(edge.side)), None, &[]);
        ints::write(&mut out, &column(|edge| i64::from(edge.component)), None, &[]);
        self.pages.push((first.key(), part.put(PAGE, &out, &[])?));
        self.page.clear();
        Ok(())
    }

    /// Writes what is left; gives what the root holds of the dictionary.
    pub(super) fn finish(mut self, part: &mut PartWriter<'_>) -> Result<Vec<u8>> {
        self.flush(part)?;
        let mut root = Vec::new();
        put_varint(u64::from(self.len), &mut root);
        for ((scope, relation), place) in &self.pages {
            root.push(*scope);
            root.extend_from_slice(&relation.to_le_bytes());
            place.write(&mut root);
        }
        Ok(root)
    }
}

/// The edges of a part, as its root knows them.
#[derive(Debug)]
pub(super) struct Edges {
    len: u32,
    pages: Vec<(PageKey, Place)>,
}

impl Edges {
    /// Reads what the root holds.
    pub(super) fn read(root: &mut Reader<'_>) -> Result<Self> {
        let len = root.count(u64::from(u32::MAX - 1))? as u32;
        let count = len.div_ceil(PAGE_EDGES) as usize;
        if count > root.rest().len() / ID {
            return Err(root.wrong("more pages of edges than are there"));
        }
        let mut pages: Vec<(PageKey, Place)> = Vec::with_capacity(count);
        for _ in 0..count {
            let key = (root.u8()?, root.u128()?);
            if pages.last().is_some_and(|(before, _)| *before > key) {
                return Err(root.wrong("pages of edges out of order"));
            }
            pages.push((key, Place::read(root)?));
        }
        Ok(Self { len, pages })
    }

    /// How many.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        self.pages.capacity() * size_of::<(PageKey, Place)>()
    }

    /// The edges of a page.
    pub(super) fn page(&self, part: &PartReader, number: u32) -> Result<Vec<CodedEdge>> {
        let missing = || Error::corrupt("code of an edge: beyond the last edge");
        let (_, place) = self.pages.get(number as usize).ok_or_else(missing)?;
        let bytes = part.open_frame(PAGE, *place)?.plain;
        let len = self.len.saturating_sub(number * PAGE_EDGES).min(PAGE_EDGES) as usize;
        decode(&bytes, len)
    }

    /// The page that may hold the first edge not below a key.
    fn page_of(&self, key: PageKey) -> usize {
        self.pages.partition_point(|(first, _)| *first < key).saturating_sub(1)
    }

    /// Whether an edge is in the part. `open` is the page that was looked at last.
    pub(super) fn has(
        &self,
        part: &PartReader,
        edge: &CodedEdge,
        open: &mut (usize, Vec<CodedEdge>),
    ) -> Result<bool> {
        let mut number = self.page_of(edge.key());
        // Edges of one relation may go on over several pages.
        while self.pages.get(number).is_some_and(|(first, _)| *first <= edge.key()) {
            if open.0 != number || open.1.is_empty() {
                *open = (number, self.page(part, number as u32)?);
            }
            if open.1.binary_search(edge).is_ok() {
                return Ok(true);
            }
            number += 1;
        }
        Ok(false)
    }

    /// Bytes of the pages, each of which is read and checked.
    pub(super) fn check(&self, part: &PartReader, ids: &Ids) -> Result<u64> {
        let (mut bytes, mut last) = (0, None);
        let mut open = <[OpenPage; 4]>::default();
        for (number, (key, place)) in (0..).zip(&self.pages) {
            let page = self.page(part, number)?;
            bytes += u64::from(place.len);
            let is_first = page.first().map(CodedEdge::key) == Some(*key);
            for edge in page {
                edge.edge(part, ids, &mut open)?;
                if !is_first || last.replace(edge).is_some_and(|before| before >= edge) {
                    return Err(Error::corrupt(format!("{WHAT}: out of order")));
                }
            }
        }
        Ok(bytes)
    }
}

fn decode(bytes: &Bytes, len: usize) -> Result<Vec<CodedEdge>> {
    let mut reader = Reader::new(WHAT, bytes);
    let relations = reader.bytes(len * ID)?;
    let mut columns: [Vec<i64>; 7] = Default::default();
    for column in &mut columns {
        *column = Ints::read(&mut reader, len)?.rows(0..len, 0);
    }
    if !reader.is_empty() {
        return Err(reader.wrong("more bytes than its columns"));
    }
    let at = |column: usize, row: usize| columns.get(column)?.get(row).copied();
    let edge = |(row, relation): (usize, &[u8])| {
        let end = |column| u32::try_from(at(column, row)?).ok();
        Some(CodedEdge {
            scope: u8::try_from(at(0, row)?).ok()?,
            relation: u128::from_le_bytes(*relation.first_chunk()?),
            ends: [end(1)?, end(2)?, end(3)?, end(4)?],
            side: u8::try_from(at(5, row)?).ok()?,
            component: i32::try_from(at(6, row)?).ok()?,
        })
    };
    let edges = relations.chunks_exact(ID).enumerate().map(edge).collect::<Option<Vec<_>>>();
    edges.ok_or_else(|| Error::corrupt(format!("{WHAT}: an edge that is none")))
}
