use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use super::{Directory, Known, Overflow};
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
    let shop = directory.service("shop", true, Known::Itself, 0);
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
    let services =
        ["a", "b", "c", "d", "e"].map(|name| directory.service(name, true, Known::Itself, 0));
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
    let shop = directory.service("shop", true, Known::Itself, 0);
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
    let shop = directory.service("shop", true, Known::Itself, 5);
    for name in ["/a", "/b", "/c"] {
        directory.child(Scope::Endpoint, shop, name, 5);
    }
    let saved = directory.save();
    let mut restored = super::Directory::new(directory.limits);
    restored.restore(&saved);
    assert_eq!(restored.save(), saved);
    let shop = restored.service("shop", true, Known::Itself, 6);
    let late = restored.child(Scope::Endpoint, shop, "/z", 6);
    assert_eq!(restored.name(Scope::Endpoint, late).unwrap().as_ref(), "_abandoned");
}

#[test]
fn addresses_leave_half_of_the_services_to_those_that_report_themselves() {
    let mut directory = Directory::new(Limits { services: 6, ..directory().limits });
    let name_of = |directory: &Directory, node| {
        directory.name(Scope::Service, node).map(|name| name.to_string())
    };
    for number in 0..10 {
        directory.service(&format!("10.0.0.{number}:80"), true, Known::ByOthers, 0);
    }
    // Three addresses, and what stands for the others.
    assert_eq!(directory.len(Scope::Service), 4);
    let overflows = directory.take_overflows();
    let example = "10.0.0.3:80".into();
    let key = "analysis.limits.services";
    assert_eq!(overflows.first(), Some(&Overflow::Limit { scope: Scope::Service, key, example }));
    for name in ["shop", "cart"] {
        let node = directory.service(name, true, Known::Itself, 0);
        assert_eq!(name_of(&directory, node).as_deref(), Some(name));
    }
    // An address that turns out to be a service makes room for another one.
    let mut directory = Directory::new(Limits { services: 6, ..directory.limits });
    for name in ["a:1", "b:1", "c:1"] {
        directory.service(name, true, Known::ByOthers, 0);
    }
    directory.service("a:1", true, Known::Itself, 0);
    let node = directory.service("d:1", true, Known::ByOthers, 0);
    assert_eq!(name_of(&directory, node).as_deref(), Some("d:1"));
    let mut restored = Directory::new(directory.limits);
    restored.restore(&directory.save());
    let node = restored.service("e:1", true, Known::ByOthers, 0);
    assert_eq!(name_of(&restored, node).as_deref(), Some("_other_"));
}

#[test]
fn after_a_restart_addresses_are_addresses_although_they_have_instances() {
    let limits = Limits { services: 6, instances: 10, ..directory().limits };
    let mut directory = Directory::new(limits);
    directory.service("shop", true, Known::Itself, 0);
    let now = 700 * SECOND;
    for name in ["a:1", "b:1", "c:1"] {
        let service = directory.service(name, true, Known::ByOthers, now);
        directory.child(Scope::ServiceInstance, service, name, now);
    }
    // What stands for the others takes the place of one that is gone, before those it was for.
    assert!(directory.prune(now));
    directory.service("d:1", true, Known::ByOthers, now);
    let saved = directory.save();
    let mut restored = Directory::new(limits);
    restored.restore(&saved);
    assert_eq!(restored.save(), saved);
    assert!(restored.take_overflows().is_empty());
    let service = restored.service("e:1", true, Known::ByOthers, now);
    assert_eq!(restored.name(Scope::Service, service).unwrap().as_ref(), "_other_");
}

#[test]
fn a_relation_in_use_keeps_its_ends() {
    let mut directory = directory();
    let ends = ["web", "shop"].map(|name| directory.service(name, true, Known::Itself, 0));
    let relation = directory.relation(Scope::ServiceRelation, ends[0], ends[1], 0);
    directory.touch(Scope::ServiceRelation, relation, 500 * SECOND);
    assert!(!directory.prune(700 * SECOND));
    assert!(directory.prune(1200 * SECOND));
}
