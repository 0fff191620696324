//! Metadata as clients older than 9.0 ask for it.

use skytrail_query::metadata::{Database, Endpoint, Service, ServiceInstance};

use super::Sources;
use super::input::take;
use crate::graphql::{Arguments, Context, FieldError, Root, answer, object};

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("getAllServices", |c, a| answer(get_all_services(c, a))),
    Root::new("searchServices", |c, a| answer(search_services(c, a))),
    Root::new("searchService", |c, a| answer(search_service(c, a))),
    Root::new("getAllBrowserServices", |c, a| answer(get_all_browser_services(c, a))),
    Root::new("searchBrowserServices", |c, a| answer(search_browser_services(c, a))),
    Root::new("searchBrowserService", |c, a| answer(search_service(c, a))),
    Root::new("getServiceInstances", |c, a| answer(get_service_instances(c, a))),
    Root::new("searchEndpoint", |c, a| answer(search_endpoint(c, a))),
    Root::new("getAllDatabases", |c, a| answer(get_all_databases(c, a))),
];

async fn get_all_services(c: &Context<Sources>, a: Arguments) -> Result<Vec<Service>, FieldError> {
    let (duration, group): (_, Option<String>) = (take(&a, "duration")?, a.get("group")?);
    Ok(c.sources.query.get_all_services(&c.ctx, &duration, group.as_deref()).await?)
}

async fn search_services(c: &Context<Sources>, a: Arguments) -> Result<Vec<Service>, FieldError> {
    let (duration, keyword): (_, String) = (take(&a, "duration")?, a.get("keyword")?);
    Ok(c.sources.query.search_services(&c.ctx, &duration, &keyword).await?)
}

async fn search_service(c: &Context<Sources>, a: Arguments) -> Result<Option<Service>, FieldError> {
    let code: String = a.get("serviceCode")?;
    Ok(c.sources.query.search_service(&c.ctx, &code).await?)
}

async fn get_all_browser_services(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<Service>, FieldError> {
    Ok(c.sources.query.get_all_browser_services(&c.ctx, &take(&a, "duration")?).await?)
}

async fn search_browser_services(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<Service>, FieldError> {
    let (duration, keyword): (_, String) = (take(&a, "duration")?, a.get("keyword")?);
    Ok(c.sources.query.search_browser_services(&c.ctx, &duration, &keyword).await?)
}

async fn get_service_instances(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<ServiceInstance>, FieldError> {
    let (duration, service): (_, String) = (take(&a, "duration")?, a.get("serviceId")?);
    Ok(c.sources.query.get_service_instances(&c.ctx, &duration, &service).await?)
}

async fn search_endpoint(c: &Context<Sources>, a: Arguments) -> Result<Vec<Endpoint>, FieldError> {
    let (keyword, service): (String, String) = (a.get("keyword")?, a.get("serviceId")?);
    Ok(c.sources.query.search_endpoint(&c.ctx, &keyword, &service, a.get("limit")?).await?)
}

async fn get_all_databases(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<Database>, FieldError> {
    Ok(c.sources.query.get_all_databases(&c.ctx, &take(&a, "duration")?).await?)
}

object!(Database as it {
    "id" => it.id,
    "name" => it.name,
    "type" => it.r#type,
});
