//! How clients name entities: by names, by names and a layer, or by id.

use skytrail_model::entity::{ChildRef, Entity, ServiceRef};
use skytrail_model::id;
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;

use crate::error::{Error, Result};

/// A key and its value (protocol `KeyValue`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyValue {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}

impl KeyValue {
    /// A pair.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// Order of a list (protocol `Order`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Asc,
    /// Largest first.
    Des,
}

/// A page of a list (protocol `Pagination`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pagination {
    /// From 1; none and 0 are 1.
    pub page_num: Option<i64>,
    /// Entries of a page.
    pub page_size: i64,
}

impl Pagination {
    /// How many entries to leave out, and how many to answer.
    ///
    /// # Errors
    /// `Invalid` when a number is negative or the page ends behind `limit`
    /// entries.
    pub(crate) fn range(self, limit: usize) -> Result<(usize, usize)> {
        let size = usize::try_from(self.page_size)
            .map_err(|_| Error::invalid("paging pageSize is negative"))?;
        let page = usize::try_from(self.page_num.unwrap_or(1))
            .map_err(|_| Error::invalid("paging pageNum is negative"))?;
        let skipped = size.saturating_mul(page.max(1) - 1);
        if skipped.saturating_add(size) > limit {
            return Err(Error::invalid(format!(
                "paging reaches behind entry {limit}; narrow the time range or the conditions"
            )));
        }
        Ok((skipped, size))
    }
}

/// Whose metrics are asked for (protocol `Entity`). Which names are needed
/// depends on the metric; its `scope` is not read, as in the protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityCondition {
    /// The service, or the caller's.
    pub service_name: Option<String>,
    /// Whether it reports itself.
    pub normal: Option<bool>,
    /// The instance, or the caller's.
    pub service_instance_name: Option<String>,
    /// The endpoint, or the caller's.
    pub endpoint_name: Option<String>,
    /// The callee's service.
    pub dest_service_name: Option<String>,
    /// Whether that one reports itself.
    pub dest_normal: Option<bool>,
    /// The callee's instance.
    pub dest_service_instance_name: Option<String>,
    /// The callee's endpoint.
    pub dest_endpoint_name: Option<String>,
}

impl EntityCondition {
    /// The entity of a scope; none when a name it needs is missing.
    pub(crate) fn entity(&self, scope: Scope) -> Option<Entity> {
        Some(match scope {
            Scope::Service => Entity::Service(self.service()?),
            Scope::ServiceInstance => {
                Entity::Instance(child(self.service()?, &self.service_instance_name)?)
            }
            Scope::Endpoint => Entity::Endpoint(child(self.service()?, &self.endpoint_name)?),
            Scope::ServiceRelation => {
                Entity::ServiceRelation { source: self.service()?, dest: self.dest_service()? }
            }
            Scope::ServiceInstanceRelation => Entity::InstanceRelation {
                source: child(self.service()?, &self.service_instance_name)?,
                dest: child(self.dest_service()?, &self.dest_service_instance_name)?,
            },
            Scope::EndpointRelation => Entity::EndpointRelation {
                source: child(self.service()?, &self.endpoint_name)?,
                dest: child(self.dest_service()?, &self.dest_endpoint_name)?,
            },
        })
    }

    fn service(&self) -> Option<ServiceRef> {
        Some(ServiceRef { name: self.service_name.clone()?, normal: self.normal? })
    }

    fn dest_service(&self) -> Option<ServiceRef> {
        Some(ServiceRef { name: self.dest_service_name.clone()?, normal: self.dest_normal? })
    }
}

fn child(service: ServiceRef, name: &Option<String>) -> Option<ChildRef> {
    Some(ChildRef { service, name: name.clone()? })
}

/// A service by name (protocol `ServiceCondition`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceCondition {
    /// Name.
    pub service_name: String,
    /// Any of its layers; needed for conjectured services only.
    pub layer: Option<String>,
}

/// An instance by name (protocol `InstanceCondition`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceCondition {
    /// Name of the service.
    pub service_name: String,
    /// Name.
    pub instance_name: String,
    /// Any layer of the service; needed for conjectured services only.
    pub layer: Option<String>,
}

/// An endpoint by name (protocol `EndpointCondition`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointCondition {
    /// Name of the service.
    pub service_name: String,
    /// Name.
    pub endpoint_name: String,
    /// Any layer of the service; needed for conjectured services only.
    pub layer: Option<String>,
}

fn by_layer(name: &str, layer: Option<&str>) -> Result<ServiceRef> {
    let normal = match layer.filter(|layer| !layer.is_empty()) {
        Some(layer) => parse_layer(layer)?.is_normal(),
        None => true,
    };
    Ok(ServiceRef { name: name.to_owned(), normal })
}

impl ServiceCondition {
    /// The service.
    ///
    /// # Errors
    /// `Invalid` when there is no such layer; so with the other conditions.
    pub fn service(&self) -> Result<ServiceRef> {
        by_layer(&self.service_name, self.layer.as_deref())
    }

    /// Its id.
    ///
    /// # Errors
    /// As [`ServiceCondition::service`].
    pub fn id(&self) -> Result<String> {
        Ok(id::service_id(&self.service()?))
    }
}

impl InstanceCondition {
    /// The id of the instance.
    ///
    /// # Errors
    /// As [`ServiceCondition::service`].
    pub fn id(&self) -> Result<String> {
        let service = by_layer(&self.service_name, self.layer.as_deref())?;
        Ok(id::child_id(&service, &self.instance_name))
    }
}

