//! Graphs from hand-made edges.

use skytrail_model::alias::Alias;
use skytrail_model::component;
use skytrail_model::entity::{Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::relation::DetectPoint::{self, Client, Server};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::{Edge, HourMinutes, Sighting};

use super::super::answer::Topology;
use super::super::read::Reading;
use super::build;
use crate::aliases::AliasTable;
use crate::hash::{Map, Set};

#[derive(Default)]
struct Graph {
    seen: Vec<(Edge, Minute)>,
    names: Map<EntityId, EntityRecord>,
    aliases: AliasTable,
}

fn service(name: &str) -> ServiceRef {
    // `User` and names with a capital are conjectured in these tests.
    ServiceRef { name: name.to_owned(), normal: !name.starts_with(char::is_uppercase) }
}

impl Graph {
    fn aliased(address: &str, steps: &[(&str, i64)]) -> Self {
        let alias = |(name, since): &(&str, i64)| Alias {
            address: address.to_owned(),
            service: service(name),
            instance: String::new(),
            since: Minute(*since),
            last_seen: Minute(*since),
        };
        Self { aliases: AliasTable::new(steps.iter().map(alias).collect()), ..Self::default() }
    }

    fn call(mut self, ends: (&str, &str), side: DetectPoint, component: &str, at: i64) -> Self {
        let relation = Entity::ServiceRelation { source: service(ends.0), dest: service(ends.1) };
        let (source, dest) = (service(ends.0).id(), service(ends.1).id());
        let edge = Edge {
            scope: Scope::ServiceRelation,
            relation: relation.id(),
            source_service: source,
            dest_service: dest,
            source,
            dest,
            side,
            component: component::number(component).unwrap_or(0),
        };
        self.seen.push((edge, Minute(at)));
        self.know(&relation, LayerSet::default())
    }

    fn know(mut self, entity: &Entity, layers: LayerSet) -> Self {
        let record = EntityRecord {
            entity: entity.clone(),
            layers,
            first_seen: Minute(0),
            last_seen: Minute(0),
            properties: Vec::new(),
        };
        self.names.insert(entity.id(), record);
        self
    }

    fn build(&self, asked: &[&str]) -> Topology {
        let asked = asked.iter().map(|name| service(name).id()).collect();
        let mut reading = Reading::new(&self.aliases);
        for (edge, minute) in &self.seen {
            reading.see(&Sighting { edge, hours: &[HourMinutes::of(*minute)] });
        }
        build(&reading.resolve(), &self.names, Some(&asked))
    }
}

fn types(topology: &Topology) -> Vec<(&str, &str)> {
    let mut types: Vec<_> = topology
        .nodes
        .iter()
        .map(|node| (node.name.as_str(), node.r#type.as_deref().unwrap_or("-")))
        .collect();
    types.sort_unstable();
    types
}

#[test]
fn both_sides_of_a_call_are_one_call() {
    let graph = Graph::default()
        .call(("User", "web"), Server, "SpringMVC", 1)
        .call(("web", "shop"), Client, "HttpClient", 1)
        .call(("web", "shop"), Server, "Tomcat", 1)
        .know(&Entity::Service(service("shop")), LayerSet::of(Layer::GENERAL));
    let topology = graph.build(&["web", "shop"]);
    assert_eq!(topology.calls.len(), 2);
    let call = topology.calls.iter().find(|call| call.source == "d2Vi.1").unwrap();
    assert_eq!(call.id, "d2Vi.1-c2hvcA==.1");
    assert_eq!(call.detect_points, [Client, Server]);
    assert_eq!(call.source_components, ["HttpClient"]);
    assert_eq!(call.target_components, ["Tomcat"]);
    assert_eq!(types(&topology), [("User", "USER"), ("shop", "Tomcat"), ("web", "SpringMVC")]);
    let layers: Vec<_> = topology.nodes.iter().map(|node| node.layers.clone()).collect();
    assert!(layers.contains(&vec!["GENERAL"]) && layers.contains(&vec!["UNDEFINED"]));
}

#[test]
fn the_component_closest_to_the_business_code_decides_what_a_service_is() {
    let graph = Graph::default()
        .call(("web", "shop"), Server, "Tomcat", 1)
        .call(("User", "shop"), Server, "SpringMVC", 1)
        .call(("cron", "shop"), Server, "rpc", 1);
    assert_eq!(types(&graph.build(&["shop"])).last(), Some(&("web", "-")));
    assert!(types(&graph.build(&["shop"])).contains(&("shop", "SpringMVC")));
}

#[test]
fn what_is_conjectured_is_what_components_speak_to() {
    let graph = Graph::default()
        .call(("shop", "Db:3306"), Client, "mysql-connector-java", 1)
        .call(("shop", "Cache:6379"), Client, "Jedis", 1)
        .call(("shop", "Queue:9092"), Client, "kafka-producer", 1)
        .call(("Queue:9092", "mail"), Server, "kafka-consumer", 1);
    assert_eq!(
        types(&graph.build(&["shop", "mail"])),
        [
            ("Cache:6379", "Redis"),
            ("Db:3306", "Mysql"),
            ("Queue:9092", "Kafka"),
            ("mail", "kafka-consumer"),
            ("shop", "-")
        ]
    );
}

#[test]
fn an_address_never_stands_beside_the_service_it_is() {
    let graph = Graph::aliased("h:8080", &[("shop", 1)])
        .call(("web", "h:8080"), Client, "HttpClient", 0)
        .call(("web", "h:8080"), Client, "OKHttp", 5)
        .call(("web", "shop"), Server, "Tomcat", 5);
    let topology = graph.build(&["shop"]);
    assert_eq!(types(&topology), [("shop", "Tomcat"), ("web", "-")]);
    assert_eq!(topology.calls.len(), 1);
    assert_eq!(topology.calls[0].source_components, ["HttpClient", "OKHttp"]);
    assert_eq!(topology.calls[0].detect_points, [Client, Server]);
}

#[test]
fn an_address_that_moved_is_the_service_of_the_minute() {
    let graph = Graph::aliased("h:8080", &[("shop", 1), ("mail", 10)])
        .call(("web", "h:8080"), Client, "HttpClient", 3)
        .call(("web", "h:8080"), Client, "HttpClient", 12);
    let targets = |asked: &str| {
        let topology = graph.build(&[asked]);
        topology.calls.iter().map(|call| call.target.clone()).collect::<Vec<_>>()
    };
    assert_eq!(targets("shop"), ["c2hvcA==.1"]);
    assert_eq!(targets("mail"), ["bWFpbA==.1"]);
    assert_eq!(targets("web").len(), 2);
}

#[test]
fn calls_among_neighbours_are_left_out() {
    let graph = Graph::default()
        .call(("a", "b"), Server, "Tomcat", 1)
        .call(("b", "c"), Server, "Tomcat", 1)
        .call(("c", "a"), Server, "Tomcat", 1);
    assert_eq!(graph.build(&["a"]).calls.len(), 2);
    let nothing: &[&str] = &["z"];
    assert_eq!(graph.build(nothing), Topology::default());
    let names: Set<_> = graph.build(&["a"]).nodes.iter().map(|node| node.name.clone()).collect();
    assert_eq!(names.len(), 3);
}
