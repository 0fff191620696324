//! What is there that was not there before, and what is gone.

use skytrail_model::entity::{Entity, EntityId, EntityRecord};
use skytrail_model::id;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::{EntityFilter, EntityQuery};

use crate::context::Ctx;
use crate::error::Result;
use crate::hash::{Map, Set};
use crate::metadata::{release, version as of_agent};
use crate::query::Query;
use crate::time::Range;

/// Changes that are told, at most.
const MOST: usize = 50;

/// Entities of a kind that are looked at, at most: those that were seen last.
const LOOKED_AT: usize = 2_000;

/// Minutes without a sign after which an instance, which tells every minute that it lives, is gone.
const SILENT: i64 = 5;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// A service.
    Service,
    /// A service calling a service.
    Edge,
    /// The version of a service, by the first instance that has it.
    Version,
    /// An instance.
    Instance,
    /// An endpoint.
    Endpoint,
}

/// How it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// It was never seen before.
    New,
    /// It is not seen any more.
    Gone,
    /// An instance of a service that had been there.
    Started,
    /// It is another one than before.
    Changed,
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub kind: ChangeKind,
    /// How.
    pub change: Changed,
    /// Its name; `caller → callee` of an edge.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Name of its service; none for services and edges.
    pub service: Option<String>,
    /// When it was first or last seen, milliseconds since the Unix epoch.
    pub at: i64,
    /// The version before, of a version.
    pub from: Option<String>,
    /// The version that there is now.
    pub to: Option<String>,
}

impl Query {
    /// What is new in a range, and what was seen since `before` and is gone. Newest first, services
    /// before edges, versions, instances and endpoints.
    pub(super) async fn changes(
        &self,
        ctx: &Ctx,
        range: &Range,
        before: Option<&Range>,
        services: &Set<EntityId>,
    ) -> Result<Vec<Change>> {
        let since = before.map_or(range.from, |before| before.from);
        let since = Minute::of_nanos(since.min(range.from));
        let mut changes = Vec::new();
        for (scope, kind) in [
            (Scope::Service, ChangeKind::Service),
            (Scope::ServiceRelation, ChangeKind::Edge),
            (Scope::ServiceInstance, ChangeKind::Instance),
            (Scope::Endpoint, ChangeKind::Endpoint),
        ] {
            let filters = vec![
                EntityFilter::SeenSince(since),
                EntityFilter::FirstSeenBy(range.last_minute()),
            ];
            let query = EntityQuery { scope, filters, limit: LOOKED_AT };
            ctx.charge_examined(self.storage.entities().examined(&query))?;
            let mut working = ctx.working();
            working.set(LOOKED_AT * 256)?;
            let (records, is_cut) = self.storage.entities().list(&query).await?;
            if is_cut {
                ctx.note_incomplete();
            }
            let is_wanted = |record: &EntityRecord| touches(&record.entity, services);
            let records: Vec<_> = records.iter().filter(|record| is_wanted(record)).collect();
            changes.extend(records.iter().filter_map(|one| change(one, kind, range, before)));
            if kind == ChangeKind::Instance {
                changes.extend(versions(records, range));
            }
        }
        changes.sort_by(|a: &Change, b: &Change| {
            a.kind.cmp(&b.kind).then(b.at.cmp(&a.at)).then_with(|| a.id.cmp(&b.id))
        });
        changes.truncate(MOST);
        Ok(changes)
    }
}

/// Whether an entity belongs to one of some services, or calls one.
fn touches(entity: &Entity, services: &Set<EntityId>) -> bool {
    match entity {
        Entity::ServiceRelation { source, dest } => {
            services.contains(&source.id()) || services.contains(&dest.id())
        }
        other => services.contains(&other.service().id()),
    }
}

fn change(
    record: &EntityRecord,
    kind: ChangeKind,
    range: &Range,
    before: Option<&Range>,
) -> Option<Change> {
    let (first, last) = (range.first_minute(), range.last_minute());
    let is_silent = match kind {
        ChangeKind::Instance if record.last_seen < last.plus(-SILENT) => true,
        _ => before.is_some() && record.last_seen < first,
    };
    let (change, at) = match (record.first_seen >= first, kind) {
        (true, ChangeKind::Instance) => (Changed::Started, record.first_seen),
        (true, _) => (Changed::New, record.first_seen),
        (false, _) if is_silent => (Changed::Gone, record.last_seen),
        (false, _) => return None,
    };
    let (name, service) = match &record.entity {
        Entity::ServiceRelation { source, dest } => {
            (format!("{} → {}", source.name, dest.name), None)
        }
        Entity::Instance(child) | Entity::Endpoint(child) => {
            (child.name.clone(), Some(child.service.name.clone()))
        }
        other => (other.service().name.clone(), None),
    };
    let id = id::entity_id(&record.entity);
    let (from, to) = (None, None);
    Some(Change { kind, change, name, id, service, at: at.start_millis(), from, to })
}

