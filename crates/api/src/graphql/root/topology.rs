//! Who calls whom: services, instances, endpoints.

use skytrail_model::relation::DetectPoint;
use skytrail_query::topology::{
    Call, EndpointTopology, Node, ServiceInstanceNode, ServiceInstanceTopology, Topology,
};
use skytrail_query::{Duration, EndpointCondition, ServiceCondition};

use super::Sources;
use super::empty::Fixed::Null;
use super::input::{take, take_list};
use crate::graphql::{Answer, Arguments, Context, FieldError, Out, Root, Written, answer, object};

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("getGlobalTopology", |c, a| answer(global(c, a))),
    Root::new("getServiceTopology", |c, a| answer(service(c, a))),
    Root::new("getServiceTopologyByName", |c, a| answer(service_by_name(c, a))),
    Root::new("getServicesTopology", |c, a| answer(services(c, a))),
    Root::new("getServicesTopologyByNames", |c, a| answer(services_by_names(c, a))),
    Root::new("getServiceInstanceTopology", |c, a| answer(instances(c, a))),
    Root::new("getServiceInstanceTopologyByName", |c, a| answer(instances_by_name(c, a))),
    Root::new("getEndpointTopology", |c, a| answer(endpoint_topology(c, a))),
    Root::new("getEndpointDependencies", |c, a| answer(dependencies(c, a))),
    Root::new("getEndpointDependenciesByName", |c, a| answer(dependencies_by_name(c, a))),
];

async fn global(c: &Context<Sources>, a: Arguments) -> Result<Topology, FieldError> {
    let (duration, layer): (_, Option<String>) = (take(&a, "duration")?, a.get("layer")?);
    Ok(c.sources.query.get_global_topology(&c.ctx, &duration, layer.as_deref()).await?)
}

async fn service(c: &Context<Sources>, a: Arguments) -> Result<Topology, FieldError> {
    let (id, duration) = (a.get("serviceId")?, take(&a, "duration")?);
    Ok(c.sources.query.get_services_topology(&c.ctx, &[id], &duration).await?)
}

async fn service_by_name(c: &Context<Sources>, a: Arguments) -> Result<Topology, FieldError> {
    let (service, duration) = (take(&a, "service")?, take(&a, "duration")?);
    Ok(c.sources.query.get_services_topology_by_names(&c.ctx, &[service], &duration).await?)
}

async fn services(c: &Context<Sources>, a: Arguments) -> Result<Topology, FieldError> {
    let (ids, duration): (Vec<String>, _) = (a.get("serviceIds")?, take(&a, "duration")?);
    Ok(c.sources.query.get_services_topology(&c.ctx, &ids, &duration).await?)
}

async fn services_by_names(c: &Context<Sources>, a: Arguments) -> Result<Topology, FieldError> {
    let services: Vec<ServiceCondition> = take_list(&a, "services")?;
    let duration = take(&a, "duration")?;
    Ok(c.sources.query.get_services_topology_by_names(&c.ctx, &services, &duration).await?)
}

async fn instances(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<ServiceInstanceTopology, FieldError> {
    let (client, server): (String, String) = (a.get("clientServiceId")?, a.get("serverServiceId")?);
    let (duration, query) = (take(&a, "duration")?, &c.sources.query);
    Ok(query.get_service_instance_topology(&c.ctx, &client, &server, &duration).await?)
}

async fn instances_by_name(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<ServiceInstanceTopology, FieldError> {
    let (client, server) = (take(&a, "clientService")?, take(&a, "serverService")?);
    let (duration, query) = (take(&a, "duration")?, &c.sources.query);
    Ok(query.get_service_instance_topology_by_name(&c.ctx, &client, &server, &duration).await?)
}

async fn endpoint_topology(c: &Context<Sources>, a: Arguments) -> Result<Topology, FieldError> {
    let (id, duration): (String, _) = (a.get("endpointId")?, take(&a, "duration")?);
    Ok(c.sources.query.get_endpoint_topology(&c.ctx, &id, &duration).await?)
}

async fn dependencies(c: &Context<Sources>, a: Arguments) -> Result<EndpointTopology, FieldError> {
    let (id, duration): (String, _) = (a.get("endpointId")?, take(&a, "duration")?);
    Ok(c.sources.query.get_endpoint_dependencies(&c.ctx, &id, &duration).await?)
}

async fn dependencies_by_name(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<EndpointTopology, FieldError> {
    let endpoint: EndpointCondition = take(&a, "endpoint")?;
    let duration: Duration = take(&a, "duration")?;
    Ok(c.sources.query.get_endpoint_dependencies_by_name(&c.ctx, &endpoint, &duration).await?)
}

object!(Topology as it {
    "nodes" => it.nodes,
    "calls" => it.calls,
    "debuggingTrace" => Null,
});

object!(ServiceInstanceTopology as it {
    "nodes" => it.nodes,
    "calls" => it.calls,
    "debuggingTrace" => Null,
});

object!(EndpointTopology as it {
    "nodes" => it.nodes,
    "calls" => it.calls,
    "debuggingTrace" => Null,
});

object!(Node as it {
    "id" => it.id,
    "name" => it.name,
    "type" => it.r#type,
    "isReal" => it.is_real,
    "layers" => it.layers,
});

// An `EndpointNode` has the same fields.
object!(ServiceInstanceNode as it {
    "id" => it.id,
    "name" => it.name,
    "serviceId" => it.service_id,
    "serviceName" => it.service_name,
    "type" => it.r#type,
    "isReal" => it.is_real,
});

object!(Call as it {
    "source" => it.source,
    "sourceComponents" => it.source_components,
    "target" => it.target,
    "targetComponents" => it.target_components,
    "id" => it.id,
    "detectPoints" => it.detect_points,
});

impl Answer for DetectPoint {
    fn write(&self, out: Out<'_>) -> Written {
        out.text(self.name())
    }
}
