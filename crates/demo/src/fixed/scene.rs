//! The fixed set as messages.

use skytrail_proto::v3::{
    Cpu, InstanceProperties, JvmMetric, JvmMetricCollection, Memory, SegmentObject, SpanObject,
};

use crate::recording::{Kind, Recording, pair};

const MIB: i64 = 1024 * 1024;

/// The instances, with their addresses.
pub(super) const INSTANCES: [(&str, &str, &str); 4] = [
    ("web", "web-1", "10.0.0.1:8080"),
    ("orders", "orders-1", "10.0.0.11:8080"),
    ("orders", "orders-2", "10.0.0.12:8080"),
    ("stock", "stock-1", "10.0.0.21:9000"),
];

/// What the four instances tell of themselves.
pub fn properties() -> Vec<InstanceProperties> {
    let instances = INSTANCES.iter().map(|(service, instance, address)| InstanceProperties {
        service: (*service).to_owned(),
        service_instance: (*instance).to_owned(),
        properties: vec![
            pair("OS Name", "Linux"),
            pair("hostname", *instance),
            pair("ipv4", address.split(':').next().unwrap_or(address)),
            pair("language", "java"),
        ],
        layer: String::new(),
    });
    instances.collect()
}

/// Two readings of the JVM of web-1, 10 s and 20 s into `M0`.
pub fn jvm(base: i64) -> JvmMetricCollection {
    let reading = |seconds: i64, percent: f64, used: i64| JvmMetric {
        time: base + seconds * 1000,
        cpu: Some(Cpu { usage_percent: percent }),
        memory: vec![Memory {
            is_heap: true,
            init: 64 * MIB,
            max: 512 * MIB,
            used: used * MIB,
            committed: 256 * MIB,
        }],
        ..JvmMetric::default()
    };
    JvmMetricCollection {
        metrics: vec![reading(10, 20.0, 100), reading(20, 40.0, 200)],
        service: "web".to_owned(),
        service_instance: "web-1".to_owned(),
    }
}

/// When it all happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    pub(super) base: i64,
}

/// A segment whose times are given in milliseconds since `M0`.
#[derive(Debug)]
pub(super) struct Part {
    base: i64,
    recording: Recording,
}

impl Scene {
    /// A segment of trace number `trace` in the instance of that name; `number` tells the segments
    /// of the set apart.
    pub(super) fn segment(self, trace: i64, number: i64, instance: &str) -> Part {
        let known = INSTANCES.iter().position(|(_, name, _)| *name == instance).unwrap_or(0);
        let service = INSTANCES.get(known).map_or("web", |(service, _, _)| service);
        let id = |process: usize, number: i64| {
            format!("{process:032x}.1.{}", self.base.saturating_mul(10_000).saturating_add(number))
        };
        let recording = Recording::new(&id(0, trace), id(known + 1, number), service, instance);
        Part { base: self.base, recording }
    }
}

impl Part {
    /// A span that runs for `time` milliseconds from `start`.
    pub(super) fn span(
        &mut self,
        kind: Kind,
        name: &str,
        parent: i32,
        start: i64,
        time: i64,
    ) -> SpanObject {
        let mut span = self.recording.begin(kind, name, parent, self.base + start);
        span.end_time = self.base + start + time;
        span
    }

    pub(super) fn add(&mut self, span: SpanObject) {
        let end = span.end_time;
        self.recording.end(span, end);
    }

    pub(super) fn reference(
        &self,
        span: i32,
        endpoint: &str,
        address: &str,
    ) -> skytrail_proto::v3::SegmentReference {
        self.recording.reference(span, endpoint, address)
    }

    pub(super) fn finish(self) -> SegmentObject {
        let mut segment = self.recording.finish();
        segment.spans.sort_by_key(|span| span.span_id);
        segment
    }
}
