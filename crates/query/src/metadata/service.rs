//! Services and layers.

use skytrail_model::entity::{Entity, EntityRecord, ServiceRef};
use skytrail_model::id;
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::scope::Scope;
use skytrail_storage::{EntityFilter, EntityQuery};

use crate::aliases::AliasTable;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::query::Query;

/// About what a service, instance, endpoint or relation takes by name, from the store to the answer.
pub(crate) const RECORD_BYTES: usize = 512;

/// A service (protocol `Service`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// `base64(name).1`, or `.0` for a conjectured one.
    pub id: String,
    /// Name.
    pub name: String,
    /// What stands before `::` in the name; else empty.
    pub group: String,
    /// What stands behind it; else the name.
    pub short_name: String,
    /// Names of its layers, in the order of their numbers.
    pub layers: Vec<&'static str>,
    /// Whether it reports itself.
    pub normal: bool,
}

impl Service {
    fn new(service: &ServiceRef, layers: LayerSet) -> Self {
        let (group, short_name) = match service.name.split_once("::") {
            Some((group, short_name)) if !group.is_empty() => (group, short_name),
            _ => ("", service.name.as_str()),
        };
        Self {
            id: id::service_id(service),
            name: service.name.clone(),
            group: group.to_owned(),
            short_name: short_name.to_owned(),
            layers: known(layers).map(Layer::name).collect(),
            normal: service.normal,
        }
    }
}

fn known(layers: LayerSet) -> impl Iterator<Item = Layer> {
    layers.iter().filter(|layer| *layer != Layer::UNDEFINED)
}

/// The service of a record, unless it is known as an end of calls only, such
/// as `User` or a network address. Who reports itself is a service, even where
/// it is called by its own name: `orders`, that lives at the address `orders`.
fn listed(record: &EntityRecord, aliases: &AliasTable) -> Option<Service> {
    let Entity::Service(service) = &record.entity else { return None };
    let is_seen = known(record.layers).next().is_some();
    let is_real = || known(record.layers).any(Layer::is_normal);
    let is_address = || !aliases.is_empty() && aliases.address(record.entity.id()).is_some();
    (is_seen && (is_real() || !is_address())).then(|| Service::new(service, record.layers))
}

impl Query {
    /// `listLayers`: the layers that services were seen in.
    ///
    /// # Errors
    /// As [`Query::list_services`].
    pub async fn list_layers(&self, ctx: &Ctx) -> Result<Vec<&'static str>> {
        let services = self.list_services(ctx, None).await?;
        let seen = |layer: &Layer| services.iter().any(|s| s.layers.contains(&layer.name()));
        Ok(Layer::all().filter(seen).map(Layer::name).collect())
    }

    /// `listServices`: the services of a layer, or all, by name. A layer that
    /// nobody knows has none, as in SkyWalking.
    ///
    /// # Errors
    /// `TooLarge` for more services than are listed.
    pub async fn list_services(&self, ctx: &Ctx, layer: Option<&str>) -> Result<Vec<Service>> {
        let filters = match layer.filter(|layer| !layer.is_empty()) {
            Some(layer) => match Layer::from_name(layer) {
                Some(layer) => vec![EntityFilter::Layer(layer)],
                None => return Ok(Vec::new()),
            },
            None => Vec::new(),
        };
        let query = EntityQuery { scope: Scope::Service, filters, limit: self.config.max_listed };
        let records = self.list_entities(ctx, &query).await?;
        let aliases = self.aliases().await?;
        let mut services: Vec<_> =
            records.iter().filter_map(|record| listed(record, &aliases)).collect();
        services.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| b.normal.cmp(&a.normal)));
        Ok(services)
    }

    /// Entities in the order of the store.
    ///
    /// # Errors
    /// `TooLarge` when the limit of `query` leaves some out.
    pub(crate) async fn list_entities(
        &self,
        ctx: &Ctx,
        query: &EntityQuery,
    ) -> Result<Vec<EntityRecord>> {
        ctx.charge_examined(self.storage.entities().examined(query))?;
        let (records, cut) = self.storage.entities().list(query).await?;
        if cut {
            return Err(Error::too_large(format!(
                "more than {} entities of scope {}; narrow the conditions",
                query.limit,
                query.scope.catalogue_name()
            )));
        }
        ctx.keep(records.len().saturating_mul(RECORD_BYTES))?;
        Ok(records)
    }

    /// `getService`: a service by id; none when it is not known.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get_service(&self, ctx: &Ctx, service_id: &str) -> Result<Option<Service>> {
        let Some(service) = id::parse_service(service_id) else { return Ok(None) };
        self.service_of(ctx, &service).await
    }

    /// `findService`: a service that reports itself, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_service(&self, ctx: &Ctx, service_name: &str) -> Result<Option<Service>> {
        let service = ServiceRef { name: service_name.to_owned(), normal: true };
        self.service_of(ctx, &service).await
    }

    async fn service_of(&self, ctx: &Ctx, service: &ServiceRef) -> Result<Option<Service>> {
        ctx.charge(1)?;
        let records = self.storage.entities().get(&[service.id()]).await?;
        let aliases = self.aliases().await?;
        Ok(records.first().and_then(|record| listed(record, &aliases)))
    }
}
