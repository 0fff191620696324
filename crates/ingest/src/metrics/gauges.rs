//! Gauges that are read when they are asked for.

use std::fmt;

use skytrail_base::metrics::encoding::{DescriptorEncoder, EncodeMetric};
use skytrail_base::metrics::{Collector, Gauge};

use crate::room::Room;

/// How much room large messages hold.
#[derive(Debug)]
pub(super) struct RoomGauge(pub(super) Room);

impl Collector for RoomGauge {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(self.0.used_bytes()).unwrap_or(i64::MAX));
        let metric = encoder.encode_descriptor(
            "skytrail_ingest_in_flight_bytes",
            "Bytes held for large messages and bodies that are being received",
            None,
            gauge.metric_type(),
        )?;
        gauge.encode(metric)
    }
}
