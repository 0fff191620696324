//! The contract: the SDL files beside this one, checked and merged once.

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;

/// Every SDL file, the one that declares the roots first.
const SOURCES: &[(&str, &str)] = &[
    ("common", include_str!("schema/common.graphqls")),
    ("metadata", include_str!("schema/metadata.graphqls")),
    ("metadata_v1", include_str!("schema/metadata_v1.graphqls")),
    ("expressions", include_str!("schema/expressions.graphqls")),
    ("metrics_v2", include_str!("schema/metrics_v2.graphqls")),
    ("metrics_v1", include_str!("schema/metrics_v1.graphqls")),
    ("records", include_str!("schema/records.graphqls")),
    ("traces", include_str!("schema/traces.graphqls")),
    ("topology", include_str!("schema/topology.graphqls")),
    ("hierarchy", include_str!("schema/hierarchy.graphqls")),
    ("templates", include_str!("schema/templates.graphqls")),
    ("logs", include_str!("schema/logs.graphqls")),
    ("events", include_str!("schema/events.graphqls")),
    ("alarms", include_str!("schema/alarms.graphqls")),
    ("profiling_trace", include_str!("schema/profiling_trace.graphqls")),
    ("profiling_async", include_str!("schema/profiling_async.graphqls")),
    ("profiling_pprof", include_str!("schema/profiling_pprof.graphqls")),
    ("profiling_ebpf", include_str!("schema/profiling_ebpf.graphqls")),
    ("profiling_continuous", include_str!("schema/profiling_continuous.graphqls")),
    // Our own, beyond the protocol.
    ("search", include_str!("schema/search.graphqls")),
];

/// The schema that requests are validated against.
///
/// # Errors
/// The embedded SDL is faulty; a test keeps this from being released.
pub(crate) fn load() -> Result<Valid<Schema>, SchemaError> {
    let mut builder = Schema::builder();
    for (name, text) in SOURCES {
        builder = builder.parse(*text, format!("{name}.graphqls"));
    }
    let schema = builder.build().map_err(|faulty| SchemaError(faulty.errors.to_string()))?;
    schema.validate().map_err(|faulty| SchemaError(faulty.errors.to_string()))
}

/// Why the engine cannot be built: the contract is faulty, or the resolvers do not fit it.
#[derive(Debug)]
pub struct SchemaError(pub(crate) String);

impl std::fmt::Display for SchemaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "graphql schema: {}", self.0)
    }
}

impl std::error::Error for SchemaError {}
