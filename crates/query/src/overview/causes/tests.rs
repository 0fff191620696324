use skytrail_model::entity::{Entity, EntityId, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};

use super::{Cause, Stretch, cause};
use crate::measures::Measured;
use crate::overview::facts::Symptom;
use crate::topology::Outgoing;

fn service(name: &str, normal: bool) -> Entity {
    Entity::Service(ServiceRef { name: name.to_owned(), normal })
}

fn web() -> EntityId {
    service("web", true).id()
}

/// 100 calls of `web` that took so long, and as many to others that took so long.
fn stretch(own: f64, others: &[(&str, f64)]) -> Stretch {
    let calls = others.iter().map(|(name, millis)| Outgoing {
        source: web(),
        dest: service(name, *name != "db"),
        layers: if *name == "db" {
            LayerSet::of(Layer::VIRTUAL_DATABASE)
        } else {
            LayerSet::default()
        },
        measured: Measured::sample(100, *millis as i64 % 100, *millis, 1.0),
    });
    let own = [(web(), Measured::sample(100, own as i64 % 100, own, 1.0))];
    Stretch { own: own.into_iter().collect(), calls: calls.collect() }
}

fn slow(now: &Stretch, others: &[Stretch]) -> Option<Cause> {
    cause(web(), Symptom::Slow, now, others)
}

#[test]
fn what_got_slower_is_to_blame_and_not_what_always_is() {
    let before = [stretch(60.0, &[("model", 50.0), ("stock", 5.0)])];
    let found = slow(&stretch(260.0, &[("model", 52.0), ("stock", 195.0)]), &before).unwrap();
    assert_eq!((found.name.as_str(), found.kind), ("stock", "service"));
    assert!((found.share - 0.95).abs() < 0.01, "{found:?}");
}

#[test]
fn a_service_that_got_slow_by_itself_has_no_excuse() {
    let before = [stretch(60.0, &[("model", 50.0)])];
    assert_eq!(slow(&stretch(260.0, &[("model", 52.0)]), &before), None);
    assert_eq!(slow(&stretch(50.0, &[("model", 49.0)]), &before), None, "it is not slower");
    assert_eq!(slow(&stretch(50.0, &[]), &[]), None);
}

#[test]
fn the_better_of_two_times_is_what_now_is_compared_with() {
    // Before the range it was slow already.
    let others = [stretch(250.0, &[("stock", 190.0)]), stretch(60.0, &[("stock", 5.0)])];
    let found = slow(&stretch(260.0, &[("stock", 195.0)]), &others).unwrap();
    assert_eq!(found.name, "stock");
}

#[test]
fn where_nothing_is_known_of_before_all_of_it_counts() {
    let found = slow(&stretch(100.0, &[("db", 80.0)]), &[]).unwrap();
    assert_eq!((found.kind, found.share), ("database", 0.8));
    let few = Stretch {
        own: [(web(), Measured::sample(19, 0, 90.0, 1.0))].into_iter().collect(),
        calls: Vec::new(),
    };
    assert!(slow(&stretch(100.0, &[("db", 80.0)]), &[few]).is_some(), "too few calls before");
    assert_eq!(slow(&stretch(100.0, &[("db", 40.0)]), &[]), None, "less than half");
}

#[test]
fn failures_are_traced_like_time() {
    let failing = |now: &Stretch, before: Stretch| cause(web(), Symptom::Failing, now, &[before]);
    // Of 100 calls as many fail as the number says.
    let before = || stretch(2.0, &[("pay", 1.0), ("stock", 0.0)]);
    let found = failing(&stretch(30.0, &[("pay", 1.0), ("stock", 28.0)]), before()).unwrap();
    assert_eq!(found.name, "stock");
    assert_eq!(failing(&stretch(30.0, &[("pay", 1.0), ("stock", 3.0)]), before()), None);
}
