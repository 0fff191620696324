//! The wiring: which part gets what from which.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use skytrail_analysis::{Analysis, Rules};
use skytrail_api::Hosts;
use skytrail_api::graphql::root::{Sources, TABLES};
use skytrail_api::graphql::{Engine, Limits as GraphqlLimits};
use skytrail_api::status as api_status;
use skytrail_base::account::Account;
use skytrail_base::clock::SharedClock;
use skytrail_base::frontier::Frontier;
use skytrail_base::metrics::Registry;
use skytrail_base::shutdown::Shutdown;
use skytrail_base::web_host::WebHosts;
use skytrail_base::web_origin::WebOrigins;
use skytrail_ingest::Ingest;
use skytrail_model::command::NoCommands;
use skytrail_model::metric::Catalogue;
use skytrail_query::Query;
use skytrail_storage::{LiveMetrics, SharedStorage};
use tokio::task::JoinSet;

use super::backend::{Backend, OnDisk, Opening, coded};
use super::books::Books;
use super::checkpoints::Checkpoints;
use super::deletions::Deletions;
use super::former::{Replayed, Stage};
use super::gauges::StorageUsage;
use super::headers;
use super::health::{Health, Watched};
use super::ports::{Ports, Routers};
use super::process::Process;
use super::reload::Live;
use super::requests::Desk;
use super::running::{Orders, Running, outcome};
use super::{select, upkeep, watches};
use crate::config::{Config, Layers};
use crate::requests::Requests;
use crate::status::Status;

