//! Relations in memory: edges by scope and hour, each with the appends that saw it
//! and the minutes they saw it in.

use std::collections::BTreeMap;

use skytrail_model::relation::RelationRow;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::{Edge, HourMinutes, Origin, RelationRead, Visible};

use crate::store::memtable::Rows;

/// What an edge of an hour takes, with its share of the map.
const EDGE_BYTES: usize = 2 * size_of::<(Edge, Vec<Came>)>();

/// Minutes of the hour, as in [`HourMinutes`], and the append that brought them.
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
        match came.last_mut().filter(|(last, _)| *last == origin) {
            Some((_, held)) => *held |= minutes,
            None => {
                came.push((origin, minutes));
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

    /// Edges of a scope and time, whoever they touch, with all that came of them.
    fn of(&self, read: &RelationRead) -> impl Iterator<Item = (i64, &Edge, &[Came])> {
        let (from, to) = (read.from.0.div_euclid(60), read.to.0.div_euclid(60));
        let range = (from <= to).then(|| self.hours.range((read.scope, from)..=(read.scope, to)));
        range.into_iter().flatten().flat_map(|((_, hour), edges)| {
            edges.iter().map(|(edge, came)| (*hour, edge, came.as_slice()))
        })
    }

    /// Gives what a question asks for.
    pub(crate) fn find(&self, read: &RelationRead, mut take: impl FnMut(&Edge, HourMinutes)) {
        for (hour, edge, came) in self.of(read).filter(|(_, edge, _)| read.wants_edge(edge)) {
            let minutes = seen(came, &read.visible);
            let minutes = HourMinutes { hour, minutes }.within(read.from, read.to);
            if minutes.minutes != 0 {
                take(edge, minutes);
            }
        }
    }

    /// Edges of hours that such a question looks at.
    pub(crate) fn examined(&self, read: &RelationRead) -> u64 {
        self.of(read).count() as u64
    }

    /// Every row, with the append that brought it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Origin, RelationRow)> {
        self.hours.iter().flat_map(|((_, hour), edges)| {
            edges.iter().flat_map(|(edge, came)| {
                came.iter().flat_map(|(origin, minutes)| {
                    let minutes = HourMinutes { hour: *hour, minutes: *minutes };
                    minutes.iter().map(|minute| (*origin, edge.at(minute)))
                })
            })
        })
    }

    /// Every edge, once for each hour.
    pub(crate) fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.hours.values().flat_map(BTreeMap::keys)
    }
}

/// The minutes that a reader sees.
fn seen(came: &[Came], visible: &Visible) -> u64 {
    let seen = came.iter().filter(|(origin, _)| visible.sees(*origin));
    seen.fold(0, |minutes, (_, more)| minutes | more)
}
