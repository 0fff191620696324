//! Columns in the order of the answer, with parents by row.

use std::cmp::Ordering;

use super::gathering::{Gathering, LAYERS, NONE};
use super::{TraceColumns, TraceLink, TraceSegment, flag};

/// Nanoseconds in a millisecond.
const MILLI: i64 = 1_000_000;

/// Where the spans of a segment are among the rows.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    rank: u32,
    first: u32,
    len: u32,
}

impl Gathering {
    /// The columns of the answer; each is let go once it is in its order.
    pub(in crate::trace) fn finish(mut self) -> TraceColumns {
        let ranks = self.ranks();
        let own_ids = self.ids_by_row();
        let order = self.order(&ranks, &own_ids);
        let number = column(&order, std::mem::take(&mut self.number), |number| number);
        let places = self.places(&order, &ranks);
        let rows = Rows { places: &places, numbers: &number };
        let parents = self.parents(&order, &rows, &own_ids);
        let flags = std::mem::take(&mut self.flags);
        let orphan = |(flags, parent): (u16, &Parent)| match parent {
            Parent::Lost => flags | flag::ORPHAN,
            Parent::None | Parent::Row(_) => flags,
        };
        let flags: Vec<u16> =
            column(&order, flags, |flags| flags).into_iter().zip(&parents).map(orphan).collect();
        let links = self.linked(&order, &rows, &own_ids);
        let parent = parents.into_iter().map(Parent::row).collect();
        drop((std::mem::take(&mut self.parent_segment), std::mem::take(&mut self.parent_number)));
        let tag = self.tag.take().map(|mut tag| {
            tag.codes = column(&order, std::mem::take(&mut tag.codes), |code| code);
            tag
        });
        let base = self.start.iter().min().copied().unwrap_or(0).div_euclid(MILLI);
        let after = |nanos: i64| nanos.saturating_sub(base.saturating_mul(MILLI)) as f64 / 1e6;
        let rank = |place: u32| ranks.get(place as usize).copied().unwrap_or(0) as i32;
        TraceColumns {
            base,
            missing: None,
            start: column(&order, std::mem::take(&mut self.start), after),
            duration: column(&order, self.duration, |nanos| nanos as f64 / 1e6),
            parent,
            segment: column(&order, self.segment, rank),
            number,
            operation: column(&order, self.operation, |place| place as i32),
            peer: column(&order, self.peer, |place| place),
            component: column(&order, self.component, |place| place),
            layer: column(&order, self.layer, |layer| layer),
            kind: column(&order, self.kind, |kind| kind),
            flags,
            segments: segments(&self.seen, &ranks),
            links,
            tag,
            trace_id: self.trace_id,
            services: self.services,
            instances: self.instances,
            operations: self.operations,
            peers: self.peers,
            components: self.components,
            layers: LAYERS.iter().map(|layer| layer.name()).collect(),
            segment_ids: self.segment_ids,
        }
    }

    /// The place of each segment that has spans among those that have; [`NONE`] for the others.
    fn ranks(&self) -> Vec<u32> {
        let mut with_spans: Vec<u32> = (0..self.seen.len() as u32).collect();
        let start =
            |place: &u32| self.seen.get(*place as usize).map_or(i64::MAX, |seen| seen.start);
        with_spans.retain(|place| start(place) != i64::MAX);
        with_spans.sort_unstable_by(|a, b| {
            let id = |place: &u32| self.segment_ids.get(*place as usize);
            start(a).cmp(&start(b)).then_with(|| id(a).cmp(id(b)))
        });
        let mut ranks = vec![NONE; self.seen.len()];
        for (rank, place) in (0..).zip(with_spans) {
            if let Some(slot) = ranks.get_mut(place as usize) {
                *slot = rank;
            }
        }
        ranks
    }

    /// The opaque id of each row; empty where no span has one.
    fn ids_by_row(&mut self) -> Vec<u32> {
        let own_ids = std::mem::take(&mut self.own_ids);
        if own_ids.is_empty() {
            return Vec::new();
        }
        let mut ids = vec![NONE; self.len()];
        for (row, id) in own_ids {
            if let Some(slot) = ids.get_mut(row as usize) {
                *slot = id;
            }
        }
        ids
    }

    /// The rows as they came, by segment and number, each span once.
    fn order(&self, ranks: &[u32], own_ids: &[u32]) -> Vec<u32> {
        let key = |row: u32| {
            let at = row as usize;
            let segment = self.segment.get(at).copied().unwrap_or(0);
            let rank = ranks.get(segment as usize).copied().unwrap_or(NONE);
            let number = self.number.get(at).copied().unwrap_or(0);
            (rank, number, own_ids.get(at).copied().unwrap_or(NONE))
        };
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by_key(|row| (key(*row), *row));
        order.dedup_by_key(|row| key(*row));
        order
    }

