//! `/ui/topology`.

use skytrail_query::topology::{Map, MapEdge, MapNode, Traffic};

use super::answering::Made;
use super::json::{Json, Out, fields};

impl Made for Map {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

fields!(Map as it { "nodes" => it.nodes, "edges" => it.edges, "complete" => it.complete });

fields!(Traffic as it {
    "cpm" => it.cpm,
    "avg" => it.average,
    "p99" => it.p99,
    "errors" => it.errors,
});

fields!(MapNode as it {
    "id" => it.id,
    "name" => it.name,
    "type" => it.r#type,
    "real" => it.real,
    "layers" => it.layers,
    "group" => it.group,
    "cpm" => it.traffic.cpm,
    "avg" => it.traffic.average,
    "p99" => it.traffic.p99,
    "errors" => it.traffic.errors,
    "status" => it.status,
    "change" => it.change,
});

fields!(MapEdge as it {
    "id" => it.id,
    "source" => it.source,
    "target" => it.target,
    "components" => it.components,
    "client" => it.client,
    "server" => it.server,
    "change" => it.change,
});
