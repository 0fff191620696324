//! The fixed set as messages to the product.

use std::path::PathBuf;

use serde_json::{Value, json};
use skytrail_demo::fixed;
use skytrail_proto::v3::JvmMetricCollection;

/// 2026-01-05T10:30:00Z, where the published file starts.
pub(crate) const BASE: i64 = 1_767_609_000_000;

/// What an agent sends at once.
#[derive(Clone)]
pub(crate) enum Message {
    /// Properties of an instance, as JSON.
    Properties(Value),
    /// Readings of a JVM, which have no HTTP route.
    Jvm(JvmMetricCollection),
    /// Segments, as JSON.
    Segments(Value),
}

/// The folder `cases`. Tests run in the folder of their crate.
pub(crate) fn cases() -> PathBuf {
    PathBuf::from("../../cases")
}

fn published() -> Vec<Value> {
    let text = std::fs::read_to_string(cases().join("segments/fixed.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn with(base: i64, segments: &[Value], at_once: usize) -> Vec<Message> {
    let properties = fixed::properties();
    let properties = properties.iter().map(|one| Message::Properties(json!(one)));
    let jvm = Message::Jvm(fixed::jvm(base));
    let segments = segments.chunks(at_once).map(|some| Message::Segments(json!(some)));
    properties.chain([jvm]).chain(segments).collect()
}

/// The published file, `at_once` segments a request.
pub(crate) fn messages(at_once: usize) -> Vec<Message> {
    with(BASE, &published(), at_once)
}

/// The same set at another time.
pub(crate) fn messages_at(base: i64) -> Vec<Message> {
    let segments: Vec<Value> = fixed::segments(base).iter().map(|one| json!(one)).collect();
    with(base, &segments, 100)
}