    /// Where the rows of each segment are, by its place.
    fn places(&self, order: &[u32], ranks: &[u32]) -> Vec<Place> {
        let mut places: Vec<Place> =
            ranks.iter().map(|rank| Place { rank: *rank, ..Place::default() }).collect();
        for (row, came) in (0..).zip(order) {
            let segment = self.segment.get(*came as usize).copied().unwrap_or(NONE);
            if let Some(place) = places.get_mut(segment as usize) {
                place.first = if place.len == 0 { row } else { place.first };
                place.len += 1;
            }
        }
        places
    }

    /// The parent of each row of the answer.
    fn parents(&mut self, order: &[u32], rows: &Rows<'_>, own_ids: &[u32]) -> Vec<Parent> {
        let mut by_id = std::mem::take(&mut self.parent_ids);
        by_id.sort_unstable();
        let known = rows_by_id(order, own_ids);
        let parent = |(row, came): (u32, &u32)| {
            let at = *came as usize;
            let segment = self.parent_segment.get(at).copied().unwrap_or(NONE);
            let found = if segment == NONE {
                let Ok(place) = by_id.binary_search_by_key(came, |(row, _)| *row) else {
                    return Parent::None;
                };
                by_id.get(place).and_then(|(_, id)| row_of(&known, *id))
            } else {
                rows.find(segment, self.parent_number.get(at).copied().unwrap_or(-1))
            };
            match found {
                // A span that names itself has no parent.
                Some(found) if found != row => Parent::Row(found),
                _ => Parent::Lost,
            }
        };
        (0..).zip(order).map(parent).collect()
    }

    /// The links by row of the answer.
    fn linked(&mut self, order: &[u32], rows: &Rows<'_>, own_ids: &[u32]) -> Vec<TraceLink> {
        let related = std::mem::take(&mut self.links);
        if related.is_empty() {
            return Vec::new();
        }
        let known = rows_by_id(order, own_ids);
        let mut came: Vec<(u32, u32)> = order.iter().copied().zip(0..).collect();
        came.sort_unstable();
        let link = |related: super::gathering::Related| {
            let place = came.binary_search_by_key(&related.row, |(came, _)| *came).ok()?;
            let to = match (related.trace_id.is_some(), related.id) {
                (true, _) => None,
                (_, NONE) => rows.find(related.segment, related.number),
                (_, id) => row_of(&known, id),
            };
            Some(TraceLink {
                row: came.get(place)?.1,
                to: to.map_or(-1, |row| row as i32),
                kind: related.kind,
                trace_id: related.trace_id,
                segment: related.segment,
            })
        };
        let mut links: Vec<_> = related.into_iter().filter_map(link).collect();
        links.sort_by_key(|link| link.row);
        links
    }
}

/// The parent of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parent {
    /// It has none.
    None,
    /// It names one that is not there.
    Lost,
    /// It is there.
    Row(u32),
}

impl Parent {
    fn row(self) -> i32 {
        match self {
            Self::Row(row) => row as i32,
            Self::None | Self::Lost => -1,
        }
    }
}

/// Finds rows by segment and number.
struct Rows<'a> {
    places: &'a [Place],
    numbers: &'a [i32],
}

impl Rows<'_> {
    fn find(&self, segment: u32, number: i32) -> Option<u32> {
        let place = self.places.get(segment as usize).filter(|place| place.rank != NONE)?;
        let first = place.first as usize;
        let numbers = self.numbers.get(first..first + place.len as usize)?;
        let at = numbers.partition_point(|known| known.cmp(&number) == Ordering::Less);
        (numbers.get(at) == Some(&number)).then_some(place.first + at as u32)
    }
}

/// Opaque ids and their rows, by id.
fn rows_by_id(order: &[u32], own_ids: &[u32]) -> Vec<(u32, u32)> {
    if own_ids.is_empty() {
        return Vec::new();
    }
    let id = |(row, came): (u32, &u32)| Some((own_ids.get(*came as usize).copied()?, row));
    let mut ids: Vec<_> = (0..).zip(order).filter_map(id).filter(|(id, _)| *id != NONE).collect();
    ids.sort_unstable();
    ids
}

fn row_of(known: &[(u32, u32)], id: u32) -> Option<u32> {
    let at = known.partition_point(|(known, _)| *known < id);
    known.get(at).filter(|(known, _)| *known == id).map(|(_, row)| *row)
}

/// A column in the order of the answer; what came is let go.
fn column<T: Copy, U>(order: &[u32], came: Vec<T>, show: impl Fn(T) -> U) -> Vec<U> {
    let mut column = Vec::with_capacity(order.len());
    column.extend(order.iter().filter_map(|row| came.get(*row as usize).copied()).map(show));
    drop(came);
    column
}

/// The segments that have spans, in their order.
fn segments(seen: &[super::gathering::Seen], ranks: &[u32]) -> Vec<TraceSegment> {
    let mut ranked: Vec<(u32, TraceSegment)> = (0_u32..)
        .zip(seen)
        .zip(ranks)
        .filter(|(_, rank)| **rank != NONE)
        .map(|((id, seen), rank)| {
            let (service, instance) = (seen.service, seen.instance);
            (*rank, TraceSegment { id, service, instance })
        })
        .collect();
    ranked.sort_unstable_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, segment)| segment).collect()
}
