//! Who called whom: rows of memory and edges with their hours in parts.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_model::relation::RelationRow;
use skytrail_model::time::Minute;
use skytrail_storage::{Edge, HourMinutes, Origin, RelationRead, Relations, Result, Sighting};
use tokio::sync::mpsc;

use super::blocking::blocking;
use super::core::Core;
use super::part::RelationPart;
use super::state::Snapshot;
use super::storage::EmbeddedStorage;

/// Edges that are handed over at once, and hand-overs that wait for whoever asked.
const HANDED_EDGES: usize = 1_024;
const WAITING: usize = 2;

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

/// Edges of memory with their hours.
fn in_memory(snapshot: &Snapshot, read: &RelationRead) -> BTreeMap<Edge, Vec<HourMinutes>> {
    let mut edges: BTreeMap<Edge, Vec<HourMinutes>> = BTreeMap::new();
    for generation in &snapshot.generations {
        generation.relations.rows(|rows| {
            rows.find(read, |edge, hour| add(edges.entry(*edge).or_default(), hour));
        });
    }
    edges
}

/// Adds minutes of an hour, which are joined with those of the same hour.
fn add(hours: &mut Vec<HourMinutes>, new: HourMinutes) {
    match hours.binary_search_by_key(&new.hour, |hour| hour.hour) {
        Ok(place) => hours.iter_mut().skip(place).take(1).for_each(|hour| {
            hour.minutes |= new.minutes;
        }),
        Err(place) => hours.insert(place, new),
    }
}

/// Gives what parts hold, until nobody wants more.
fn give_parts(
    core: &Core,
    parts: &[Arc<RelationPart>],
    read: &RelationRead,
    hand: &mpsc::Sender<Vec<Seen>>,
) -> Result<()> {
    let mut waiting: Vec<Seen> = Vec::new();
    for part in parts {
        let sees = |origin| part.is_settled || read.visible.sees(origin);
        let mut take = |edge: &Edge, hour: HourMinutes| {
            waiting.push((*edge, hour));
            waiting.len() < HANDED_EDGES || hand.blocking_send(std::mem::take(&mut waiting)).is_ok()
        };
        let given = part.part.read(read, &sees, &mut take);
        if !core.suspects.judge(part, given)?.unwrap_or(true) {
            return Ok(());
        }
    }
    // Nobody may be there any more.
    let _ = hand.blocking_send(waiting);
    Ok(())
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
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let snapshot = self.core.state.snapshot();
            let from = read.from.max(Minute(snapshot.version.gone.minutes_before));
            let read = RelationRead { from, ..read.clone() };
            // What is written meanwhile is seen twice, which does no harm, and not missed.
            let memory = in_memory(&snapshot, &read);
            let parts = parts(&snapshot, &read);
            if !memory.iter().all(|(edge, hours)| take(&Sighting { edge, hours })) {
                return Ok(());
            }
            if parts.is_empty() {
                return Ok(());
            }
            let (hand, mut handed) = mpsc::channel(WAITING);
            let core = self.core.clone();
            let give = move || give_parts(&core, &parts, &read, &hand);
            let reading = blocking("reading relations", give);
            while let Some(seen) = handed.recv().await {
                let mut sightings = seen
                    .iter()
                    .map(|(edge, hour)| Sighting { edge, hours: std::slice::from_ref(hour) });
                if !sightings.all(|sighting| take(&sighting)) {
                    break;
                }
            }
            drop(handed);
            reading.await
        })
    }

    fn hold<'a>(&'a self, edges: &'a [Edge]) -> BoxFuture<'a, Result<Vec<bool>>> {
        Box::pin(async move {
            let snapshot = self.core.state.snapshot();
            let (core, wanted) = (self.core.clone(), edges.to_vec());
            blocking("looking for relations", move || hold(&core, &snapshot, &wanted)).await
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

fn hold(core: &Core, snapshot: &Snapshot, edges: &[Edge]) -> Result<Vec<bool>> {
    let mut held = vec![false; edges.len()];
    let mut parts = snapshot.version.parts.relations.clone();
    for generation in &snapshot.generations {
        generation.relations.rows(|rows| {
            let known: HashSet<Edge> = rows.edges().copied().collect();
            held.iter_mut().zip(edges).for_each(|(held, edge)| *held |= known.contains(edge));
        });
        parts.extend(generation.relations.parts());
    }
    for part in parts {
        let in_part = core.suspects.judge(&part, part.part.hold(edges))?.unwrap_or_default();
        held.iter_mut().zip(in_part).for_each(|(held, in_part)| *held |= in_part);
    }
    Ok(held)
}
