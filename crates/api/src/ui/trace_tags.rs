//! `/ui/trace/tags` and `/ui/trace/whole`.

use skytrail_query::trace::{Density, Doer, TagKey, TagKeys, Tagged, TraceColumns, TraceExtent};

use super::answering::Made;
use super::json::{Json, Out, fields};

/// The keys of a trace, or the values of one.
pub(crate) enum TraceTags {
    Keys(TagKeys),
    Values(TagValues),
}

/// The value of one tag of each span.
pub(crate) struct TagValues {
    tagged: Tagged,
    complete: bool,
}

impl TraceTags {
    /// The values that were asked for with a trace.
    pub(crate) fn of(columns: TraceColumns) -> Self {
        let complete = columns.missing.is_none();
        let tagged = columns.tag.unwrap_or_default();
        Self::Values(TagValues { complete: complete && !tagged.is_cut, tagged })
    }
}

impl Made for TraceTags {
    fn write(self, out: &mut Out) {
        match self {
            Self::Keys(keys) => Json::write(&keys, out),
            Self::Values(values) => Json::write(&values, out),
        }
    }
}

fields!(TagKeys as it { "keys" => it.keys, "complete" => it.complete });

fields!(TagKey as it { "key" => it.key, "spans" => it.spans, "values" => it.values });

fields!(TagValues as it {
    "key" => it.tagged.key,
    "values" => it.tagged.values,
    "codes" => it.tagged.codes,
    "complete" => it.complete,
});

impl Made for TraceExtent {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

/// What a service did.
struct OfService<'a>(&'a Doer);

fields!(OfService<'_> as it {
    "name" => it.0.service,
    "spans" => it.0.spans,
    "errors" => it.0.errors,
    "total" => it.0.total,
    "longest" => it.0.longest,
});

/// What an operation did.
struct OfOperation<'a>(&'a Doer);

fields!(OfOperation<'_> as it {
    "service" => it.0.service,
    "name" => it.0.operation,
    "spans" => it.0.spans,
    "errors" => it.0.errors,
    "total" => it.0.total,
    "longest" => it.0.longest,
});

fields!(Density as it { "spans" => it.spans, "errors" => it.errors });

/// When spans start.
struct Parts<'a>(&'a TraceExtent);

fields!(Parts<'_> as it {
    "first" => it.0.first,
    "step" => it.0.step,
    "parts" => it.0.parts,
});

fields!(TraceExtent as it {
    "traceId" => it.trace_id,
    "start" => it.start,
    "duration" => it.duration,
    "spans" => it.spans,
    "segments" => it.segments,
    "errors" => it.errors,
    "services" => it.services.iter().map(OfService).collect::<Vec<_>>(),
    "operations" => it.operations.iter().map(OfOperation).collect::<Vec<_>>(),
    "density" => Parts(it),
    "complete" => it.complete,
});
