//! Calls to nodes and edges.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use skytrail_model::component;
use skytrail_model::entity::{Entity, EntityId, EntityRecord};
use skytrail_model::id;
use skytrail_model::layer::Layer;
use skytrail_model::time::Minute;

use super::shapes::{Calls, Drawn, Map, MapEdge, MapNode, Measurements, Pair};
use crate::hash;
use crate::measures::Measured;
use crate::overview::plain_status;
use crate::topology::calls::foremost;
use crate::topology::traffic::Traffic;

/// Name of the caller that requests from outside are attributed to.
const USER: &str = "User";

/// Everything that a map is made of.
pub(super) struct Drawing {
    pub(super) now: Calls,
    /// The calls of the range that is compared with.
    pub(super) before: Option<Calls>,
    /// What callers and callees tell.
    pub(super) measured: [Measurements; 2],
    /// What nodes tell of themselves.
    pub(super) own: hash::Map<EntityId, Measured>,
    /// Records of the relations of the range.
    pub(super) relations: hash::Map<EntityId, EntityRecord>,
    /// The first minute of the range.
    pub(super) first: Minute,
    pub(super) minutes: f64,
    /// Only calls between these services.
    pub(super) between: Option<[EntityId; 2]>,
    /// Only calls that touch one of these services.
    pub(super) wanted: Option<hash::Set<EntityId>>,
    /// Only what is so many calls away from a service.
    pub(super) around: Option<(EntityId, usize)>,
}

/// What calls tell about a node.
#[derive(Default)]
struct Told {
    entity: Option<Entity>,
    /// Components that it answered with, that callers used, and that its callees answered with.
    server: BTreeSet<i32>,
    called_with: BTreeSet<i32>,
    answered_with: BTreeSet<i32>,
    /// What its callers measured, and what its callees did.
    by_callers: Measured,
    by_callees: Measured,
    /// Whether it is in a call of the range.
    is_there: bool,
}

impl Drawing {
    pub(super) fn map(self) -> Map {
        let mut calls: BTreeMap<Pair, (&Drawn, bool)> = BTreeMap::new();
        let before = self.before.iter().flat_map(|before| &before.by_ends);
        calls.extend(before.map(|(pair, drawn)| (*pair, (drawn, false))));
        calls.extend(self.now.by_ends.iter().map(|(pair, drawn)| (*pair, (drawn, true))));
        calls.retain(|_, (drawn, _)| self.is_wanted(drawn));
        if let Some((center, depth)) = self.around {
            let near = near(calls.keys(), center, depth);
            calls.retain(|(source, dest), _| near.contains(source) && near.contains(dest));
        }
        let mut told: BTreeMap<EntityId, Told> = BTreeMap::new();
        for ((source, dest), (drawn, is_there)) in &calls {
            self.tell(&mut told, (*source, *dest), drawn, *is_there);
        }
        let mut nodes: Vec<MapNode> =
            told.iter().filter_map(|(id, told)| self.node(*id, told)).collect();
        nodes.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let mut edges: Vec<MapEdge> = calls
            .iter()
            .map(|(pair, (drawn, is_there))| self.edge(*pair, drawn, *is_there))
            .collect();
        edges.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Map { nodes, edges, complete: true }
    }

    fn is_wanted(&self, drawn: &Drawn) -> bool {
        let ends = [drawn.source.service().id(), drawn.dest_service()];
        let is_between =
            self.between.is_none_or(|[one, other]| ends == [one, other] || ends == [other, one]);
        let touches = |wanted: &hash::Set<EntityId>| ends.iter().any(|end| wanted.contains(end));
        is_between && self.wanted.as_ref().is_none_or(touches)
    }

    fn tell(&self, told: &mut BTreeMap<EntityId, Told>, pair: Pair, drawn: &Drawn, is_there: bool) {
        let of_side = |wanted: bool| {
            let components = drawn.components.iter().filter(move |(side, _)| *side == wanted);
            components.map(|(_, component)| *component)
        };
        let caller = told.entry(pair.0).or_default();
        caller.entity.get_or_insert_with(|| drawn.source.clone());
        caller.answered_with.extend(of_side(true));
        caller.is_there |= is_there;
        let callee = told.entry(pair.1).or_default();
        callee.entity.get_or_insert_with(|| drawn.dest.clone());
        callee.server.extend(of_side(true));
        callee.called_with.extend(of_side(false));
        callee.is_there |= is_there;
        let [client, server] = &self.measured;
        if let Some(measured) = client.get(&pair) {
            callee.by_callers.merge(measured);
        }
        if let Some(measured) = server.get(&pair) {
            told.entry(pair.0).or_default().by_callees.merge(measured);
        }
    }

