//! Relations: every edge once, with the minutes it was seen in.

mod graph;
mod hours;
mod slot;
#[cfg(test)]
mod tests;

use graph::Graph;
use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::relation::RelationRow;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use slot::Settled;

use crate::error::Result;
use crate::spi::{
    Completeness, Cut, Edge, FamilyUsage, HourMinutes, Origin, RelationRead, Relations, Sighting,
    Visible,
};

/// A row that so many appends of its shard followed is no longer live anywhere,
/// and no reader is left that took its cut before: whose it was may be forgotten.
const SETTLED_APPENDS: u64 = 1_024;

/// Edges that are looked at under one lock, and between two chances for other
/// work and for cancelling.
const EDGES_PER_TURN: usize = 4_096;

#[derive(Debug, Default)]
struct Table {
    service: Graph,
    instance: Graph,
    endpoint: Graph,
    /// The last append of each shard.
    last: Cut,
    /// The cut of the last checkpoint, and how many there were.
    durable: Cut,
    checkpoints: u32,
    evicted: u64,
    expired: u64,
}

#[derive(Debug)]
pub(super) struct MemoryRelations {
    table: RwLock<Table>,
    limit_bytes: usize,
    /// What was here before this process started: seen by every reader.
    restored: Cut,
}

impl Table {
    fn graph(&self, scope: Scope) -> Option<&Graph> {
        match scope {
            Scope::ServiceRelation => Some(&self.service),
            Scope::ServiceInstanceRelation => Some(&self.instance),
            Scope::EndpointRelation => Some(&self.endpoint),
            _ => None,
        }
    }

    fn graph_mut(&mut self, scope: Scope) -> Option<&mut Graph> {
        match scope {
            Scope::ServiceRelation => Some(&mut self.service),
            Scope::ServiceInstanceRelation => Some(&mut self.instance),
            Scope::EndpointRelation => Some(&mut self.endpoint),
            _ => None,
        }
    }

    fn graphs(&self) -> [&Graph; 3] {
        [&self.service, &self.instance, &self.endpoint]
    }

    fn bytes(&self) -> usize {
        self.graphs().iter().map(|graph| graph.bytes()).sum()
    }

    fn rows(&self) -> u64 {
        self.graphs().iter().map(|graph| graph.rows()).sum()
    }

    /// Takes from the graphs that exceed their share: services a quarter,
    /// instances a quarter, endpoints a half. What one does not use the others may.
    fn make_room(&mut self, limit_bytes: usize) {
        let shares = [limit_bytes / 4, limit_bytes / 4, limit_bytes / 2];
        // Something exceeds its share as long as all together exceed the limit.
        for _ in shares {
            let over = self.bytes().saturating_sub(limit_bytes);
            if over == 0 {
                return;
            }
            let graphs = [&mut self.service, &mut self.instance, &mut self.endpoint];
            let excess = |graph: &Graph, share: usize| graph.bytes().saturating_sub(share);
            let largest = graphs.into_iter().zip(shares).max_by_key(|(g, share)| excess(g, *share));
            if let Some((graph, share)) = largest {
                let slack = share / 16;
                let target = graph.bytes().saturating_sub(over).saturating_sub(slack);
                self.evicted += graph.shrink_to(target.max(share - slack));
            }
        }
    }
}