/// Versions that instances started with in a range and that are not those of the instance of the
/// same service that had started last before; each by the first instance that has it.
fn versions(mut instances: Vec<&EntityRecord>, range: &Range) -> Vec<Change> {
    instances.sort_by(|a, b| {
        a.first_seen.cmp(&b.first_seen).then_with(|| a.entity.id().cmp(&b.entity.id()))
    });
    // What runs is compared with what ran, and agents with agents.
    let mut last: Map<(EntityId, bool), &str> = Map::default();
    let mut changes = Vec::new();
    for record in instances {
        let told = release(record).map(|version| (version, true));
        let told = told.or_else(|| of_agent(record).map(|version| (version, false)));
        let (Entity::Instance(child), Some((version, is_own))) = (&record.entity, told) else {
            continue;
        };
        let before = last.insert((child.service.id(), is_own), version);
        if record.first_seen < range.first_minute() {
            continue;
        }
        changes.extend(before.filter(|before| *before != version).map(|before| Change {
            kind: ChangeKind::Version,
            change: Changed::Changed,
            name: child.name.clone(),
            id: id::entity_id(&record.entity),
            service: Some(child.service.name.clone()),
            at: record.first_seen.start_millis(),
            from: Some(before.to_owned()),
            to: Some(version.to_owned()),
        }));
    }
    changes
}

#[cfg(test)]
mod tests {
    use skytrail_model::entity::{ChildRef, Entity, EntityRecord, ServiceRef};
    use skytrail_model::layer::LayerSet;
    use skytrail_model::time::Minute;

    use super::{ChangeKind, Changed, change, versions};
    use crate::time::Range;

    const MINUTE: i64 = 60_000_000_000;

    fn seen(entity: Entity, first: i64, last: i64) -> EntityRecord {
        EntityRecord {
            entity,
            layers: LayerSet::default(),
            first_seen: Minute(first),
            last_seen: Minute(last),
            properties: Vec::new(),
        }
    }

    #[test]
    fn what_came_or_went_in_time_is_told() {
        let service = ServiceRef { name: "web".to_owned(), normal: true };
        let instance =
            Entity::Instance(ChildRef { service: service.clone(), name: "1".to_owned() });
        let service = Entity::Service(service);
        let range = Range { from: 100 * MINUTE, to: 130 * MINUTE };
        let before = range.earlier(30 * MINUTE);
        let of = |entity: &Entity, kind, first, last, before: Option<&Range>| {
            change(&seen(entity.clone(), first, last), kind, &range, before).map(|one| one.change)
        };
        let (one, other) = (ChangeKind::Service, ChangeKind::Instance);
        assert_eq!(of(&service, one, 100, 129, None), Some(Changed::New));
        assert_eq!(of(&service, one, 10, 129, Some(&before)), None);
        assert_eq!(of(&service, one, 10, 101, Some(&before)), None, "it may only be quiet");
        assert_eq!(of(&service, one, 10, 99, Some(&before)), Some(Changed::Gone));
        assert_eq!(of(&service, one, 10, 99, None), None, "compared with nothing");
        assert_eq!(of(&instance, other, 110, 129, None), Some(Changed::Started));
        assert_eq!(of(&instance, other, 10, 123, None), Some(Changed::Gone));
        assert_eq!(of(&instance, other, 10, 124, None), None);
    }

    #[test]
    fn an_instance_with_another_version_is_told_once() {
        let started = |name: &str, service: &str, first: i64, version: Option<&str>| {
            let service = ServiceRef { name: service.to_owned(), normal: true };
            let entity = Entity::Instance(ChildRef { service, name: name.to_owned() });
            let version = version.map(|one| ("service.version".to_owned(), one.to_owned()));
            let properties = [("version".to_owned(), "9.4.0".to_owned())];
            let properties = properties.into_iter().chain(version).collect();
            EntityRecord { properties, ..seen(entity, first, 129) }
        };
        let range = Range { from: 100 * MINUTE, to: 130 * MINUTE };
        let told = |records: &[EntityRecord]| {
            let changes = versions(records.iter().collect(), &range);
            let told = changes.into_iter().map(|one| (one.name, one.from, one.to));
            told.collect::<Vec<_>>()
        };
        let records = [
            started("web-4", "web", 112, Some("2.0")),
            started("web-1", "web", 10, Some("1.0")),
            started("web-3", "web", 110, Some("2.0")),
            started("cart-9", "cart", 105, Some("7.1")),
            started("web-2", "web", 50, Some("1.1")),
        ];
        let (from, to) = (Some("1.1".to_owned()), Some("2.0".to_owned()));
        assert_eq!(told(&records), [("web-3".to_owned(), from, to)]);
        let agents = [started("a", "web", 10, None), started("b", "web", 110, None)];
        assert!(told(&agents).is_empty(), "the same agent");
    }
}
