use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use super::{Directory, Overflow};
use crate::config::Limits;

const SECOND: i64 = 1_000_000_000;

fn directory() -> Directory {
    Directory::new(Limits {
        services: 3,
        instances: 2,
        endpoints: 4,
        endpoints_per_service: 2,
        relations: 1,
        idle: 600 * SECOND,
    })
}

#[test]
fn endpoints_beyond_the_limit_of_their_service_are_abandoned_until_others_are_idle() {
    let mut directory = directory();
    let shop = directory.service("shop", true, 0);
    let endpoints =
        ["/a", "/b", "/c", "/d"].map(|name| directory.child(Scope::Endpoint, shop, name, 0));
    assert_eq!(endpoints[2], endpoints[3]);
    assert_eq!(directory.name(Scope::Endpoint, endpoints[2]).unwrap().as_ref(), "_abandoned");
    let overflows = directory.take_overflows();
    assert_eq!(overflows, vec![Overflow::EndpointsOf("shop".into()); 2]);
    let later = 700 * SECOND;
    directory.touch(Scope::Endpoint, endpoints[0], later);
    assert!(directory.prune(later));
    let again = directory.child(Scope::Endpoint, shop, "/c", later);
    assert_eq!(directory.name(Scope::Endpoint, again).unwrap().as_ref(), "/c");
}

#[test]
fn services_and_instances_beyond_the_limit_are_others_and_relations_are_none() {
    let mut directory = directory();
    let services = ["a", "b", "c", "d", "e"].map(|name| directory.service(name, true, 0));
    assert_eq!(services[3], services[4]);
    assert_eq!(directory.name(Scope::Service, services[3]).unwrap().as_ref(), "_other_");
    let first = directory.relation(Scope::ServiceRelation, services[0], services[1], 0);
    assert_ne!(first, super::NO_NODE);
    let second = directory.relation(Scope::ServiceRelation, services[1], services[2], 0);
    assert_eq!(second, super::NO_NODE);
    assert_eq!(directory.take_overflows().len(), 3);
}

#[test]
fn the_store_hears_of_an_entity_at_once_then_every_minute() {
    let mut directory = directory();
    let shop = directory.service("shop", true, 0);
    let mut see = |minute, layer| {
        directory
            .see(Scope::Service, shop, Minute(minute), Some(layer))
            .map(|record| (record.first_seen.0, record.last_seen.0, record.layers.iter().count()))
    };
    assert_eq!(see(10, Layer::GENERAL), Some((10, 10, 1)));
    assert_eq!(see(10, Layer::GENERAL), None);
    assert_eq!(see(10, Layer::FAAS), Some((10, 10, 2)));
    assert_eq!(see(11, Layer::GENERAL), Some((10, 11, 2)));
    assert_eq!(see(9, Layer::GENERAL), Some((9, 11, 2)));
    assert_eq!(see(11, Layer::GENERAL), None);
}

#[test]
fn what_counts_against_the_limits_survives_a_restart() {
    let mut directory = directory();
    let shop = directory.service("shop", true, 5);
    for name in ["/a", "/b", "/c"] {
        directory.child(Scope::Endpoint, shop, name, 5);
    }
    let saved = directory.save();
    let mut restored = super::Directory::new(directory.limits);
    restored.restore(&saved);
    assert_eq!(restored.save(), saved);
    let shop = restored.service("shop", true, 6);
    let late = restored.child(Scope::Endpoint, shop, "/z", 6);
    assert_eq!(restored.name(Scope::Endpoint, late).unwrap().as_ref(), "_abandoned");
}
