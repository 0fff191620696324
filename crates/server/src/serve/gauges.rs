//! How much the store holds, as self-metrics.

use std::fmt;

use skytrail_base::metrics::encoding::{DescriptorEncoder, EncodeMetric};
use skytrail_base::metrics::{Collector, Counter, Family, Gauge, Labels};
use skytrail_storage::{FamilyUsage, SharedStorage};

/// Asks the store when it is asked.
pub(super) struct StorageUsage(pub(super) SharedStorage);

impl fmt::Debug for StorageUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StorageUsage").field(&self.0.name()).finish()
    }
}

type Figure = (&'static str, &'static str, fn(&FamilyUsage) -> u64);

/// Figures that go up and down.
const HELD: [Figure; 3] = [
    ("skytrail_storage_rows", "Rows held", |usage| usage.rows),
    ("skytrail_storage_bytes", "Bytes held", |usage| usage.bytes),
    ("skytrail_storage_limit_bytes", "Limit in bytes, 0 is none", |usage| usage.limit_bytes),
];

/// Figures that only grow.
const GONE: [Figure; 2] = [
    ("skytrail_storage_evicted_rows", "Rows that went because of the limit", |usage| usage.evicted),
    ("skytrail_storage_expired_rows", "Rows that went because of their age", |usage| usage.expired),
];

fn labels(usage: &FamilyUsage) -> Labels {
    vec![("family", usage.name.to_owned())]
}

impl Collector for StorageUsage {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let usage = self.0.usage();
        for (name, help, figure) in HELD {
            let metric = Family::<Labels, Gauge>::default();
            for one in &usage.families {
                let value = i64::try_from(figure(one)).unwrap_or(i64::MAX);
                metric.get_or_create(&labels(one)).set(value);
            }
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        for (name, help, figure) in GONE {
            let metric = Family::<Labels, Counter>::default();
            for one in &usage.families {
                metric.get_or_create(&labels(one)).inc_by(figure(one));
            }
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        Ok(())
    }
}