impl EndpointCondition {
    /// The id of the endpoint.
    ///
    /// # Errors
    /// As [`ServiceCondition::service`].
    pub fn id(&self) -> Result<String> {
        let service = by_layer(&self.service_name, self.layer.as_deref())?;
        Ok(id::child_id(&service, &self.endpoint_name))
    }
}

pub(crate) fn parse_layer(name: &str) -> Result<Layer> {
    Layer::from_name(name).ok_or_else(|| {
        Error::invalid(format!("layer '{}' is unknown", name.chars().take(60).collect::<String>()))
    })
}

/// A service by its id, named after the argument it came in.
pub(crate) fn parse_service(argument: &str, text: &str) -> Result<ServiceRef> {
    id::parse_service(text).ok_or_else(|| wrong_id(argument, text, "a service"))
}

/// An instance or endpoint by its id.
pub(crate) fn parse_child(argument: &str, text: &str) -> Result<ChildRef> {
    id::parse_child(text).ok_or_else(|| wrong_id(argument, text, "an instance or endpoint"))
}

fn wrong_id(argument: &str, text: &str, what: &str) -> Error {
    let shown: String = text.chars().take(60).collect();
    Error::invalid(format!("{argument} '{shown}' is not the id of {what}"))
}

/// An entity of a scope by its id; none when the text is not one.
pub(crate) fn parse_entity(scope: Scope, text: &str) -> Option<Entity> {
    // '-' is not in the alphabet of base64.
    let parts: Vec<&str> = text.split('-').collect();
    Some(match (scope, parts.as_slice()) {
        (Scope::Service, _) => Entity::Service(id::parse_service(text)?),
        (Scope::ServiceInstance, _) => Entity::Instance(id::parse_child(text)?),
        (Scope::Endpoint, _) => Entity::Endpoint(id::parse_child(text)?),
        (Scope::ServiceRelation, [source, dest]) => Entity::ServiceRelation {
            source: id::parse_service(source)?,
            dest: id::parse_service(dest)?,
        },
        (Scope::ServiceInstanceRelation, [source, dest]) => Entity::InstanceRelation {
            source: id::parse_child(source)?,
            dest: id::parse_child(dest)?,
        },
        (Scope::EndpointRelation, [service, endpoint, dest_service, dest_endpoint]) => {
            Entity::EndpointRelation {
                source: id::parse_child(&format!("{service}_{endpoint}"))?,
                dest: id::parse_child(&format!("{dest_service}_{dest_endpoint}"))?,
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use skytrail_model::entity::{ChildRef, Entity, ServiceRef};
    use skytrail_model::id;
    use skytrail_model::scope::Scope;

    use super::{EntityCondition, Pagination, ServiceCondition, parse_entity};

    fn shop() -> EntityCondition {
        EntityCondition {
            service_name: Some("shop".to_owned()),
            normal: Some(true),
            ..EntityCondition::default()
        }
    }

    #[test]
    fn an_entity_needs_the_names_of_its_scope() {
        assert!(shop().entity(Scope::Service).is_some());
        assert!(shop().entity(Scope::Endpoint).is_none());
        assert!(shop().entity(Scope::ServiceRelation).is_none());
        let no_normal = EntityCondition { normal: None, ..shop() };
        assert!(no_normal.entity(Scope::Service).is_none());
        let endpoint = EntityCondition { endpoint_name: Some("/a".to_owned()), ..shop() };
        assert!(endpoint.entity(Scope::Endpoint).is_some());
    }

    #[test]
    fn ids_of_every_scope_read_back() {
        let service = |name: &str| ServiceRef { name: name.to_owned(), normal: true };
        let child = |name: &str| ChildRef { service: service("shop"), name: name.to_owned() };
        let entities = [
            Entity::Service(service("shop")),
            Entity::Instance(child("i")),
            Entity::Endpoint(child("/a-b_c")),
            Entity::ServiceRelation { source: service("shop"), dest: service("db") },
            Entity::InstanceRelation { source: child("i"), dest: child("j") },
            Entity::EndpointRelation { source: child("/a"), dest: child("/b") },
        ];
        for entity in entities {
            let text = id::entity_id(&entity);
            assert_eq!(parse_entity(entity.scope(), &text).as_ref(), Some(&entity), "{text}");
        }
        assert_eq!(parse_entity(Scope::ServiceRelation, "c2hvcA==.1"), None);
    }

    #[test]
    fn conjectured_services_are_told_by_their_layer() {
        let by = |layer: Option<&str>| ServiceCondition {
            service_name: "shop".to_owned(),
            layer: layer.map(str::to_owned),
        };
        assert_eq!(by(None).id().unwrap(), "c2hvcA==.1");
        assert_eq!(by(Some("VIRTUAL_DATABASE")).id().unwrap(), "c2hvcA==.0");
        assert!(by(Some("MOON")).id().unwrap_err().message.contains("layer 'MOON'"));
    }

    #[test]
    fn pages_count_from_one() {
        let page = |page_num, page_size| Pagination { page_num, page_size }.range(1000);
        assert_eq!(page(None, 20).unwrap(), (0, 20));
        assert_eq!(page(Some(0), 20).unwrap(), (0, 20));
        assert_eq!(page(Some(3), 20).unwrap(), (40, 20));
        assert!(page(Some(51), 20).is_err() && page(Some(-1), 20).is_err());
        assert!(page(Some(i64::MAX), i64::MAX).is_err());
    }
}
