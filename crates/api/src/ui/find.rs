//! `/ui/find`.

use skytrail_query::search::{Found, FoundPart, FoundService};

use super::answering::Made;
use super::json::{Json, Out, fields};

impl Made for Found {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

fields!(Found as it {
    "services" => it.services,
    "endpoints" => it.endpoints,
    "instances" => it.instances,
    "complete" => it.complete,
});

fields!(FoundService as it {
    "id" => it.id,
    "name" => it.name,
    "layers" => it.layers,
    "real" => it.real,
});

fields!(FoundPart as it {
    "id" => it.id,
    "name" => it.name,
    "service" => it.service,
    "serviceId" => it.service_id,
});
