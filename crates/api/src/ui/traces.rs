//! `/ui/traces`, `/ui/scatter` and `/ui/tags/compare`.

use skytrail_query::search::{ComparedTag, Scatter, TagComparison, TracePage};
use skytrail_query::trace::{Share, TraceSummary};

use super::answering::Made;
use super::json::{Json, Out, fields};

impl Made for TracePage {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

fields!(TracePage as it {
    "traces" => it.traces,
    "next" => it.next,
    "complete" => it.complete,
});

/// A share of the critical path, which names its service otherwise.
struct Critical<'a>(&'a Share);

fields!(Critical<'_> as it { "service" => it.0.name, "share" => it.0.share });

fields!(Share as it { "name" => it.name, "share" => it.share });

fields!(TraceSummary as it {
    "traceId" => it.trace_id,
    "start" => it.start,
    "duration" => it.duration,
    "service" => it.service,
    "serviceId" => it.service_id,
    "endpoint" => it.endpoint,
    "error" => it.error,
    "spans" => it.spans,
    "errors" => it.errors,
    "depth" => it.depth,
    "services" => it.services,
    "critical" => it.critical.iter().map(Critical).collect::<Vec<_>>(),
    "partial" => it.partial,
});

impl Made for Scatter {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

fields!(Scatter as it {
    "start" => it.start,
    "duration" => it.duration,
    "error" => it.error.iter().map(|is_error| u32::from(*is_error)).collect::<Vec<_>>(),
    "traceId" => it.trace_id,
    "service" => it.service,
    "services" => it.services,
    "endpoint" => it.endpoint,
    "endpoints" => it.endpoints,
    "complete" => it.complete,
    "more" => it.more,
});

impl Made for TagComparison {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

fields!(TagComparison as it {
    "chosen" => it.chosen,
    "others" => it.others,
    "tags" => it.tags,
    "complete" => it.complete,
});

fields!(ComparedTag as it {
    "key" => it.key,
    "value" => it.value,
    "chosen" => it.chosen,
    "others" => it.others,
    "chosenShare" => it.chosen_share,
    "othersShare" => it.others_share,
    "difference" => it.difference,
    "together" => it.together.iter().map(Together).collect::<Vec<_>>(),
});

/// A tag of the same traces.
struct Together<'a>(&'a (String, String));

fields!(Together<'_> as it { "key" => it.0.0, "value" => it.0.1 });
