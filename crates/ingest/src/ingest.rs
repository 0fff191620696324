//! The receivers as one part: built from a configuration and what they need
//! from others, giving routes and a task to run.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use skytrail_base::account::Account;
use skytrail_base::clock::SharedClock;
use skytrail_base::frontier::Frontier;
use skytrail_base::handoff::Handoff;
use skytrail_base::journal::Journal;
use skytrail_base::metrics::Registry;
use skytrail_base::queue::Sender;
use skytrail_base::shutdown::Shutdown;
use skytrail_model::batch::Batch;
use skytrail_model::command::CommandSource;
use tokio::task::JoinSet;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::config::{Config, ConfigError};
use crate::duplicates::Duplicates;
use crate::inbox::Inbox;
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::pump::Pump;
use crate::record::Replayer;
use crate::room::Room;
use crate::throttle::Throttle;
use crate::{grpc, otlp, skywalking};

/// What the receivers need from others.
pub struct Deps {
    /// The books.
    pub account: Arc<Account>,
    /// Where every batch is written before the analysis sees it.
    pub journal: Arc<dyn Journal>,
    /// Moves on with every batch that is written and handed over.
    pub frontier: Arc<Frontier>,
    /// The clock.
    pub clock: SharedClock,
    /// What agents are asked to do.
    pub commands: Arc<dyn CommandSource>,
    /// Self-metrics.
    pub registry: Registry,
    /// One queue per shard; their number is the number of shards.
    pub queues: Vec<Sender<Handoff<Batch>>>,
    /// The tables that replay has filled; fresh ones when nothing was replayed.
    pub tables: Replayer,
    /// Ends open streams.
    pub shutdown: Shutdown,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("shards", &self.queues.len()).finish_non_exhaustive()
    }
}

/// The receivers.
pub struct Ingest {
    intake: Arc<Intake>,
    pumps: Vec<Pump>,
}

impl fmt::Debug for Ingest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ingest").field("shards", &self.pumps.len()).finish_non_exhaustive()
    }
}

impl Ingest {
    /// Checks the configuration and makes the inboxes. Nothing is received
    /// before the routes are served, and nothing leaves before [`Ingest::run`].
    pub fn build(config: &Config, deps: Deps) -> Result<Self, ConfigError> {
        let settings = config.validate()?;
        let Deps { account, journal, frontier, clock, commands, registry, queues, .. } = deps;
        let Deps { mut tables, shutdown, .. } = deps;
        if queues.is_empty() {
            return Err(ConfigError {
                problems: vec!["server.shards: there is no shard".to_owned()],
            });
        }
        let metrics = Metrics::new(&registry, account.clone());
        let complaints = Arc::new(Throttle::new());
        let mut inboxes = Vec::with_capacity(queues.len());
        let mut pumps = Vec::with_capacity(queues.len());
        for (shard, queue) in (0..u16::MAX).zip(queues) {
            let decoder = tables.take(shard, settings.segment, settings.symbols);
            let inbox = Arc::new(Inbox::new(
                decoder,
                tables.take_known(shard),
                settings.batch_bytes,
                settings.stall_timeout,
                account.clone(),
                metrics.clone(),
            ));
            inboxes.push(inbox.clone());
            pumps.push(Pump {
                inbox,
                queue,
                journal: journal.clone(),
                frontier: frontier.clone(),
                clock: clock.clone(),
                metrics: metrics.clone(),
                complaints: complaints.clone(),
                pace: settings.pace,
            });
        }
        let room = Room::new(settings.in_flight_bytes);
        Metrics::watch_room(&registry, room.clone());
        let intake = Intake {
            room,
            settings,
            inboxes,
            account,
            clock,
            commands,
            metrics,
            shutdown,
            refusals: Throttle::new(),
            health: HealthReporter::new(),
            said: std::array::from_fn(|_| AtomicBool::new(false)),
        };
        Ok(Self { intake: Arc::new(intake), pumps })
    }

    /// The messages that are recognised when they come again, for whoever makes
    /// checkpoints.
    pub fn duplicates(&self) -> Duplicates {
        Duplicates::new(self.intake.inboxes.clone())
    }

    /// The health that agents and probes ask for on the gRPC port.
    pub fn serving(&self) -> Serving {
        Serving { intake: self.intake.clone() }
    }

    /// The agents' gRPC services, health and reflection, to be served over
    /// HTTP/2. Health is open to everybody; all else asks for the token.
    pub fn grpc(&self) -> axum::Router {
        grpc::router(&self.intake)
    }

    /// The agents' HTTP routes, to be merged with what else the REST port serves.
    pub fn http(&self) -> axum::Router {
        skywalking::http::router(&self.intake).merge(self.otlp_http())
    }

    /// The HTTP routes of OpenTelemetry, for a port of their own.
    pub fn otlp_http(&self) -> axum::Router {
        otlp::http::router(&self.intake)
    }

    /// Carries batches until the shutdown, then takes nothing more, hands over
    /// what was taken and returns. A queue that stays full keeps it waiting; it
    /// returns early only when nobody takes the batches of a shard any more.
    pub async fn run(self, mut shutdown: Shutdown) {
        let mut health = JoinSet::new();
        health.spawn(withdraw_at_stop(self.intake.clone()));
        let mut tasks = JoinSet::new();
        for pump in self.pumps {
            tasks.spawn(pump.run());
        }
        tokio::select! {
            () = shutdown.stopping() => {}
            ended = tasks.join_next() => {
                tracing::error!(?ended, "a shard takes no more messages; stopping to receive");
            }
        }
        withdraw(&self.intake.health).await;
        for inbox in &self.intake.inboxes {
            inbox.close();
        }
        while tasks.join_next().await.is_some() {}
    }
}

/// Says on the gRPC port whether the services take anything.
#[derive(Clone)]
pub struct Serving {
    intake: Arc<Intake>,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

impl Serving {
    /// From now on they do, or do not. At the stop they do not, whatever is said.
    pub async fn set(&self, is_serving: bool) {
        let status = if is_serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in grpc::services() {
            self.intake.health.set_service_status(service, status).await;
        }
        if self.intake.shutdown.is_stopping() {
            withdraw(&self.intake.health).await;
        }
    }
}

/// Says so as soon as the process is to stop: by the time the last batches are
/// handed over no port is open to ask on.
async fn withdraw_at_stop(intake: Arc<Intake>) {
    intake.shutdown.clone().stopping().await;
    withdraw(&intake.health).await;
}

/// No service takes anything any more, whichever name is asked for.
async fn withdraw(health: &HealthReporter) {
    for service in grpc::services() {
        health.set_service_status(service, ServingStatus::NotServing).await;
    }
}