impl MemoryRelations {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), limit_bytes, restored: Cut::default() }
    }

    pub(super) fn within(&self, cut: &Cut) -> Self {
        let table = self.table.read();
        let settled = self.settled(&table);
        let kept = Table {
            service: table.service.within(cut, &settled),
            instance: table.instance.within(cut, &settled),
            endpoint: table.endpoint.within(cut, &settled),
            last: cut.clone(),
            durable: cut.clone(),
            ..Table::default()
        };
        Self { table: RwLock::new(kept), limit_bytes: self.limit_bytes, restored: cut.clone() }
    }

    pub(super) fn usage(&self) -> FamilyUsage {
        let table = self.table.read();
        FamilyUsage {
            name: "relations",
            rows: table.rows(),
            bytes: table.bytes() as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted: table.evicted,
            expired: table.expired,
        }
    }

    pub(super) fn expire(&self, before: Minute) {
        let mut table = self.table.write();
        let gone: u64 = [
            table.service.forget_before(before),
            table.instance.forget_before(before),
            table.endpoint.forget_before(before),
        ]
        .iter()
        .sum();
        table.expired += gone;
    }

    /// What is within the cut of a checkpoint is kept apart from the rest, so that
    /// a crash can leave exactly that.
    pub(super) fn keep(&self, cut: &Cut) {
        let mut table = self.table.write();
        table.durable = cut.clone();
        table.checkpoints = table.checkpoints.wrapping_add(1);
    }

    fn settled(&self, table: &Table) -> Settled {
        let mut appends = table.last.behind(SETTLED_APPENDS);
        appends.unite(&self.restored);
        Settled { appends, durable: table.durable.clone(), epoch: table.checkpoints }
    }

    fn append_now(&self, origin: Origin, rows: &[RelationRow]) {
        let mut table = self.table.write();
        table.last.widen(origin);
        let settled = self.settled(&table);
        for row in rows {
            if let Some(graph) = table.graph_mut(row.scope) {
                graph.see(Edge::from(row), row.minute, origin, &settled);
            }
        }
        table.make_room(self.limit_bytes);
    }

    /// The answers of the next [`EDGES_PER_TURN`] slots; whether there are more.
    fn part(&self, read: &RelationRead, part: &mut Part) -> bool {
        part.found.clear();
        part.hours.clear();
        let table = self.table.read();
        let Some(graph) = table.graph(read.scope).filter(|_| read.from <= read.to) else {
            return false;
        };
        if part.generation != graph.generation() {
            (part.generation, part.next) = (graph.generation(), 0);
        }
        let settled = self.settled(&table);
        let sees = |origin: Origin| match &read.visible {
            Visible::All => true,
            visible => settled.appends.contains(origin) || visible.sees(origin),
        };
        for slot in graph.slots(part.next, EDGES_PER_TURN) {
            if read.wants_edge(slot.edge()) {
                let start = part.hours.len();
                slot.minutes(read.from, read.to, sees, &mut part.hours);
                if part.hours.len() > start {
                    part.found.push((*slot.edge(), part.hours.len()));
                }
            }
        }
        part.next += EDGES_PER_TURN;
        part.next < graph.places()
    }
}

/// Edges, each with the end of its hours.
#[derive(Default)]
struct Part {
    found: Vec<(Edge, usize)>,
    hours: Vec<HourMinutes>,
    /// The slot to go on with, as places were then.
    next: usize,
    generation: u64,
}

impl Part {
    /// Whether `take` wants more.
    fn give(&self, take: &mut (dyn FnMut(&Sighting<'_>) -> bool + Send)) -> bool {
        let mut start = 0;
        self.found.iter().all(|(edge, end)| {
            let hours = self.hours.get(start..*end).unwrap_or_default();
            start = *end;
            take(&Sighting { edge, hours })
        })
    }
}

impl Relations for MemoryRelations {
    fn append<'a>(&'a self, origin: Origin, rows: Vec<RelationRow>) -> BoxFuture<'a, Result<()>> {
        self.append_now(origin, &rows);
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(
        &'a self,
        read: &'a RelationRead,
        take: &'a mut (dyn FnMut(&Sighting<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness>> {
        Box::pin(async move {
            let mut part = Part::default();
            loop {
                let has_more = self.part(read, &mut part);
                if !part.give(take) || !has_more {
                    // Whatever went for want of room may have been seen in any minute.
                    return Ok(Completeness::unless(self.table.read().evicted > 0));
                }
                tokio::task::yield_now().await;
            }
        })
    }

    fn hold<'a>(&'a self, edges: &'a [Edge]) -> BoxFuture<'a, Result<Vec<bool>>> {
        let table = self.table.read();
        let holds = |edge: &Edge| table.graph(edge.scope).is_some_and(|graph| graph.holds(edge));
        let held = edges.iter().map(holds).collect();
        Box::pin(std::future::ready(Ok(held)))
    }

    fn examined(&self, read: &RelationRead) -> u64 {
        if read.from > read.to {
            return 0;
        }
        self.table.read().graph(read.scope).map_or(0, |graph| graph.len() as u64)
    }
}
