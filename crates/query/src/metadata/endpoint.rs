//! Endpoints.

use skytrail_model::entity::{Entity, EntityRecord};
use skytrail_model::id;
use skytrail_model::scope::Scope;
use skytrail_storage::{EntityFilter, EntityQuery};

use crate::context::Ctx;
use crate::entity::parse_service;
use crate::error::{Error, Result};
use crate::query::Query;
use crate::time::Duration;

/// An endpoint (protocol `Endpoint`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// An endpoint and its service (protocol `EndpointInfo`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointInfo {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Id of the service.
    pub service_id: String,
    /// Name of the service.
    pub service_name: String,
}

fn endpoint(record: EntityRecord) -> Option<Endpoint> {
    let Entity::Endpoint(child) = record.entity else { return None };
    Some(Endpoint { id: id::child_id(&child.service, &child.name), name: child.name })
}

impl Query {
    /// `findEndpoint`: endpoints of a service whose name contains `keyword`,
    /// seen last first, at most `limit`.
    ///
    /// # Errors
    /// `Invalid` for a wrong id, limit or range.
    pub async fn find_endpoint(
        &self,
        ctx: &Ctx,
        keyword: Option<&str>,
        service_id: &str,
        limit: i64,
        duration: Option<&Duration>,
    ) -> Result<Vec<Endpoint>> {
        let service = parse_service("serviceId", service_id)?;
        let limit = usize::try_from(limit).map_err(|_| Error::invalid("limit is negative"))?;
        let mut filters = vec![EntityFilter::Service(service.id())];
        if let Some(keyword) = keyword.filter(|keyword| !keyword.is_empty()) {
            filters.push(EntityFilter::Keyword(keyword.to_owned()));
        }
        if let Some(duration) = duration {
            let window = duration.window(&self.zone)?;
            filters.push(EntityFilter::SeenSince(window.first));
            filters.push(EntityFilter::FirstSeenBy(window.end));
        }
        let limit = limit.min(self.config.max_endpoints);
        let query = EntityQuery { scope: Scope::Endpoint, filters, limit };
        ctx.charge_examined(self.storage.entities().examined(&query))?;
        let (records, _) = self.storage.entities().list(&query).await?;
        Ok(records.into_iter().filter_map(endpoint).collect())
    }

    /// `getEndpointInfo`: what the id says; none when it is not one.
    pub fn get_endpoint_info(&self, endpoint_id: &str) -> Option<EndpointInfo> {
        let child = id::parse_child(endpoint_id)?;
        Some(EndpointInfo {
            id: endpoint_id.to_owned(),
            name: child.name,
            service_id: id::service_id(&child.service),
            service_name: child.service.name,
        })
    }
}
