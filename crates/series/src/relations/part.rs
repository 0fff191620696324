//! A part of relations that is read.

use std::sync::Arc;

use skytrail_columns::read::Reader;
use skytrail_columns::{Error, Fetch, Result};
use skytrail_model::entity::EntityId;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::Edge;

use super::KIND;
use super::edges::{CodedEdge, Edges, PAGE_EDGES};
use super::frame;
use crate::bits::BitSet;
use crate::container::PartReader;
use crate::directory::{Directory, Walk};
use crate::ids::{Ids, OpenPage};
use crate::origins::Origins;

/// A part of relations. Only its root is held in memory.
#[derive(Debug)]
pub struct Part {
    pub(super) reader: PartReader,
    rows: u64,
    range: Option<(Minute, Minute)>,
    pub(super) ids: Ids,
    pub(super) edges: Edges,
    pub(super) origins: Origins,
    directory: Directory<0>,
    /// Services whose edges are left out, and the codes of these edges.
    hidden_services: Vec<EntityId>,
    pub(super) hidden: BitSet,
}

impl Part {
    /// Opens a part of so many bytes.
    ///
    /// # Errors
    /// `Corrupt` when the root is not what was written, or of a version that is not known.
    pub fn open(fetch: Arc<dyn Fetch>, len: u64) -> Result<Self> {
        let (reader, root) = PartReader::open(KIND, fetch, len)?;
        let mut root = Reader::new("root of relations", &root);
        let rows = root.varint()?;
        let range = (Minute(root.signed()?), Minute(root.signed()?));
        let ids = Ids::read(&mut root)?;
        let edges = Edges::read(&mut root)?;
        let origins = Origins::read(&mut root)?;
        let directory = Directory::read(&mut root)?;
        if !root.is_empty() {
            return Err(root.wrong("more bytes than it says"));
        }
        let range = (rows > 0).then_some(range);
        let (hidden_services, hidden) = (Vec::new(), BitSet::default());
        Ok(Self { reader, rows, range, ids, edges, origins, directory, hidden_services, hidden })
    }

    /// Leaves edges that lead from or to some services, or to their instances or endpoints, out of
    /// everything that is read or merged from now on; whether there are any.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the part cannot be read.
    pub fn hide(&mut self, services: &[EntityId]) -> Result<bool> {
        let (mut codes, mut open) = (Vec::new(), OpenPage::default());
        for id in services {
            codes.extend(self.ids.find(&self.reader, *id, &mut open)?);
        }
        self.hidden_services.extend_from_slice(services);
        let mut has_any = false;
        if codes.is_empty() {
            return Ok(false);
        }
        for number in 0..self.edges.len().div_ceil(PAGE_EDGES) {
            let page = self.edges.page(&self.reader, number)?;
            for (code, edge) in (number * PAGE_EDGES..).zip(page) {
                if edge.ends.iter().any(|end| codes.contains(end)) {
                    self.hidden.insert(code);
                    has_any = true;
                }
            }
        }
        Ok(has_any)
    }

    /// Codes of the ids that edges lead from and to which are not left out.
    pub(super) fn shown_ids(&self) -> Result<BitSet> {
        if self.hidden.is_empty() {
            return Ok(BitSet::all());
        }
        let mut shown = BitSet::default();
        for number in 0..self.edges.len().div_ceil(PAGE_EDGES) {
            let page = self.edges.page(&self.reader, number)?;
            let edges = (number * PAGE_EDGES..).zip(page);
            for (_, edge) in edges.filter(|(code, _)| !self.hidden.contains(*code)) {
                let ends = edge.ends.into_iter().filter(|end| *end < self.ids.len());
                ends.for_each(|end| shown.insert(end));
            }
        }
        Ok(shown)
    }

    /// Rows in it: edges times hours, and times origins.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of the part.
    pub fn bytes(&self) -> u64 {
        self.reader.len()
    }

    /// Edges in it.
    pub fn edges(&self) -> u32 {
        self.edges.len()
    }

    /// Whether its rows say which append they came with, as those of a flush do.
    pub fn has_origins(&self) -> bool {
        !self.origins.is_empty()
    }

    /// The first and the last minute in which an edge was seen; none without rows.
    pub fn minutes(&self) -> Option<(Minute, Minute)> {
        self.range
    }

    /// Bytes of memory that it takes while it is open.
    pub fn memory(&self) -> usize {
        let dictionaries = self.ids.memory() + self.edges.memory() + self.origins.memory();
        size_of::<Self>() + dictionaries + self.directory.memory()
    }

    /// For each of some edges, whether it is in the part.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the part cannot be read.
    pub fn hold(&self, edges: &[Edge]) -> Result<Vec<bool>> {
        let mut open = <[OpenPage; 4]>::default();
        let mut page = (0, Vec::new());
        let mut held = vec![false; edges.len()];
        // In the order of the pages, so that each is read once.
        let mut asked: Vec<_> = edges.iter().zip(&mut held).collect();
        asked.sort_unstable_by_key(|(edge, _)| (edge.scope, edge.relation));
        let is_hidden = |edge: &Edge| {
            let ends = super::edges::ends(edge);
            ends.iter().any(|end| self.hidden_services.contains(end))
        };
        for (edge, held) in asked.into_iter().filter(|(edge, _)| !is_hidden(edge)) {
            let mut codes = [None; 4];
            let ends = super::edges::ends(edge);
            for ((code, end), open) in codes.iter_mut().zip(ends).zip(&mut open) {
                *code = self.ids.find(&self.reader, end, open)?;
            }
            let mut codes = codes.into_iter();
            let coded = CodedEdge::of(edge, |_| codes.next().flatten());
            *held = match coded {
                Some(coded) => self.edges.has(&self.reader, &coded, &mut page)?,
                None => false,
            };
        }
        Ok(held)
    }

    /// Reads every byte of the part.
    ///
    /// # Errors
    /// `Corrupt` for the first one found that is not as it was written.
    pub fn check(&self) -> Result<()> {
        let mut found = self.ids.check(&self.reader)?;
        found += self.edges.check(&self.reader, &self.ids)?;
        found += self.directory.check(&self.reader)?;
        let mut rows = 0;
        for scope in Scope::ALL {
            let mut frames = self.frames(scope as u16, i64::MIN, i64::MAX);
            while let Some(entry) = frames.next()? {
                found += u64::from(entry.head.len);
                rows += u64::from(entry.rows);
                frame::read(&self.reader, &entry, self.has_origins())?;
                let is_one_page = entry.first / PAGE_EDGES == entry.last / PAGE_EDGES;
                if !is_one_page || entry.last >= self.edges.len() {
                    return Err(Error::corrupt("frame of relations: codes of several pages"));
                }
            }
        }
        if rows != self.rows {
            return Err(Error::corrupt(format!("part of relations: {rows} rows")));
        }
        self.reader.check_len(found)
    }

    pub(super) fn frames(&self, scope: u16, from: i64, to: i64) -> Walk<'_, 0> {
        self.directory.walk(&self.reader, scope, from, to)
    }
}
