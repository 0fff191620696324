//! Ids as SkyWalking's clients spell them. They must be equal to the byte.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::entity::{Entity, InstanceRef, ServiceRef};

/// What a blank name is called.
pub const BLANK: &str = "_blank";

fn encode(name: &str) -> String {
    STANDARD.encode(if name.is_empty() { BLANK } else { name })
}

fn decode(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

/// `base64(name).1` for services that report themselves, `.0` for conjectured ones.
pub fn service_id(service: &ServiceRef) -> String {
    format!("{}.{}", encode(&service.name), u8::from(service.normal))
}

/// `serviceId_base64(name)`: an instance or an endpoint.
pub fn child_id(service: &ServiceRef, name: &str) -> String {
    format!("{}_{}", service_id(service), encode(name))
}

/// The id of any entity.
pub fn entity_id(entity: &Entity) -> String {
    match entity {
        Entity::Service(service) => service_id(service),
        Entity::Instance(instance) => child_id(&instance.service, &instance.name),
        Entity::Endpoint(endpoint) => child_id(&endpoint.service, &endpoint.name),
        Entity::ServiceRelation { source, dest } => {
            format!("{}-{}", service_id(source), service_id(dest))
        }
        Entity::InstanceRelation { source, dest } => {
            format!(
                "{}-{}",
                child_id(&source.service, &source.name),
                child_id(&dest.service, &dest.name)
            )
        }
        Entity::EndpointRelation { source, dest } => format!(
            "{}-{}-{}-{}",
            service_id(&source.service),
            encode(&source.name),
            service_id(&dest.service),
            encode(&dest.name)
        ),
    }
}

/// Reads a service id.
pub fn parse_service(id: &str) -> Option<ServiceRef> {
    let (name, normal) = id.rsplit_once('.')?;
    let normal = match normal {
        "1" => true,
        "0" => false,
        _ => return None,
    };
    Some(ServiceRef { name: decode(name)?, normal })
}

/// Reads an instance or endpoint id.
pub fn parse_child(id: &str) -> Option<InstanceRef> {
    // '_' is not in the alphabet of base64, so the first one ends the service id.
    let (service, name) = id.split_once('_')?;
    Some(InstanceRef { service: parse_service(service)?, name: decode(name)? })
}

#[cfg(test)]
mod tests {
    use super::{entity_id, parse_child, parse_service};
    use crate::entity::{ChildRef, Entity, ServiceRef};

    fn service(name: &str, normal: bool) -> ServiceRef {
        ServiceRef { name: name.to_owned(), normal }
    }

    #[test]
    fn ids_are_those_of_the_protocol() {
        let user = service("User", false);
        assert_eq!(entity_id(&Entity::Service(user.clone())), "VXNlcg==.0");
        let shop = ChildRef { service: service("shop", true), name: "POST:/users".to_owned() };
        assert_eq!(entity_id(&Entity::Endpoint(shop.clone())), "c2hvcA==.1_UE9TVDovdXNlcnM=");
        let caller = ChildRef { service: user, name: "User".to_owned() };
        assert_eq!(
            entity_id(&Entity::EndpointRelation { source: caller, dest: shop }),
            "VXNlcg==.0-VXNlcg==-c2hvcA==.1-UE9TVDovdXNlcnM="
        );
        assert_eq!(entity_id(&Entity::Service(service("", true))), "X2JsYW5r.1");
    }

    #[test]
    fn ids_read_back() {
        assert_eq!(parse_service("VXNlcg==.0"), Some(service("User", false)));
        let child = parse_child("c2hvcA==.1_UE9TVDovdXNlcnM=").unwrap();
        assert_eq!((child.service.name.as_str(), child.name.as_str()), ("shop", "POST:/users"));
        assert_eq!(child.service, service("shop", true));
    }

    #[test]
    fn what_is_no_id_is_not_read() {
        // No name, no flag, another flag, no base64, no UTF-8, and an id of something else.
        for bad in ["", "x", "VXNlcg==", "VXNlcg==.2", "!!.1", "/w==.1", "VXNlcg==.1_VQ=="] {
            assert_eq!(parse_service(bad), None, "{bad}");
        }
        for bad in ["", "VXNlcg==.1", "VXNlcg==.1_!", "VXNlcg==.3_VQ==", "_VQ==", "a_b_c"] {
            assert_eq!(parse_child(bad), None, "{bad}");
        }
    }
}
