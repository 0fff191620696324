//! Who called whom: rows of memory and edges with their hours in parts.

use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_model::relation::RelationRow;
use skytrail_model::time::Minute;
use skytrail_storage::{
    Completeness, Edge, HourMinutes, Origin, RelationRead, Relations, Result, Sighting,
};

use super::core::Core;
use super::part::RelationPart;
use super::reading::{Asked, Hand};
use super::rows::RelationRows;
use super::state::Snapshot;
use super::storage::EmbeddedStorage;

/// Edges that are handed over at once.
const HANDED_EDGES: usize = 256;

/// Edges that are looked at before whoever appends gets a turn.
const EDGES_PER_TURN: usize = 1_024;

/// An edge and some minutes of one hour that it was seen in.
type Seen = (Edge, HourMinutes);

/// The parts that may hold what is asked for; none where it is too old.
fn parts(snapshot: &Snapshot, read: &RelationRead) -> Vec<Arc<RelationPart>> {
    let mut parts: Vec<_> = snapshot.version.parts.relations.clone();
    for generation in &snapshot.generations {
        parts.extend(generation.relations.parts());
    }
    parts.retain(|part| {
        let (first, last) = (Minute::of_nanos(part.entry.first), Minute::of_nanos(part.entry.last));
        first <= read.to && last >= read.from
    });
    parts
}

/// An answer on its way.
struct Giving<'a> {
    core: &'a Core,
    read: &'a RelationRead,
    asked: &'a Asked,
    hand: &'a Hand<Vec<Seen>>,
    waiting: Vec<Seen>,
}

impl Giving<'_> {
    fn give(&mut self, snapshot: &Snapshot) -> Result<Completeness> {
        // What is written meanwhile is seen twice, which does no harm, and not missed.
        if !self.memory(snapshot)? {
            return Ok(Completeness::Complete);
        }
        let mut is_missing = false;
        for part in parts(snapshot, self.read) {
            self.asked.check()?;
            match self.part(&part)? {
                Some(true) => {}
                Some(false) => {
                    self.asked.check()?;
                    return Ok(Completeness::unless(is_missing));
                }
                None => is_missing = true,
            }
        }
        self.flush();
        Ok(Completeness::unless(is_missing))
    }

    /// Whether more is wanted.
    fn memory(&mut self, snapshot: &Snapshot) -> Result<bool> {
        for generation in &snapshot.generations {
            let mut is_wanted = true;
            let look = |giving: &mut Self, rows: &RelationRows, place: &mut _| {
                let waiting = &mut giving.waiting;
                *place = rows.find(giving.read, *place, EDGES_PER_TURN, |edge, hour| {
                    waiting.push((edge, hour));
                });
                place.is_some()
            };
            generation.relations.go_through(self, look, |giving| {
                is_wanted = !giving.asked.is_over() && giving.flush();
                is_wanted
            });
            self.asked.check()?;
            if !is_wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether more is wanted; none where the part is damaged.
    fn part(&mut self, part: &RelationPart) -> Result<Option<bool>> {
        let (core, read) = (self.core, self.read);
        let sees = |origin| part.is_settled || read.visible.sees(origin);
        let mut take = |edge: &Edge, hour: HourMinutes| {
            self.waiting.push((*edge, hour));
            self.waiting.len() < HANDED_EDGES || (self.flush() && !self.asked.is_over())
        };
        let given = part.part.read(read, &sees, &mut take);
        Ok(core.suspects.judge(part, given)?)
    }

    fn flush(&mut self) -> bool {
        self.waiting.is_empty() || self.hand.give(std::mem::take(&mut self.waiting))
    }
}

impl Relations for EmbeddedStorage {
    fn append<'a>(&'a self, origin: Origin, rows: Vec<RelationRow>) -> BoxFuture<'a, Result<()>> {
        let is_full = self.core.state.append(|generation| {
            let bytes = generation.relations.append(|held| {
                rows.into_iter().for_each(|row| held.push(origin, row));
            });
            bytes > self.core.config.relation_bytes
        });
        if is_full {
            self.relieve();
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(
        &'a self,
        read: &'a RelationRead,
        take: &'a mut (dyn FnMut(&Sighting<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness>> {
        Box::pin(async move {
            let snapshot = self.core.state.snapshot();
            let gone = snapshot.version.gone;
            let ttl = self.core.retention().metric_ttl;
            let oldest = self.core.now().saturating_sub(ttl);
            let from = read.from.start_nanos().max(oldest);
            let is_lost = gone.relations_lost_to.is_some_and(|lost_to| lost_to >= from);
            let from = read.from.max(Minute(gone.minutes_before));
            let (core, read) = (self.core.clone(), RelationRead { from, ..read.clone() });
            let give = move |asked: &Asked, hand: &Hand<Vec<Seen>>| {
                let (core, read, waiting) = (&core, &read, Vec::new());
                Giving { core, read, asked, hand, waiting }.give(&snapshot)
            };
            let take = |seen: Vec<Seen>| {
                seen.iter()
                    .all(|(edge, hour)| take(&Sighting { edge, hours: std::slice::from_ref(hour) }))
            };
            let given = self.core.reads.hand_over("reading relations", give, take).await?;
            Ok(if is_lost { Completeness::Incomplete } else { given })
        })
    }

    fn hold<'a>(&'a self, edges: &'a [Edge]) -> BoxFuture<'a, Result<Vec<bool>>> {
        Box::pin(async move {
            let snapshot = self.core.state.snapshot();
            let (core, wanted) = (self.core.clone(), edges.to_vec());
            let look = move |asked: &Asked| hold(&core, &snapshot, &wanted, asked);
            self.core.reads.run("looking for relations", look).await
        })
    }

    fn examined(&self, read: &RelationRead) -> u64 {
        let snapshot = self.core.state.snapshot();
        let parts = parts(&snapshot, read).iter().map(|part| part.entry.rows).sum::<u64>();
        let mut memory = 0;
        for generation in &snapshot.generations {
            generation.relations.rows(|rows| memory += rows.examined(read));
        }
        parts + memory
    }
}

fn hold(core: &Core, snapshot: &Snapshot, edges: &[Edge], asked: &Asked) -> Result<Vec<bool>> {
    let mut held = vec![false; edges.len()];
    let mut parts = snapshot.version.parts.relations.clone();
    for generation in &snapshot.generations {
        let look = |held: &mut Vec<bool>, rows: &RelationRows, place: &mut usize| {
            let step = held.iter_mut().zip(edges).skip(*place).take(HANDED_EDGES);
            step.for_each(|(held, edge)| *held = *held || rows.holds(edge));
            *place += HANDED_EDGES;
            *place < edges.len()
        };
        generation.relations.go_through(&mut held, look, |_| !asked.is_over());
        asked.check()?;
        parts.extend(generation.relations.parts());
    }
    for part in parts {
        asked.check()?;
        let in_part = core.suspects.judge(&part, part.part.hold(edges))?.unwrap_or_default();
        held.iter_mut().zip(in_part).for_each(|(held, in_part)| *held |= in_part);
    }
    Ok(held)
}
