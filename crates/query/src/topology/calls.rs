//! Edges of either side to calls.

use std::collections::BTreeSet;

use hashbrown::hash_map::Entry;
use skytrail_model::component;
use skytrail_model::entity::{Entity, EntityId};
use skytrail_model::id;
use skytrail_model::relation::DetectPoint;

use super::answer::Call;
use crate::hash::Map;

/// A call on its way: everything that either side said about it.
#[derive(Debug, Default)]
pub(super) struct Reports {
    pub(super) client: BTreeSet<i32>,
    pub(super) server: BTreeSet<i32>,
    sides: BTreeSet<DetectPoint>,
}

/// The ids of caller and callee.
pub(super) type EndIds = (EntityId, EntityId);

/// A call with its caller and callee.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) source: Entity,
    pub(super) dest: Entity,
    pub(super) reports: Reports,
}

/// Calls by caller and callee.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) by_ends: Map<EndIds, Told>,
}

impl Calls {
    /// Adds what one side said. `ends` is asked when the call is new; without
    /// names there is no call.
    pub(super) fn add(
        &mut self,
        ids: EndIds,
        (side, component): (DetectPoint, i32),
        ends: impl FnOnce() -> Option<(Entity, Entity)>,
    ) {
        let told = match self.by_ends.entry(ids) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let Some((source, dest)) = ends() else { return };
                new.insert(Told { source, dest, reports: Reports::default() })
            }
        };
        told.reports.sides.insert(side);
        match side {
            DetectPoint::Client => told.reports.client.insert(component),
            DetectPoint::Server => told.reports.server.insert(component),
        };
    }

    /// The calls in the order of their ids.
    pub(super) fn answer(&self, with_components: bool) -> Vec<Call> {
        let mut ids: Map<EntityId, String> = Map::default();
        let mut id_of = |id: EntityId, entity: &Entity| {
            ids.entry(id).or_insert_with(|| id::entity_id(entity)).clone()
        };
        let call = |((source_id, dest_id), told): (&EndIds, &Told)| {
            let Told { source, dest, reports } = told;
            let (from, to) = (id_of(*source_id, source), id_of(*dest_id, dest));
            Call {
                id: call_id(told, &from, &to),
                source: from,
                target: to,
                source_components: names(&reports.client, with_components),
                target_components: names(&reports.server, with_components),
                detect_points: reports.sides.iter().copied().collect(),
            }
        };
        let mut calls: Vec<_> = self.by_ends.iter().map(call).collect();
        calls.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        calls
    }
}

fn call_id(told: &Told, from: &str, to: &str) -> String {
    match (&told.source, &told.dest) {
        (Entity::Endpoint(source), Entity::Endpoint(dest)) => {
            let (source, dest) = (source.clone(), dest.clone());
            id::entity_id(&Entity::EndpointRelation { source, dest })
        }
        _ => [from, "-", to].concat(),
    }
}

fn names(components: &BTreeSet<i32>, wanted: bool) -> Vec<String> {
    let names = components.iter().filter(|_| wanted).map(|number| component::name(*number));
    let distinct: BTreeSet<&str> = names.collect();
    distinct.into_iter().map(str::to_owned).collect()
}

/// Of several components the one that is closest to the business code; of
/// equally close ones the lowest number.
pub(super) fn foremost<'a>(components: impl Iterator<Item = &'a i32>) -> Option<i32> {
    components.copied().max_by_key(|number| (component::priority(*number), -i64::from(*number)))
}
