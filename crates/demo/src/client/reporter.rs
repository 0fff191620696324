//! What instances tell of themselves, beside their segments.

use std::sync::Arc;
use std::time::Duration;

use skytrail_base::clock::SharedClock;
use skytrail_base::shutdown::Shutdown;
use skytrail_proto::v3::jvm_metric_report_service_client::JvmMetricReportServiceClient;
use skytrail_proto::v3::management_service_client::ManagementServiceClient;
use skytrail_proto::v3::{InstanceProperties, JvmMetricCollection};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tonic::{Request, Status};

use super::backoff::Backoff;
use super::connection::{Authenticated, Connection};
use super::summary::{Tallies, Tally};
use crate::shop::Shop;

/// Time between readings of the JVMs.
const READING: Duration = Duration::from_secs(1);

/// Readings from one life sign to the next, and life signs from one report of properties to the
/// next.
const READINGS_PER_PING: u64 = 20;
const PINGS_PER_PROPERTIES: u64 = 10;

/// How long a server may take for one report.
const CALL_TIME: Duration = Duration::from_secs(5);

/// Makes the unary calls.
#[derive(Debug)]
pub(super) struct Reporter {
    management: ManagementServiceClient<Authenticated>,
    jvm: JvmMetricReportServiceClient<Authenticated>,
    tallies: Arc<Tallies>,
    stop: Shutdown,
}

impl Reporter {
    pub(super) fn new(connection: &Connection, tallies: Arc<Tallies>, stop: Shutdown) -> Self {
        let (management, jvm) = connection.reports();
        Self { management, jvm, tallies, stop }
    }

    /// Reports properties until the server has taken them all or the shutdown begins; tells which.
    pub(super) async fn introduce(&mut self, properties: &[InstanceProperties]) -> bool {
        let mut backoff = Backoff::new("properties");
        while !self.stop.is_stopping() {
            match self.properties(properties).await {
                Ok(()) => {
                    backoff.succeeded();
                    return true;
                }
                Err(status) => backoff.failed(&status, &mut self.stop).await,
            }
        }
        false
    }

    /// Reports readings, life signs and properties until the shutdown.
    pub(super) async fn run(mut self, shop: Shop, clock: SharedClock) {
        let mut ticks = interval(READING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut backoff = Backoff::new("reports");
        let mut stop = self.stop.clone();
        let mut round = 0;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.stopping() => return,
            }
            match self.round(&shop, round, clock.unix_nanos()).await {
                Ok(()) => {
                    backoff.succeeded();
                    round += 1;
                }
                Err(status) => {
                    // The server may have forgotten everything: from properties on again.
                    round = READINGS_PER_PING * PINGS_PER_PROPERTIES;
                    backoff.failed(&status, &mut self.stop).await;
                }
            }
        }
    }

    async fn round(&mut self, shop: &Shop, round: u64, now: i64) -> Result<(), Status> {
        // At the start the properties are known already.
        if round > 0 && round.is_multiple_of(READINGS_PER_PING * PINGS_PER_PROPERTIES) {
            self.properties(&shop.properties()).await?;
        }
        if round.is_multiple_of(READINGS_PER_PING) {
            for ping in shop.keep_alive() {
                count(&self.tallies.reports, self.management.keep_alive(limited(ping))).await?;
            }
        }
        for reading in shop.jvm(now) {
            if self.stop.is_stopping() {
                break;
            }
            self.reading(reading).await?;
        }
        Ok(())
    }

    /// Reports one reading.
    pub(super) async fn reading(&mut self, reading: JvmMetricCollection) -> Result<(), Status> {
        count(&self.tallies.reports, self.jvm.collect(limited(reading))).await
    }

    async fn properties(&mut self, all: &[InstanceProperties]) -> Result<(), Status> {
        for properties in all.iter().cloned() {
            let call = self.management.report_instance_properties(limited(properties));
            count(&self.tallies.reports, call).await?;
        }
        Ok(())
    }
}

fn limited<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_TIME);
    request
}

/// Waits for a call and counts it and its success.
async fn count<T>(
    tally: &Tally,
    call: impl Future<Output = Result<T, Status>>,
) -> Result<(), Status> {
    tally.make(1);
    let late = |_| Status::deadline_exceeded("the server did not answer a report in time");
    timeout(CALL_TIME, call).await.map_err(late)??;
    tally.acknowledge(1);
    Ok(())
}
