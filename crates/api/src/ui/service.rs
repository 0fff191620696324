//! `/ui/service`.

use skytrail_query::service::{
    EndpointRow, InstanceRow, Neighbour, PartLines, ServiceError, ServiceHead, ServicePage,
};

use super::answering::Made;
use super::json::{Json, Out, fields};

impl Made for ServicePage {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

fields!(ServicePage as it {
    "service" => it.service,
    "first" => it.first,
    "step" => it.step,
    "instances" => it.instances,
    "endpoints" => it.endpoints,
    "errors" => it.errors,
    "callers" => it.callers,
    "callees" => it.callees,
    "complete" => it.complete,
});

fields!(ServiceHead as it {
    "id" => it.id,
    "name" => it.name,
    "group" => it.group,
    "layers" => it.layers,
    "real" => it.real,
    "type" => it.r#type,
});

fields!(PartLines as it { "cpm" => it.cpm, "latency" => it.latency, "errors" => it.errors });

fields!(InstanceRow as it {
    "id" => it.id,
    "name" => it.name,
    "cpm" => it.traffic.cpm,
    "avg" => it.traffic.average,
    "errors" => it.traffic.errors,
    "lines" => it.lines,
    "language" => it.language,
    "version" => it.version,
    "started" => it.started,
    "lastSeen" => it.last_seen,
});

fields!(EndpointRow as it {
    "id" => it.id,
    "name" => it.name,
    "cpm" => it.traffic.cpm,
    "avg" => it.traffic.average,
    "p99" => it.traffic.p99,
    "errors" => it.traffic.errors,
    "lines" => it.lines,
});

fields!(ServiceError as it {
    "exception" => it.exception,
    "message" => it.message,
    "count" => it.count,
    "first" => it.first,
    "last" => it.last,
    "traceId" => it.trace_id,
});

fields!(Neighbour as it {
    "id" => it.id,
    "name" => it.name,
    "type" => it.r#type,
    "cpm" => it.traffic.cpm,
    "avg" => it.traffic.average,
    "p99" => it.traffic.p99,
    "errors" => it.traffic.errors,
    "status" => it.status,
});