/// Everything that runs, built and not yet started.
pub struct Parts {
    /// What it was built from.
    pub config: Config,
    /// Self-metrics.
    pub registry: Registry,
    clock: SharedClock,
    storage: SharedStorage,
    on_disk: Option<OnDisk>,
    ingest: Ingest,
    analysis: Arc<Analysis>,
    /// How the log is kept short, and how short.
    log: (Checkpoints, usize),
    status: Arc<Status>,
    rest: Router,
    stop: Shutdown,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl Parts {
    /// Builds every part from the configuration. The order is that of the
    /// data: rules, store, journal, queues, analysis, receivers, answers.
    pub async fn build(
        config: Config,
        layers: &Layers,
        clock: SharedClock,
        stop: &Shutdown,
    ) -> anyhow::Result<Self> {
        let of_store = config.clone();
        let open = async |opening: Opening<'_>| select::open(&of_store, opening).await;
        Self::build_on(open, config, layers, clock, stop).await
    }

    /// The same on a backend of the caller's.
    pub async fn build_on(
        open: impl AsyncFn(Opening<'_>) -> anyhow::Result<Backend>,
        config: Config,
        layers: &Layers,
        clock: SharedClock,
        stop: &Shutdown,
    ) -> anyhow::Result<Self> {
        let mut registry = Registry::default();
        let zone = config.zone().map_err(anyhow::Error::msg)?;
        let settings = config.analysis.validate()?;
        let rules = Rules::load(&settings)?;
        let stage =
            Stage { config: &config, settings: &settings, zone: &zone, clock: &clock, stop };
        let opened = async |rules: &Rules, registry: &Registry| {
            open(stage.opening(rules, registry)).await.map_err(coded)
        };
        let mut backend = opened(&rules, &registry).await?;
        if let Some(former) = stage.former(&backend, &rules).await? {
            // A store knows one catalogue, and has one owner.
            drop(backend);
            let of_former = opened(&former, &Registry::default()).await?;
            stage.finish(former, of_former).await?;
            registry = Registry::default();
            backend = opened(&rules, &registry).await?;
        }
        registry.collect(Box::new(StorageUsage(backend.storage.clone())));
        registry.collect(Box::new(Process));
        let catalogue = rules.catalogue();
        let replayed = stage.replay(rules, &backend, &registry).await?;
        if !replayed.is_of_these {
            // What comes now comes under these rules, also for whoever replays it.
            replayed.save().await?;
        }
        let Replayed { analysis, tables, senders, last, .. } = replayed;
        let Backend { storage, journal, journal_bytes, on_disk } = backend;
        let frontier = Arc::new(Frontier::after(last));
        let account = Account::new();
        let deps = skytrail_ingest::Deps {
            account: account.clone(),
            journal: journal.clone(),
            frontier: frontier.clone(),
            clock: clock.clone(),
            commands: Arc::new(NoCommands),
            registry: registry.clone(),
            queues: senders,
            tables,
            shutdown: stop.clone(),
        };
        let ingest = Ingest::build(&config.ingest, deps)?;
        let query = query(&stage, storage.clone(), analysis.live(), catalogue);
        let status = Status::new(&config, layers);
        let rest = {
            let books = Books::new(account, (&storage, &on_disk), &status, &clock);
            rest(&config, &registry, &status, (query, books, &clock))?
        }
        .merge(ingest.http());
        let analysis = Arc::new(analysis);
        let checkpoints = Checkpoints {
            analysis: analysis.clone(),
            journal,
            frontier,
            storage: storage.clone(),
            duplicates: ingest.duplicates(),
            health: Health::new(status.clone(), &registry),
            turn: Arc::default(),
        };
        Ok(Self {
            config,
            registry,
            clock,
            storage,
            on_disk,
            ingest,
            analysis,
            log: (checkpoints, journal_bytes),
            status,
            rest,
            stop: stop.clone(),
        })
    }

    /// What answers on each port.
    pub fn routers(&self) -> Routers {
        let registry = self.registry.clone();
        let telemetry = api_status::metrics_router(Arc::new(move || registry.encode()));
        let http = |router: Router| router.layer(from_fn(headers::no_sniffing));
        let rest = http(self.rest.clone());
        let grpc = self.ingest.grpc();
        let stop = self.stop.clone();
        let grpc = grpc.layer(from_fn_with_state(stop, watches::end_when_stopping));
        let otlp_http = http(self.ingest.otlp_http());
        Routers { grpc, rest, otlp_http, telemetry: http(telemetry) }
    }

    /// For whoever changes what may change while it runs.
    pub(super) fn live(&self) -> Live {
        Live { on_disk: self.on_disk.clone(), status: self.status.clone() }
    }

    /// For whoever makes a checkpoint besides those that are made anyway.
    pub fn checkpoints(&self) -> Checkpoints {
        self.log.0.clone()
    }

    /// Runs everything until the shutdown, then stops in the order of the data:
    /// ports, receivers, analysis. What is not done after `limit` is cut off.
    /// A part that ends before its time stops the others, and is the error.
    pub async fn run(self, ports: Ports, stop: Shutdown, limit: Duration) -> anyhow::Result<()> {
        if let Some(address) = ports.address("grpc") {
            self.status.set_node(address);
        }
        let (orders, told) = Orders::new();
        let (checkpoints, log_bytes) = self.log;
        let work = Deletions { on_disk: self.on_disk.clone(), checkpoints: checkpoints.clone() };
        let mut desk = Desk::new(Requests::of(&self.config.server.data_dir), work);
        if self.on_disk.is_some() {
            desk.begin(&stop).await;
        }
        let mut listeners = JoinSet::new();
        ports.spawn(&mut listeners, &told.close);
        let mut upkeep = JoinSet::new();
        upkeep.spawn(desk.watch(told.close.clone()));
        let expiry = upkeep::expire(self.storage.clone(), self.clock.clone(), told.close.clone());
        upkeep.spawn(expiry);
        let health = checkpoints.health.clone();
        let journal = checkpoints.journal.clone();
        let watched = Watched { journal, on_disk: self.on_disk };
        upkeep.spawn(health.watch(watched, self.ingest.serving(), told.close.clone()));
        upkeep.spawn(checkpoints.clone().keep_short(log_bytes, told.close));
        let analysis = self.analysis;
        let ingest = tokio::spawn(self.ingest.run(told.drain));
        let analysis = tokio::spawn(async move { analysis.run(told.finish).await });
        let mut running = Running::new(listeners, upkeep, ingest, analysis);
        self.status.set_started();
        let ended = running.watch(stop).await;
        if ended.is_err() {
            self.status.set_failed();
        }
        let in_order = async {
            let is_whole = running.stop(&orders).await;
            if is_whole {
                checkpoints.make_last().await;
            }
            is_whole
        };
        outcome(ended, tokio::time::timeout(limit, in_order).await.ok())
    }
}

fn query(
    stage: &Stage<'_>,
    storage: SharedStorage,
    live: Arc<dyn LiveMetrics>,
    catalogue: Arc<Catalogue>,
) -> Arc<Query> {
    let (zone, clock) = (stage.zone.clone(), stage.clock.clone());
    let config = stage.config.query.clone().into();
    Arc::new(Query::new(skytrail_query::Deps { storage, live, catalogue, zone, clock, config }))
}

fn rest(
    config: &Config,
    registry: &Registry,
    status: &Arc<Status>,
    (query, books, clock): (Arc<Query>, Books, &SharedClock),
) -> anyhow::Result<Router> {
    let sources = Sources { query: query.clone(), health: status.clone(), status: status.clone() };
    let graphql = &config.api.graphql;
    let limits = GraphqlLimits {
        depth: graphql.max_depth,
        aliases: graphql.max_aliases,
        cost: graphql.max_cost,
        deadline: graphql.timeout.as_duration(),
        memory_bytes: config.query.memory.as_len(),
        unsent_bytes: graphql.unsent_answers.as_len(),
        ..GraphqlLimits::default()
    };
    let engine = Engine::new(Arc::new(sources), &TABLES, limits, registry)?;
    Ok(skytrail_api::router(skytrail_api::Deps {
        graphql: Arc::new(engine),
        health: status.clone(),
        status: status.clone(),
        query,
        server: Arc::new(books),
        files: skytrail_api::ui::BUILT,
        origins: WebOrigins::parse(&config.api.cors_origins)?,
        hosts: Hosts {
            allowed: WebHosts::parse(&config.api.allowed_hosts)?,
            is_guarded: config.api.auth.token.is_empty() && config.api.rest.host.is_loopback(),
        },
        token: config.api.auth.token.clone(),
        is_encrypted: config.tls_files().map_err(anyhow::Error::msg)?.is_some(),
        clock: clock.clone(),
        registry: registry.clone(),
    }))
}
