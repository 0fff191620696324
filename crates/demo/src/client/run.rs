//! From options to a summary.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use skytrail_base::clock::{SharedClock, SystemClock};
use skytrail_base::shutdown::{self, Shutdown};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connection::Connection;
use super::lane::{Lane, send_once};
use super::options::{Error, Options};
use super::reporter::Reporter;
use super::summary::{Summary, Tallies};
use super::traffic::Traffic;
use crate::fixed;
use crate::shop::{Incident, Shop};

/// Channels that segments are sent over; the instances of the shop share them.
const LANES: usize = 4;

/// Segments that wait in a lane at most.
const LANE_SIZE: usize = 1_024;

/// After the shutdown, the answers to the last streams are awaited for so long.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Sends the shop's traffic (or the fixed set) until `shutdown` or `options.duration`, then ends
/// its streams and waits, at most 10 s, for their answers.
///
/// A server that is away is tried again with growing pauses; what could not be sent meanwhile is
/// lost and counted as failed. The only errors are those of the options.
pub async fn run(options: Options, shutdown: impl Future<Output = ()>) -> Result<Summary, Error> {
    options.validate()?;
    let connection = Connection::new(&options)?;
    let tallies = Arc::new(Tallies::default());
    let (trigger, stop) = shutdown::channel();
    let duration = options.duration;
    let mut work = pin!(async {
        match options.once_fixed {
            Some(base) => send_fixed(base, &connection, &tallies, stop).await,
            None => play(&options, &connection, &tallies, stop).await,
        }
    });
    tokio::select! {
        () = &mut work => return Ok(tallies.summary()),
        () = shutdown => {}
        () = passed(duration) => {}
    }
    trigger.stop();
    if timeout(DRAIN_TIME, work).await.is_err() {
        tracing::warn!("the server did not answer the last demo traffic in time");
    }
    Ok(tallies.summary())
}

async fn passed(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

/// The shop, until the shutdown.
async fn play(options: &Options, connection: &Connection, tallies: &Arc<Tallies>, stop: Shutdown) {
    let clock: SharedClock = Arc::new(SystemClock);
    // Two shops of one seed have the same instances: one acts, the other speaks of itself.
    let (mut shop, mirror) = (Shop::new(options.seed), Shop::new(options.seed));
    if let Some((number, after)) = options.incident {
        let since = clock.unix_nanos().saturating_add(after.saturating_mul(1_000_000_000));
        shop = shop.with_incident(Incident::drawn(number), since);
    }
    let mut reporter = Reporter::new(connection, tallies.clone(), stop.clone());
    if !reporter.introduce(&shop.properties()).await {
        return;
    }
    // Dropping the set ends what still runs when the drain takes too long.
    let mut tasks = JoinSet::new();
    tasks.spawn(reporter.run(mirror, clock.clone()));
    let mut lanes = Vec::new();
    for _ in 0..LANES {
        let (sender, queue) = mpsc::channel(LANE_SIZE);
        lanes.push(sender);
        let client = connection.segments();
        let lane = Lane { client, queue, tallies: tallies.clone(), stop: stop.clone() };
        tasks.spawn(lane.run());
    }
    let rate = options.rate;
    let mut traffic = Traffic { shop, rate, clock, lanes, tallies: tallies.clone() };
    traffic.catch_up(options.history, &stop).await;
    traffic.run(stop).await;
    while tasks.join_next().await.is_some() {}
}

/// The fixed set, once.
async fn send_fixed(base: i64, connection: &Connection, tallies: &Arc<Tallies>, stop: Shutdown) {
    let mut reporter = Reporter::new(connection, tallies.clone(), stop);
    if !reporter.introduce(&fixed::properties()).await {
        return;
    }
    let segments = fixed::segments(base);
    tallies.segments.make(segments.len() as u64);
    let sent = match reporter.reading(fixed::jvm(base)).await {
        Ok(()) => send_once(connection.segments(), segments).await,
        Err(status) => Err(status),
    };
    match sent {
        Ok(count) => tallies.segments.acknowledge(count),
        Err(status) => {
            let (code, reason) = (status.code(), status.message());
            tracing::warn!(?code, reason, "the server refused the fixed set");
        }
    }
}
