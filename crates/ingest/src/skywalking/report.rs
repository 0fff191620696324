//! What instances say about themselves: properties, life signs, JVM metrics.

use std::fmt;

use prost::Message;
use skytrail_model::jvm::{
    ClassSample, GcPhase, GcSample, JvmReport, JvmSample, MemoryPool, MemorySample, PoolSample,
    ThreadSample,
};
use skytrail_model::layer::Layer;
use skytrail_model::management::InstanceReport;
use skytrail_proto::v3;

use crate::wire::{glance, len};

const NANOS_PER_MILLI: i64 = 1_000_000;

/// The key that may come several times, and the one its values are joined under.
const IPV4: &str = "ipv4";
const IPV4S: &str = "ipv4s";

/// Limits of a report. They refuse and never cut, so replay needs none.
#[derive(Debug, Clone, Copy)]
pub struct ReportLimits {
    /// Bytes of the message.
    pub bytes: usize,
    /// Properties of an instance.
    pub properties: u64,
    /// Samples of a JVM report.
    pub samples: u64,
}

impl ReportLimits {
    /// No limits.
    pub const NONE: Self = Self { bytes: usize::MAX, properties: u64::MAX, samples: u64::MAX };
}

/// Why a report is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportRefusal {
    /// It is not the message it should be.
    Malformed(String),
    /// It is over a limit.
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// The configuration key of the limit.
        key: &'static str,
        /// The limit.
        limit: u64,
    },
}

impl ReportRefusal {
    /// The reason as it is counted.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Limit { what, .. } => what,
        }
    }
}

impl fmt::Display for ReportRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "not a protobuf message: {why}"),
            Self::Limit { what, found, key, limit } => {
                write!(f, "{what} {found} exceeds {key} ({limit})")
            }
        }
    }
}

impl std::error::Error for ReportRefusal {}

/// Decodes after the size and the number of repeated elements were checked:
/// an empty element takes two bytes on the wire and a hundred in memory.
fn read<M: Message + Default>(
    message: &[u8],
    most_bytes: usize,
    elements: (&'static str, u64, &'static str, u64),
) -> Result<M, ReportRefusal> {
    if message.len() > most_bytes {
        return Err(ReportRefusal::Limit {
            what: "report_bytes",
            found: message.len() as u64,
            key: "ingest.report.max_size",
            limit: most_bytes as u64,
        });
    }
    let (what, field, key, limit) = elements;
    let seen = glance(message, 0, field);
    let seen = seen.map_err(|(error, _)| ReportRefusal::Malformed(error.to_string()))?;
    if seen.count > limit {
        return Err(ReportRefusal::Limit { what, found: seen.count, key, limit });
    }
    M::decode(message).map_err(|error| ReportRefusal::Malformed(error.to_string()))
}

/// Reads an `InstanceProperties`. All `ipv4` entries become one `ipv4s`, as
/// clients expect it.
pub fn properties(message: &[u8], limits: &ReportLimits) -> Result<InstanceReport, ReportRefusal> {
    let elements = ("properties", len(3), "ingest.report.max_properties", limits.properties);
    let message: v3::InstanceProperties = read(message, limits.bytes, elements)?;
    let mut addresses = Vec::new();
    let mut properties = Vec::with_capacity(message.properties.len() + 1);
    for pair in message.properties {
        if pair.key == IPV4 {
            addresses.push(pair.value);
        } else {
            properties.push((pair.key, pair.value));
        }
    }
    properties.push((IPV4S.to_owned(), addresses.join(",")));
    Ok(InstanceReport {
        service: message.service,
        instance: message.service_instance,
        layer: layer(&message.layer),
        properties,
    })
}

/// Reads an `InstancePingPkg`.
pub fn keep_alive(message: &[u8], limits: &ReportLimits) -> Result<InstanceReport, ReportRefusal> {
    let elements = ("report_bytes", 0, "ingest.report.max_size", u64::MAX);
    let message: v3::InstancePingPkg = read(message, limits.bytes, elements)?;
    Ok(InstanceReport {
        service: message.service,
        instance: message.service_instance,
        layer: layer(&message.layer),
        properties: Vec::new(),
    })
}

/// A layer that is not known is no reason to take an instance for dead.
fn layer(name: &str) -> Layer {
    Layer::from_name(name).unwrap_or(Layer::GENERAL)
}

/// Reads a `JVMMetricCollection`.
pub fn jvm(message: &[u8], limits: &ReportLimits) -> Result<JvmReport, ReportRefusal> {
    let elements = ("samples", len(1), "ingest.report.max_samples", limits.samples);
    let message: v3::JvmMetricCollection = read(message, limits.bytes, elements)?;
    Ok(JvmReport {
        service: message.service,
        instance: message.service_instance,
        samples: message.metrics.into_iter().map(sample).collect(),
    })
}