    fn node(&self, id: EntityId, told: &Told) -> Option<MapNode> {
        let entity = told.entity.as_ref()?;
        let service = entity.service();
        let before = self.before.as_ref();
        let record = self.now.records.get(&id).or_else(|| before?.records.get(&id));
        let layers = record.map(|record| record.layers).unwrap_or_default();
        let layers = layers.iter().filter(|layer| *layer != Layer::UNDEFINED).map(Layer::name);
        let layers: Vec<_> = layers.collect();
        // An address that nobody knows is called like a service, and never tells of itself.
        let real = service.normal && (!layers.is_empty() || !matches!(entity, Entity::Service(_)));
        // What only calls has what its callees tell.
        let measured = [self.own.get(&id), Some(&told.by_callers)].into_iter().flatten();
        let measured = measured.into_iter().find(|one| one.calls > 0).unwrap_or(&told.by_callees);
        let is_new = record.is_some_and(|record| record.first_seen >= self.first);
        let (name, group) = match entity {
            Entity::Service(service) => {
                let group = service.name.split_once("::").map_or("", |(group, _)| group);
                (service.name.clone(), group.to_owned())
            }
            Entity::Instance(child) | Entity::Endpoint(child) => {
                (child.name.clone(), String::new())
            }
            _ => return None,
        };
        Some(MapNode {
            id: id::entity_id(entity),
            name,
            r#type: kind(entity, told),
            real,
            layers,
            group,
            traffic: Traffic::of(measured, self.minutes),
            status: plain_status(measured),
            change: match (told.is_there, is_new) {
                (false, _) => Some("gone"),
                (true, true) => Some("new"),
                (true, false) => None,
            },
        })
    }

    fn edge(&self, pair: Pair, drawn: &Drawn, is_there: bool) -> MapEdge {
        let [client, server] = &self.measured;
        let traffic = |measured: &Measurements| {
            measured.get(&pair).and_then(|measured| Traffic::some(measured, self.minutes))
        };
        let (source, target) = (id::entity_id(&drawn.source), id::entity_id(&drawn.dest));
        let names = drawn.components.iter().map(|(_, component)| component::name(*component));
        let names: BTreeSet<&str> = names.filter(|name| *name != "N/A").collect();
        // One that is known by several relations is as old as the oldest of them.
        let seen = drawn.relations.iter().filter_map(|relation| self.relations.get(relation));
        let first = seen.map(|record| record.first_seen).min();
        let is_new = first.is_some_and(|first| first >= self.first);
        MapEdge {
            id: format!("{source}-{target}"),
            source,
            target,
            components: names.into_iter().map(str::to_owned).collect(),
            client: traffic(client),
            server: traffic(server),
            change: match (is_there, is_new) {
                (false, _) => Some("gone"),
                (true, true) => Some("new"),
                (true, false) => None,
            },
        }
    }
}

impl Drawn {
    fn dest_service(&self) -> EntityId {
        self.dest.service().id()
    }
}

/// What a node is: what it answers with; what is conjectured, what its callers speak to, and what
/// calls without being called, what its callees are spoken to with.
fn kind(entity: &Entity, told: &Told) -> String {
    let service = entity.service();
    if !matches!(entity, Entity::Service(_)) {
        return String::new();
    }
    if !service.normal && service.name == USER {
        return USER.to_uppercase();
    }
    if let Some(number) = foremost(told.server.iter()) {
        return component::name(number).to_owned();
    }
    if service.normal {
        return String::new();
    }
    let number = foremost(told.answered_with.iter()).or_else(|| foremost(told.called_with.iter()));
    number.map(|number| component::server_of(number).to_owned()).unwrap_or_default()
}

/// What can be reached by so many calls, in either direction.
fn near<'a>(
    calls: impl Iterator<Item = &'a Pair>,
    center: EntityId,
    depth: usize,
) -> hash::Set<EntityId> {
    let mut neighbours: hash::Map<EntityId, Vec<EntityId>> = hash::Map::default();
    for (source, dest) in calls {
        neighbours.entry(*source).or_default().push(*dest);
        neighbours.entry(*dest).or_default().push(*source);
    }
    let mut near = hash::Set::default();
    near.insert(center);
    let mut open = VecDeque::from([(center, 0)]);
    while let Some((id, away)) = open.pop_front() {
        if away >= depth {
            continue;
        }
        for next in neighbours.get(&id).into_iter().flatten() {
            if near.insert(*next) {
                open.push_back((*next, away + 1));
            }
        }
    }
    near
}
