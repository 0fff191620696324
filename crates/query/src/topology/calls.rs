//! Edges of either side to calls.

use std::collections::{BTreeMap, BTreeSet};

use skytrail_model::component;
use skytrail_model::entity::Entity;
use skytrail_model::id;
use skytrail_model::relation::DetectPoint;

use super::answer::Call;

/// A call on its way: everything that either side said about it.
#[derive(Debug, Default)]
pub(super) struct Reports {
    pub(super) client: BTreeSet<i32>,
    pub(super) server: BTreeSet<i32>,
    sides: BTreeSet<DetectPoint>,
}

/// Calls by caller and callee.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) by_ends: BTreeMap<(Entity, Entity), Reports>,
}

impl Calls {
    pub(super) fn add(&mut self, ends: (Entity, Entity), side: DetectPoint, component: i32) {
        let reports = self.by_ends.entry(ends).or_default();
        reports.sides.insert(side);
        match side {
            DetectPoint::Client => reports.client.insert(component),
            DetectPoint::Server => reports.server.insert(component),
        };
    }

    /// The calls in the order of their ids.
    pub(super) fn answer(&self, with_components: bool) -> Vec<Call> {
        let call = |((source, dest), reports): (&(Entity, Entity), &Reports)| Call {
            id: call_id(source, dest),
            source: id::entity_id(source),
            target: id::entity_id(dest),
            source_components: names(&reports.client, with_components),
            target_components: names(&reports.server, with_components),
            detect_points: reports.sides.iter().copied().collect(),
        };
        let mut calls: Vec<_> = self.by_ends.iter().map(call).collect();
        calls.sort_by(|a, b| a.id.cmp(&b.id));
        calls
    }
}

fn call_id(source: &Entity, dest: &Entity) -> String {
    match (source, dest) {
        (Entity::Endpoint(source), Entity::Endpoint(dest)) => {
            let (source, dest) = (source.clone(), dest.clone());
            id::entity_id(&Entity::EndpointRelation { source, dest })
        }
        _ => format!("{}-{}", id::entity_id(source), id::entity_id(dest)),
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
