//! `/ui/span`: one span with everything that is known of it.

use skytrail_query::KeyValue;
use skytrail_query::trace::{Named, SpanDetail, SpanEvent, SpanLink, Usual};

use super::answering::Made;
use super::json::{Json, Out, fields};

impl Made for SpanDetail {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

fields!(SpanDetail as it {
    "traceId" => it.trace_id,
    "segmentId" => it.segment_id,
    "number" => it.number,
    "service" => it.service,
    "instance" => it.instance,
    "endpoint" => it.endpoint,
    "operation" => it.operation,
    "kind" => it.kind,
    "layer" => it.layer,
    "component" => it.component,
    "peer" => it.peer,
    "start" => it.start,
    "duration" => it.duration,
    "error" => it.error,
    "tags" => it.tags,
    "events" => it.events,
    "links" => it.links,
    "usual" => it.usual,
});

fields!(Named as it { "id" => it.id, "name" => it.name });

fields!(KeyValue as it { "key" => it.key, "value" => it.value });

fields!(SpanEvent as it { "at" => it.at, "fields" => it.fields });

fields!(SpanLink as it {
    "kind" => it.kind,
    "traceId" => it.trace_id,
    "segmentId" => it.segment_id,
    "span" => it.span,
    "service" => it.service,
});

fields!(Usual as it { "p50" => it.p50, "p99" => it.p99, "samples" => it.samples });
