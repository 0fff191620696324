use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use super::{Directory, Known, Overflow, Saved};
use crate::config::Limits;

const SECOND: i64 = 1_000_000_000;

fn directory() -> Directory {
    Directory::new(Limits {
        services: 3,
        instances: 2,
        endpoints: 4,
        endpoints_per_service: 2,
        relations: 1,
        bytes: 1 << 20,
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
    restored.restore(&Saved::read_all(&saved).unwrap());
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
    restored.restore(&Saved::read_all(&directory.save()).unwrap());
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
    restored.restore(&Saved::read_all(&saved).unwrap());
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

/// Names of a usual installation: as many scopes as this in all.
fn fill(directory: &mut Directory, services: usize, of_each: usize) {
    let mut last = super::NO_NODE;
    for service in 0..services {
        let name = format!("shop::checkout-service-{service}");
        let service = directory.service(&name, true, Known::Itself, 0);
        for number in 0..of_each {
            let name = format!("GET:/api/v1/resources/{service}/of-a-kind/{number}");
            let endpoint = directory.child(Scope::Endpoint, service, &name, 0);
            if last != super::NO_NODE {
                directory.relation(Scope::EndpointRelation, last, endpoint, 0);
            }
            last = endpoint;
        }
    }
}

#[test]
fn names_beyond_the_bytes_are_others_until_idle_ones_make_room() {
    let many = Limits { services: 1000, endpoints: 1_000_000, ..directory().limits };
    let many = Limits { endpoints_per_service: 100_000, relations: 1_000_000, ..many };
    let mut directory = Directory::new(many);
    fill(&mut directory, 10, 1000);
    let limit = many.entities();
    let used: usize = directory.arenas.iter().map(super::Arena::used).sum();
    assert!(used > limit / 4 * 3 && used < limit, "{used} of {limit}");
    assert!(directory.memory() < 2 * limit, "{}", directory.memory());
    let said = directory.take_overflows();
    let of_bytes = |one: &Overflow| matches!(one, Overflow::Limit { key, .. } if *key == "analysis.limits.names_size");
    assert!(said.iter().all(of_bytes) && !said.is_empty());
    // Services have room left.
    let late = directory.service("late", true, Known::Itself, 0);
    assert_eq!(directory.name(Scope::Service, late).unwrap().as_ref(), "late");
    let other = directory.child(Scope::Endpoint, late, "/late", 0);
    assert_eq!(directory.name(Scope::Endpoint, other).unwrap().as_ref(), "_other_");
    let later = 700 * SECOND;
    directory.touch(Scope::Service, late, later);
    assert!(directory.prune(later));
    assert!(directory.memory() < limit / 8, "{}", directory.memory());
    let again = directory.child(Scope::Endpoint, late, "/late", later);
    assert_eq!(directory.name(Scope::Endpoint, again).unwrap().as_ref(), "/late");
}

#[test]
fn the_names_of_a_usual_installation_fit_into_one_of_two_shards() {
    let limits = crate::config::Config::default().validate().unwrap().limits.share_of(2);
    let mut directory = Directory::new(limits);
    fill(&mut directory, 500, 42);
    assert!(Scope::ALL.map(|scope| directory.len(scope)).iter().sum::<usize>() > 42_000);
    assert_eq!(directory.take_overflows(), []);
}
