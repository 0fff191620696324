//! Relations in memory: edges by scope and hour, each with the appends that saw it
//! and the minutes they saw it in.

use std::collections::BTreeMap;
use std::ops::Bound;

use skytrail_model::relation::RelationRow;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_series::relations::Seen;
use skytrail_storage::{Edge, HourMinutes, Origin, RelationRead, Visible};

use crate::store::memtable::Rows;

/// What an edge of an hour takes, with its share of the map.
const EDGE_BYTES: usize = 2 * size_of::<(Edge, Vec<Came>)>();

/// An hour and an edge that was seen in it.
pub(crate) type Place = (i64, Edge);

/// An append, and the minutes of the hour that it brought, as in [`HourMinutes`]. Of an edge they ascend by append.
type Came = (Origin, u64);

#[derive(Debug, Default)]
pub(crate) struct RelationRows {
    hours: BTreeMap<(Scope, i64), BTreeMap<Edge, Vec<Came>>>,
    edges: usize,
    came: usize,
}

impl Rows for RelationRows {
    fn bytes(&self) -> usize {
        self.edges * EDGE_BYTES + self.came * 2 * size_of::<Came>()
    }

    fn is_empty(&self) -> bool {
        self.edges == 0
    }
}

impl RelationRows {
    pub(crate) fn push(&mut self, origin: Origin, row: RelationRow) {
        let HourMinutes { hour, minutes } = HourMinutes::of(row.minute);
        let edges = self.hours.entry((row.scope, hour)).or_default();
        let held = edges.len();
        let came = edges.entry(Edge::from(&row)).or_default();
        match came.binary_search_by_key(&origin, |(origin, _)| *origin) {
            Ok(place) => {
                if let Some((_, held)) = came.get_mut(place) {
                    *held |= minutes;
                }
            }
            Err(place) => {
                came.insert(place, (origin, minutes));
                self.came += 1;
            }
        }
        self.edges += edges.len() - held;
    }

    /// Rows held, counted by append, edge and hour.
    pub(crate) fn len(&self) -> u64 {
        self.came as u64
    }

    /// The same for hours that ended before a minute.
    pub(crate) fn before(&self, minute: Minute) -> u64 {
        let old = self.hours.iter().filter(|((_, hour), _)| *hour < minute.0.div_euclid(60));
        old.flat_map(|(_, edges)| edges.values()).map(|came| came.len() as u64).sum()
    }

    /// Hours of a scope and time, from one of them on, with all that came in them.
    fn hours_of(
        &self,
        read: &RelationRead,
        from: Option<i64>,
    ) -> impl Iterator<Item = (i64, &BTreeMap<Edge, Vec<Came>>)> {
        let (first, to) = (read.from.0.div_euclid(60), read.to.0.div_euclid(60));
        let from = from.map_or(first, |from| first.max(from));
        let range = (from <= to).then(|| self.hours.range((read.scope, from)..=(read.scope, to)));
        range.into_iter().flatten().map(|((_, hour), edges)| (*hour, edges))
    }

    /// Looks at so many edges behind a place, and gives what a question asks for; none of them is
    /// behind the place where it stopped, if it did.
    pub(crate) fn find(
        &self,
        read: &RelationRead,
        after: Option<Place>,
        most: usize,
        mut take: impl FnMut(Edge, HourMinutes),
    ) -> Option<Place> {
        let mut looked_at = 0;
        for (hour, edges) in self.hours_of(read, after.map(|(hour, _)| hour)) {
            let behind = match after {
                Some((of, edge)) if of == hour => Bound::Excluded(edge),
                _ => Bound::Unbounded,
            };
            for (edge, came) in edges.range((behind, Bound::Unbounded)) {
                if read.wants_edge(edge) {
                    let minutes = seen(came, &read.visible);
                    let minutes = HourMinutes { hour, minutes }.within(read.from, read.to);
                    if minutes.minutes != 0 {
                        take(*edge, minutes);
                    }
                }
                looked_at += 1;
                if looked_at >= most {
                    return Some((hour, *edge));
                }
            }
        }
        None
    }

    /// Edges of hours that such a question looks at.
    pub(crate) fn examined(&self, read: &RelationRead) -> u64 {
        self.hours_of(read, None).map(|(_, edges)| edges.len() as u64).sum()
    }

    /// Whether an edge was seen.
    pub(crate) fn holds(&self, edge: &Edge) -> bool {
        let hours = self.hours.range((edge.scope, i64::MIN)..=(edge.scope, i64::MAX));
        hours.map(|(_, edges)| edges).any(|edges| edges.contains_key(edge))
    }

    /// The hours that it has rows of, some of them more than once.
    pub(crate) fn hours(&self) -> impl Iterator<Item = i64> {
        self.hours.keys().map(|(_, hour)| *hour)
    }

    /// What was seen in some hours, by scope, hour, edge and append.
    pub(crate) fn seen_in(&self, is_wanted: impl Fn(i64) -> bool) -> impl Iterator<Item = Seen> {
        let wanted = self.hours.iter().filter(move |((_, hour), _)| is_wanted(*hour));
        wanted.flat_map(|((_, hour), edges)| {
            edges.iter().flat_map(|(edge, came)| {
                came.iter().map(|(origin, minutes)| {
                    let minutes = HourMinutes { hour: *hour, minutes: *minutes };
                    Seen { edge: *edge, minutes, origin: Some(*origin) }
                })
            })
        })
    }
}

/// The minutes that a reader sees.
fn seen(came: &[Came], visible: &Visible) -> u64 {
    let seen = came.iter().filter(|(origin, _)| visible.sees(*origin));
    seen.fold(0, |minutes, (_, more)| minutes | more)
}
