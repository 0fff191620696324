//! Environment names. They follow from the key: `ingest.grpc.port` is
//! `SKYTRAIL_INGEST_GRPC_PORT`. SkyWalking's own names of ports and storage
//! are understood as well; Skytrail's win where both are set.

/// Prefix of all names.
const PREFIX: &str = "SKYTRAIL_";

/// SkyWalking's names, and the keys that they mean here.
const SKYWALKING: &[(&str, &str)] = &[
    ("SW_STORAGE", "storage.selector"),
    ("SW_CORE_GRPC_HOST", "ingest.grpc.host"),
    ("SW_CORE_GRPC_PORT", "ingest.grpc.port"),
    ("SW_CORE_REST_HOST", "api.rest.host"),
    ("SW_CORE_REST_PORT", "api.rest.port"),
    ("SW_AUTHENTICATION", "ingest.auth.token"),
    ("SW_TELEMETRY_PROMETHEUS_HOST", "telemetry.host"),
    ("SW_TELEMETRY_PROMETHEUS_PORT", "telemetry.port"),
];

/// Names that the command line reads itself.
const OTHERS: [&str; 2] = ["SKYTRAIL_CONFIG", "SKYTRAIL_DEMO_TOKEN"];

/// The name that sets a key.
pub(super) fn name_of(key: &str) -> String {
    let key = key.to_ascii_uppercase().replace('.', "_");
    format!("{PREFIX}{key}")
}

/// What a variable means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    /// It sets this key.
    Key(&'a str),
    /// It starts like ours, but sets nothing.
    Unknown,
    /// It is none of ours.
    Foreign,
}

/// What a variable means, given all keys.
pub(super) fn meaning<'a>(name: &str, keys: &[&'a str]) -> Meaning<'a> {
    if let Some((_, key)) = SKYWALKING.iter().find(|(known, _)| *known == name) {
        return keys.iter().find(|k| *k == key).map_or(Meaning::Foreign, |key| Meaning::Key(key));
    }
    if !name.starts_with(PREFIX) || OTHERS.contains(&name) {
        return Meaning::Foreign;
    }
    keys.iter().find(|key| name_of(key) == name).map_or(Meaning::Unknown, |key| Meaning::Key(key))
}

/// Whether a variable is one of SkyWalking's, which yield to ours.
pub(super) fn is_skywalking(name: &str) -> bool {
    name.starts_with("SW_")
}
