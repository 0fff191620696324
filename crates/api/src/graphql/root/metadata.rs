//! Layers, services, instances and endpoints.

use skytrail_query::ServiceCondition;
use skytrail_query::metadata::{Attribute, Endpoint, EndpointInfo, Service, ServiceInstance};

use super::Sources;
use super::input::{take, take_optional};
use crate::graphql::{Arguments, Context, FieldError, Root, answer, object};

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("listLayers", |c, _| answer(list_layers(c))),
    Root::new("listServices", |c, a| answer(list_services(c, a))),
    Root::new("getService", |c, a| answer(get_service(c, a))),
    Root::new("findService", |c, a| answer(find_service(c, a))),
    Root::new("listInstances", |c, a| answer(list_instances(c, a))),
    Root::new("listInstancesByName", |c, a| answer(list_instances_by_name(c, a))),
    Root::new("getInstance", |c, a| answer(get_instance(c, a))),
    Root::new("findEndpoint", |c, a| answer(find_endpoint(c, a))),
    Root::new("findEndpointByName", |c, a| answer(find_endpoint_by_name(c, a))),
    Root::new("getEndpointInfo", |c, a| answer(get_endpoint_info(c, a))),
];

async fn list_layers(c: &Context<Sources>) -> Result<Vec<&'static str>, FieldError> {
    Ok(c.sources.query.list_layers(&c.ctx).await?)
}

async fn list_services(c: &Context<Sources>, a: Arguments) -> Result<Vec<Service>, FieldError> {
    let layer: Option<String> = a.get("layer")?;
    Ok(c.sources.query.list_services(&c.ctx, layer.as_deref()).await?)
}

async fn get_service(c: &Context<Sources>, a: Arguments) -> Result<Option<Service>, FieldError> {
    let id: String = a.get("serviceId")?;
    Ok(c.sources.query.get_service(&c.ctx, &id).await?)
}

async fn find_service(c: &Context<Sources>, a: Arguments) -> Result<Option<Service>, FieldError> {
    let name: String = a.get("serviceName")?;
    Ok(c.sources.query.find_service(&c.ctx, &name).await?)
}

async fn list_instances(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<ServiceInstance>, FieldError> {
    let (duration, service): (_, String) = (take(&a, "duration")?, a.get("serviceId")?);
    Ok(c.sources.query.list_instances(&c.ctx, &duration, &service).await?)
}

async fn list_instances_by_name(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<ServiceInstance>, FieldError> {
    let service: ServiceCondition = take(&a, "service")?;
    let duration = take(&a, "duration")?;
    Ok(c.sources.query.list_instances(&c.ctx, &duration, &service.id()?).await?)
}

async fn get_instance(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Option<ServiceInstance>, FieldError> {
    let id: String = a.get("instanceId")?;
    Ok(c.sources.query.get_instance(&c.ctx, &id).await?)
}

async fn find_endpoint(c: &Context<Sources>, a: Arguments) -> Result<Vec<Endpoint>, FieldError> {
    endpoints_of(c, &a, &a.get::<String>("serviceId")?).await
}

async fn find_endpoint_by_name(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<Endpoint>, FieldError> {
    let service: ServiceCondition = take(&a, "service")?;
    endpoints_of(c, &a, &service.id()?).await
}

async fn endpoints_of(
    c: &Context<Sources>,
    a: &Arguments,
    service: &str,
) -> Result<Vec<Endpoint>, FieldError> {
    let (keyword, limit): (Option<String>, _) = (a.get("keyword")?, a.get("limit")?);
    let (keyword, duration) = (keyword.as_deref(), take_optional(a, "duration")?);
    let query = &c.sources.query;
    Ok(query.find_endpoint(&c.ctx, keyword, service, limit, duration.as_ref()).await?)
}

async fn get_endpoint_info(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Option<EndpointInfo>, FieldError> {
    Ok(c.sources.query.get_endpoint_info(&a.get::<String>("endpointId")?))
}

object!(Service as it {
    "id" => it.id,
    "name" => it.name,
    "group" => it.group,
    "shortName" => it.short_name,
    "layers" => it.layers,
    "normal" => it.normal,
});

object!(ServiceInstance as it {
    "id" => it.id,
    "name" => it.name,
    "attributes" => it.attributes,
    "language" => it.language.name(),
    "instanceUUID" => it.instance_uuid,
});

object!(Attribute as it {
    "name" => it.name,
    "value" => it.value,
});

object!(Endpoint as it {
    "id" => it.id,
    "name" => it.name,
});

object!(EndpointInfo as it {
    "id" => it.id,
    "name" => it.name,
    "serviceId" => it.service_id,
    "serviceName" => it.service_name,
});
