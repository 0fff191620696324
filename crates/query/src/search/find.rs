//! Services, endpoints and instances by a part of their names.

use skytrail_model::entity::{Entity, EntityRecord};
use skytrail_model::id;
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::{EntityFilter, EntityQuery};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::metadata::RECORD_BYTES;
use crate::query::Query;

/// Entries of a list, at most.
pub const MOST_FOUND: usize = 50;

/// Characters of a text that is looked for, at most.
const MOST_CHARS: usize = 200;

/// Entities that are looked at for one that is listed: names that begin with the text come first.
const LOOKED_AT: usize = 10;

/// Minutes that are looked back: a day.
const BACK: i64 = 1_440;

/// A service that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundService {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Names of its layers.
    pub layers: Vec<&'static str>,
    /// Whether it reports itself.
    pub real: bool,
}

/// An endpoint or an instance that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPart {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Name of its service.
    pub service: String,
    /// Id of its service.
    pub service_id: String,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Services.
    pub services: Vec<FoundService>,
    /// Endpoints.
    pub endpoints: Vec<FoundPart>,
    /// Instances.
    pub instances: Vec<FoundPart>,
    /// Whether there are no more.
    pub complete: bool,
}

impl Query {
    /// What was seen on the last day and has a text in its name, ASCII case ignored; at most `limit`
    /// of a kind, those whose name begins with the text first.
    ///
    /// # Errors
    /// `Invalid` for no text, or a long one, and for a wrong limit.
    pub async fn find(&self, ctx: &Ctx, text: &str, limit: usize) -> Result<Found> {
        if text.is_empty() || text.chars().count() > MOST_CHARS {
            let message = format!("text has not from 1 to {MOST_CHARS} characters");
            return Err(Error::invalid(message));
        }
        if !(1..=MOST_FOUND).contains(&limit) {
            return Err(Error::invalid(format!("limit is not from 1 to {MOST_FOUND}")));
        }
        let mut found = Found { complete: true, ..Found::default() };
        let asked = (text, limit);
        let services = self.found_of(ctx, Scope::Service, asked, &mut found.complete).await?;
        found.services = services.iter().map(service).collect();
        let endpoints = self.found_of(ctx, Scope::Endpoint, asked, &mut found.complete).await?;
        found.endpoints = endpoints.iter().filter_map(part).collect();
        let instances =
            self.found_of(ctx, Scope::ServiceInstance, asked, &mut found.complete).await?;
        found.instances = instances.iter().filter_map(part).collect();
        Ok(found)
    }

    async fn found_of(
        &self,
        ctx: &Ctx,
        scope: Scope,
        (text, limit): (&str, usize),
        is_complete: &mut bool,
    ) -> Result<Vec<EntityRecord>> {
        let since = Minute::of_nanos(self.clock.unix_nanos()).plus(-BACK);
        let filters = vec![EntityFilter::Keyword(text.to_owned()), EntityFilter::SeenSince(since)];
        let query = EntityQuery { scope, filters, limit: limit * LOOKED_AT };
        ctx.charge_examined(self.storage.entities().examined(&query))?;
        let mut working = ctx.working();
        working.set(query.limit * RECORD_BYTES)?;
        let (mut records, is_cut) = self.storage.entities().list(&query).await?;
        let key = |record: &EntityRecord| {
            let name = name(&record.entity);
            let begins = name.get(..text.len()).is_some_and(|one| one.eq_ignore_ascii_case(text));
            (!begins, name.len(), name.to_owned())
        };
        records.sort_by_cached_key(key);
        *is_complete &= !is_cut && records.len() <= limit;
        records.truncate(limit);
        ctx.keep(limit * RECORD_BYTES)?;
        Ok(records)
    }
}

fn name(entity: &Entity) -> &str {
    match entity {
        Entity::Instance(child) | Entity::Endpoint(child) => &child.name,
        other => &other.service().name,
    }
}

fn service(record: &EntityRecord) -> FoundService {
    let service = record.entity.service();
    let layers = record.layers.iter().filter(|layer| *layer != Layer::UNDEFINED).map(Layer::name);
    let layers: Vec<_> = layers.collect();
    FoundService {
        id: id::service_id(service),
        name: service.name.clone(),
        real: service.normal && !layers.is_empty(),
        layers,
    }
}

fn part(record: &EntityRecord) -> Option<FoundPart> {
    let (Entity::Instance(child) | Entity::Endpoint(child)) = &record.entity else { return None };
    Some(FoundPart {
        id: id::entity_id(&record.entity),
        name: child.name.clone(),
        service: child.service.name.clone(),
        service_id: id::service_id(&child.service),
    })
}
