//! Several parts as one: rows of one scope, hour and edge become one, with the minutes of all.
//!
//! What is in memory at a time: where the ids and edges of each part are in the new one, the
//! directory entries of one hour, and the rows of one page of edges.

use std::collections::BTreeSet;

use skytrail_columns::{Error, Result};
use skytrail_model::scope::Scope;

use super::KIND;
use super::build::{PartBuilder, Row};
use super::edges::{CodedEdge, EdgesWriter, PAGE_EDGES};
use super::frame;
use super::part::Part;
use crate::container::{PartWriter, Sink};
use crate::directory::Entry;
use crate::ids::{Kept, Union};
use crate::origins::Origins;
use crate::part::PartInfo;

/// Writes the rows of several parts as one part, none of which has an origin. Of edges that a part
/// hides nothing is written.
///
/// # Errors
/// `Corrupt` or `Io` when a part cannot be read, `Io` when the sink fails.
pub fn merge(parts: &[&Part], sink: Sink<'_>) -> Result<PartInfo> {
    let mut out = PartWriter::begin(KIND, sink)?;
    let shown = parts.iter().map(|part| part.shown_ids()).collect::<Result<Vec<_>>>()?;
    let keeps: Vec<_> = shown.iter().map(|shown| |code| shown.contains(code)).collect();
    let ids = parts.iter().zip(&keeps);
    let ids: Vec<_> =
        ids.map(|(part, keeps)| (&part.reader, &part.ids, keeps as Kept<'_>)).collect();
    let (ids, ids_root) = Union::write(&mut out, &ids)?;
    let (edges, edges_root) = unite_edges(&mut out, parts, &ids.codes)?;
    let mut builder = PartBuilder::new(out, Origins::default());
    for scope in Scope::ALL {
        for hour in hours(parts, scope)? {
            merge_hour(&mut builder, parts, &edges, (scope as u16, hour))?;
        }
    }
    builder.finish(&ids_root, &edges_root)
}

/// Edges of a part, one after the other, with the new codes of their ends.
struct Cursor<'p> {
    part: &'p Part,
    ids: &'p [u32],
    /// The page that was read last, and its number.
    page: Vec<CodedEdge>,
    read: Option<u32>,
    next: u32,
}

impl Cursor<'_> {
    fn head(&mut self) -> Result<Option<CodedEdge>> {
        while self.part.hidden.contains(self.next) {
            self.next += 1;
        }
        if self.next == self.part.edges.len() {
            return Ok(None);
        }
        let place = self.next % PAGE_EDGES;
        if self.read.replace(self.next / PAGE_EDGES) != Some(self.next / PAGE_EDGES) {
            self.page = self.part.edges.page(&self.part.reader, self.next / PAGE_EDGES)?;
        }
        let missing = || Error::corrupt("page of edges: an end beyond the last id");
        let mut edge = *self.page.get(place as usize).ok_or_else(missing)?;
        for end in &mut edge.ends {
            *end = self.ids.get(*end as usize).copied().ok_or_else(missing)?;
        }
        Ok(Some(edge))
    }
}

/// New codes by part and old code, and what the root holds of the edges.
type United = (Vec<Vec<u32>>, Vec<u8>);

fn unite_edges(out: &mut PartWriter<'_>, parts: &[&Part], ids: &[Vec<u32>]) -> Result<United> {
    let cursors = parts.iter().zip(ids);
    let mut cursors: Vec<Cursor<'_>> = cursors
        .map(|(part, ids)| Cursor { part, ids, page: Vec::new(), read: None, next: 0 })
        .collect();
    let mut heads = cursors.iter_mut().map(Cursor::head).collect::<Result<Vec<_>>>()?;
    let mut codes: Vec<Vec<u32>> = parts.iter().map(|_| Vec::new()).collect();
    let mut writer = EdgesWriter::new();
    while let Some(least) = heads.iter().flatten().min().copied() {
        let code = writer.push(out, least)?;
        for ((cursor, head), codes) in cursors.iter_mut().zip(&mut heads).zip(&mut codes) {
            if *head == Some(least) {
                // Those that were left out before it have its code.
                codes.resize(cursor.next as usize + 1, code);
                cursor.next += 1;
                *head = cursor.head()?;
                if head.is_some_and(|next| next <= least) {
                    return Err(Error::corrupt("page of edges: out of order"));
                }
            }
        }
    }
    for (part, codes) in parts.iter().zip(&mut codes) {
        codes.resize(part.edges.len() as usize, writer.len());
    }
    Ok((codes, writer.finish(out)?))
}

fn hours(parts: &[&Part], scope: Scope) -> Result<BTreeSet<i64>> {
    let mut hours = BTreeSet::new();
    for part in parts {
        let mut frames = part.frames(scope as u16, i64::MIN, i64::MAX);
        while let Some(entry) = frames.next()? {
            hours.insert(entry.bucket);
        }
    }
    Ok(hours)
}

/// A frame with its part and the new codes of its first and last row.
type Due = (usize, Entry<0>, u32, u32);

fn merge_hour(
    builder: &mut PartBuilder<'_>,
    parts: &[&Part],
    edges: &[Vec<u32>],
    key: (u16, i64),
) -> Result<()> {
    let missing = || Error::corrupt("frame of relations: a code beyond the last edge");
    let mut due: Vec<Due> = Vec::new();
    let mut pages = BTreeSet::new();
    for (number, (part, codes)) in parts.iter().zip(edges).enumerate() {
        let new = |code: u32| codes.get(code as usize).copied().ok_or_else(missing);
        let mut frames = part.frames(key.0, key.1, key.1);
        while let Some(entry) = frames.next()? {
            let (first, last) = (new(entry.first)?, new(entry.last)?);
            pages.extend(first / PAGE_EDGES..=last / PAGE_EDGES);
            due.push((number, entry, first, last));
        }
    }
    for page in pages {
        let start = page * PAGE_EDGES;
        let mut minutes = vec![0_u64; PAGE_EDGES as usize];
        let is_due =
            |(.., first, last): &&Due| first / PAGE_EDGES <= page && last / PAGE_EDGES >= page;
        for (number, entry, ..) in due.iter().filter(is_due) {
            let Some((part, codes)) = parts.get(*number).zip(edges.get(*number)) else { continue };
            let rows = frame::read(&part.reader, entry, part.has_origins())?;
            let shown = rows.codes.iter().zip(rows.minutes);
            for (code, seen) in shown.filter(|(code, _)| !part.hidden.contains(**code)) {
                let code = codes.get(*code as usize).copied().ok_or_else(missing)?;
                let place = code.checked_sub(start).map(|place| place as usize);
                if let Some(held) = place.and_then(|place| minutes.get_mut(place)) {
                    *held |= seen;
                }
            }
        }
        for (code, minutes) in (start..).zip(minutes) {
            builder.push(key, Row { code, origin: 0, minutes })?;
        }
    }
    Ok(())
}
