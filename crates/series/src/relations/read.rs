//! Edges of a part with their minutes, hour by hour.

use std::collections::HashMap;

use skytrail_columns::{Error, Result};
use skytrail_storage::{Edge, EntitySelection, HourMinutes, Origin, RelationRead};

use super::edges::{CodedEdge, PAGE_EDGES};
use super::frame;
use super::part::Part;
use crate::directory::Entry;
use crate::ids::OpenPage;

/// Pages of edges that are held decoded.
const OPEN_PAGES: usize = 64;

/// The wanted edges of a page, with their codes.
type Page = Vec<(u32, Edge)>;

/// The wanted edges of the pages looked at.
struct Pages<'p> {
    part: &'p Part,
    scope: u8,
    /// Codes of the selected ids, sorted; none is all.
    touching: Option<Vec<u32>>,
    open: HashMap<u32, Page>,
    ids: [OpenPage; 4],
}

impl Pages<'_> {
    fn wants(&self, edge: &CodedEdge) -> bool {
        let is_selected = |code: &u32| {
            self.touching.as_ref().is_none_or(|codes| codes.binary_search(code).is_ok())
        };
        edge.scope == self.scope && edge.ends.iter().any(is_selected)
    }

    fn get(&mut self, number: u32) -> Result<&Page> {
        if !self.open.contains_key(&number) {
            if self.open.len() >= OPEN_PAGES {
                self.open.clear();
            }
            let edges = self.part.edges.page(&self.part.reader, number)?;
            let mut page = Page::new();
            for (code, edge) in (number * PAGE_EDGES..).zip(edges) {
                if self.wants(&edge) && !self.part.hidden.contains(code) {
                    let edge = edge.edge(&self.part.reader, &self.part.ids, &mut self.ids)?;
                    page.push((code, edge));
                }
            }
            self.open.insert(number, page);
        }
        self.open.get(&number).ok_or_else(|| Error::corrupt("page of edges: gone"))
    }
}

impl Part {
    /// Gives the edges that answer a question to `take`, each with its minutes of an hour, until
    /// it says false; whether it never did. What is visible is what `sees` says; rows without an
    /// origin always are. Hours ascend; an edge that came with very many appends may come several
    /// times with minutes of one hour.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the part cannot be read.
    pub fn read(
        &self,
        read: &RelationRead,
        sees: &dyn Fn(Origin) -> bool,
        take: &mut dyn FnMut(&Edge, HourMinutes) -> bool,
    ) -> Result<bool> {
        let touching = match &read.touching {
            EntitySelection::All => None,
            EntitySelection::These(ids) => {
                let (mut codes, mut open) = (Vec::new(), OpenPage::default());
                for id in ids.iter() {
                    codes.extend(self.ids.find(&self.reader, *id, &mut open)?);
                }
                if codes.is_empty() {
                    return Ok(true);
                }
                Some(codes)
            }
        };
        let (open, ids) = (HashMap::new(), <[OpenPage; 4]>::default());
        let mut pages = Pages { part: self, scope: read.scope as u8, touching, open, ids };
        let seen = self.origins.seen(sees);
        let (from, to) = (read.from.0.div_euclid(60), read.to.0.div_euclid(60));
        let mut frames = self.frames(read.scope as u16, from, to);
        while let Some(entry) = frames.next()? {
            let page = pages.get(entry.first / PAGE_EDGES)?;
            let sightings = self.sightings(&entry, page, seen.as_deref())?;
            for (edge, minutes) in sightings {
                let minutes =
                    HourMinutes { hour: entry.bucket, minutes }.within(read.from, read.to);
                if minutes.minutes != 0 && !take(edge, minutes) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Wanted edges of a frame with their minutes; those that came with several appends once.
    fn sightings<'e>(
        &self,
        entry: &Entry<0>,
        page: &'e Page,
        seen: Option<&[bool]>,
    ) -> Result<Vec<(&'e Edge, u64)>> {
        let first = page.partition_point(|(code, _)| *code < entry.first);
        let mut wanted =
            page.iter().skip(first).take_while(|(code, _)| *code <= entry.last).peekable();
        if wanted.peek().is_none() {
            return Ok(Vec::new());
        }
        let rows = frame::read(&self.reader, entry, self.has_origins())?;
        let is_seen = |origin: i64| {
            let seen =
                seen.map(|seen| usize::try_from(origin).ok().and_then(|code| seen.get(code)));
            seen.is_none_or(|seen| seen.copied().unwrap_or(false))
        };
        let mut sightings: Vec<(u32, &Edge, u64)> = Vec::new();
        for ((code, origin), minutes) in rows.codes.iter().zip(rows.origins).zip(rows.minutes) {
            while wanted.next_if(|(next, _)| next < code).is_some() {}
            let Some((_, edge)) = wanted.peek().filter(|(next, _)| next == code) else { continue };
            if !is_seen(origin) {
                continue;
            }
            match sightings.last_mut().filter(|(last, ..)| last == code) {
                Some((.., held)) => *held |= minutes,
                None => sightings.push((*code, edge, minutes)),
            }
        }
        Ok(sightings.into_iter().map(|(_, edge, minutes)| (edge, minutes)).collect())
    }
}
