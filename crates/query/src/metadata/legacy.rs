//! Metadata as clients before version 9 ask for it. Their time ranges are read
//! and mean nothing: what was seen is listed as long as it is kept.

use skytrail_model::layer::Layer;

use super::endpoint::Endpoint;
use super::instance::ServiceInstance;
use super::service::Service;
use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;
use crate::time::Duration;

/// A database (protocol `Database`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Id of the service that stands for it.
    pub id: String,
    /// Name, mostly an address.
    pub name: String,
    /// Always empty: the protocol stopped telling the product.
    pub r#type: String,
}

impl Query {
    /// `getAllServices`: the services of a group, or all.
    ///
    /// # Errors
    /// As [`Query::list_services`]; so with the other listings here.
    pub async fn get_all_services(
        &self,
        ctx: &Ctx,
        _duration: &Duration,
        group: Option<&str>,
    ) -> Result<Vec<Service>> {
        let mut services = self.list_services(ctx, None).await?;
        if let Some(group) = group.filter(|group| !group.is_empty()) {
            services.retain(|service| service.group == group);
        }
        Ok(services)
    }

    /// `searchServices`: services whose name contains a text.
    ///
    /// # Errors
    /// As [`Query::list_services`].
    pub async fn search_services(
        &self,
        ctx: &Ctx,
        _duration: &Duration,
        keyword: &str,
    ) -> Result<Vec<Service>> {
        let mut services = self.list_services(ctx, None).await?;
        services.retain(|service| service.name.contains(keyword));
        Ok(services)
    }

    /// `searchService` and `searchBrowserService`: a service by its exact name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search_service(&self, ctx: &Ctx, service_code: &str) -> Result<Option<Service>> {
        self.find_service(ctx, service_code).await
    }

    /// `getAllBrowserServices`.
    ///
    /// # Errors
    /// As [`Query::list_services`].
    pub async fn get_all_browser_services(
        &self,
        ctx: &Ctx,
        _duration: &Duration,
    ) -> Result<Vec<Service>> {
        self.list_services(ctx, Some(Layer::BROWSER.name())).await
    }

    /// `searchBrowserServices`.
    ///
    /// # Errors
    /// As [`Query::list_services`].
    pub async fn search_browser_services(
        &self,
        ctx: &Ctx,
        duration: &Duration,
        keyword: &str,
    ) -> Result<Vec<Service>> {
        let mut services = self.get_all_browser_services(ctx, duration).await?;
        services.retain(|service| service.name.contains(keyword));
        Ok(services)
    }

    /// `getServiceInstances`.
    ///
    /// # Errors
    /// As [`Query::list_instances`].
    pub async fn get_service_instances(
        &self,
        ctx: &Ctx,
        duration: &Duration,
        service_id: &str,
    ) -> Result<Vec<ServiceInstance>> {
        self.list_instances(ctx, duration, service_id).await
    }

    /// `searchEndpoint`.
    ///
    /// # Errors
    /// As [`Query::find_endpoint`].
    pub async fn search_endpoint(
        &self,
        ctx: &Ctx,
        keyword: &str,
        service_id: &str,
        limit: i64,
    ) -> Result<Vec<Endpoint>> {
        self.find_endpoint(ctx, Some(keyword), service_id, limit, None).await
    }

    /// `getAllDatabases`: databases that callers speak to.
    ///
    /// # Errors
    /// As [`Query::list_services`].
    pub async fn get_all_databases(
        &self,
        ctx: &Ctx,
        _duration: &Duration,
    ) -> Result<Vec<Database>> {
        let services = self.list_services(ctx, Some(Layer::VIRTUAL_DATABASE.name())).await?;
        let database = |service: Service| Database {
            id: service.id,
            name: service.name,
            r#type: String::new(),
        };
        Ok(services.into_iter().map(database).collect())
    }
}