/// What a number of the protocol stands for, in a list in its order.
fn named<T: Copy>(all: &[T], number: i32) -> Option<T> {
    usize::try_from(number).ok().and_then(|number| all.get(number)).copied()
}

fn sample(metric: v3::JvmMetric) -> JvmSample {
    let thread = metric.thread.unwrap_or_default();
    let class = metric.clazz.unwrap_or_default();
    JvmSample {
        time: metric.time.saturating_mul(NANOS_PER_MILLI),
        cpu_percent: metric.cpu.map_or(0.0, |cpu| cpu.usage_percent),
        memory: metric
            .memory
            .into_iter()
            .map(|area| MemorySample { is_heap: area.is_heap, max: area.max, used: area.used })
            .collect(),
        pools: metric
            .memory_pool
            .into_iter()
            .map(|pool| PoolSample { pool: named(&MemoryPool::ALL, pool.r#type), used: pool.used })
            .collect(),
        collections: metric
            .gc
            .into_iter()
            .map(|gc| GcSample {
                phase: named(&GcPhase::ALL, gc.phase),
                count: gc.count,
                time_ms: gc.time,
            })
            .collect(),
        threads: ThreadSample {
            live: thread.live_count,
            daemon: thread.daemon_count,
            peak: thread.peak_count,
            runnable: thread.runnable_state_thread_count,
            blocked: thread.blocked_state_thread_count,
            waiting: thread.waiting_state_thread_count,
            timed_waiting: thread.timed_waiting_state_thread_count,
        },
        classes: ClassSample {
            loaded: class.loaded_class_count,
            total_unloaded: class.total_unloaded_class_count,
            total_loaded: class.total_loaded_class_count,
        },
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use skytrail_model::layer::Layer;
    use skytrail_proto::v3;

    use super::{ReportLimits, jvm, keep_alive, properties};

    fn recorded(name: &str) -> Vec<u8> {
        std::fs::read(format!("../../cases/segments/{name}.bin")).unwrap()
    }

    fn pair(key: &str, value: &str) -> v3::KeyStringValuePair {
        v3::KeyStringValuePair { key: key.into(), value: value.into() }
    }

    #[test]
    fn addresses_are_joined_and_the_layer_defaults_to_general() {
        let message = v3::InstanceProperties {
            service: "shop".into(),
            service_instance: "i".into(),
            properties: vec![
                pair("ipv4", "10.0.0.1"),
                pair("os", "linux"),
                pair("ipv4", "10.0.0.2"),
            ],
            layer: "FAAS".into(),
        };
        let report = properties(&message.encode_to_vec(), &ReportLimits::NONE).unwrap();
        assert_eq!(report.layer, Layer::FAAS);
        let expected = [("os", "linux"), ("ipv4s", "10.0.0.1,10.0.0.2")];
        assert_eq!(report.properties, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        let ping = v3::InstancePingPkg { layer: "NOT_YET_KNOWN".into(), ..Default::default() };
        let report = keep_alive(&ping.encode_to_vec(), &ReportLimits::NONE).unwrap();
        assert_eq!((report.layer, report.properties.len()), (Layer::GENERAL, 0));
    }

    #[test]
    fn reports_of_real_agents_are_read() {
        for agent in ["java", "python", "node", "rust"] {
            let message = recorded(&format!("{agent}-properties"));
            let report = properties(&message, &ReportLimits::NONE).unwrap();
            assert!(!report.service.is_empty() && !report.instance.is_empty(), "{agent}");
            assert!(report.properties.len() >= 3, "{agent}: {:?}", report.properties);
        }
        let report = jvm(&recorded("java-jvm"), &ReportLimits::NONE).unwrap();
        let sample = &report.samples[0];
        assert!(sample.time > 1_600_000_000_000_000_000 && sample.threads.live > 0);
        assert!(sample.memory.iter().any(|area| area.is_heap && area.used > 0));
        assert!(sample.classes.loaded > 0 && !sample.pools.is_empty());
    }

    #[test]
    fn limits_hold_before_anything_is_decoded() {
        let limits = ReportLimits { bytes: 100, properties: 2, samples: 2 };
        let bomb: Vec<u8> = [0x0a, 0].repeat(3);
        let error = jvm(&bomb, &limits).unwrap_err();
        assert_eq!(error.to_string(), "samples 3 exceeds ingest.report.max_samples (2)");
        let error = properties(&[0x1a, 0].repeat(3), &limits).unwrap_err();
        assert_eq!(error.to_string(), "properties 3 exceeds ingest.report.max_properties (2)");
        let error = keep_alive(&[0; 101], &limits).unwrap_err();
        assert_eq!(error.to_string(), "report_bytes 101 exceeds ingest.report.max_size (100)");
        assert_eq!(keep_alive(&[0x0a, 9], &limits).unwrap_err().reason(), "malformed");
    }
}
