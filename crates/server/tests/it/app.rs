//! The whole product in this process, on a clock that stands still.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use skytrail_base::clock::{Clock, ManualClock};
use skytrail_base::shutdown::{self, Trigger};
use skytrail_proto::v3::jvm_metric_report_service_client::JvmMetricReportServiceClient;
use skytrail_server::config::{Config, Layers, Origin};
use skytrail_server::serve::{Backend, Checkpoints, Opening, Parts, Ports, Routers};
use skytrail_storage::Storage;
use skytrail_storage::memory::{self, MemoryJournal, MemoryStorage};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::disk::{self, Disk};
use crate::fixed_set::{BASE, Message};
use crate::health::Full;

/// Longest wait for something that happens within a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the product is set up.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) zone: &'static str,
    pub(crate) shards: u16,
    /// Where the clock stands, Unix milliseconds.
    pub(crate) now: i64,
    /// What a process before this one left.
    pub(crate) kept: Option<Kept>,
    /// The disk of a store that is not in memory, and not in a data folder.
    pub(crate) disk: Option<Disk>,
    /// The data folder of a store on disk; none for one in memory.
    pub(crate) folder: Option<PathBuf>,
    /// A folder of metric rules besides those in the binary.
    pub(crate) rules: Option<PathBuf>,
    /// Lets the log of a store in memory refuse.
    pub(crate) is_full: Arc<AtomicBool>,
    /// What the log may hold before a checkpoint is made.
    pub(crate) journal_bytes: usize,
}

/// The store and the log in front of it.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) storage: Arc<MemoryStorage>,
    pub(crate) journal: Arc<MemoryJournal>,
}

impl Kept {
    /// What a disk would hold after a crash at this moment.
    pub(crate) fn crashed(&self) -> Self {
        Self { storage: Arc::new(self.storage.reopen()), journal: Arc::new(self.journal.reopen()) }
    }
}

impl Default for Setup {
    /// UTC, two shards, and the last second of the second minute of the fixed
    /// set: every minute is still being filled.
    fn default() -> Self {
        Self {
            zone: "UTC",
            shards: 2,
            now: BASE + 119_000,
            kept: None,
            disk: None,
            folder: None,
            rules: None,
            is_full: Arc::default(),
            journal_bytes: usize::MAX,
        }
    }
}

/// The running product.
pub(crate) struct App {
    clock: Arc<ManualClock>,
    kept: Option<Kept>,
    checkpoints: Checkpoints,
    grpc: Router,
    rest: Router,
    telemetry: Router,
    trigger: Trigger,
    running: JoinHandle<anyhow::Result<()>>,
}

fn layers(setup: &Setup) -> Layers {
    let mut layers = Layers::defaults().unwrap();
    let values = [
        ("server.time_zone", json!(setup.zone)),
        ("server.shards", json!(setup.shards)),
        ("ingest.grpc.port", json!(0)),
        ("ingest.otlp.grpc.port", json!(0)),
        ("ingest.otlp.http.port", json!(0)),
        ("api.rest.port", json!(0)),
        ("telemetry.port", json!(0)),
    ];
    for (key, value) in values {
        layers.set(key, value, Origin::CommandLine).unwrap();
    }
    let selector = if setup.folder.is_some() { "embedded" } else { "memory" };
    layers.set("storage.selector", json!(selector), Origin::CommandLine).unwrap();
    if let Some(rules) = &setup.rules {
        layers.set("analysis.oal.dir", json!(rules), Origin::CommandLine).unwrap();
    }
    if let Some(folder) = &setup.folder {
        layers.set("server.data_dir", json!(folder), Origin::CommandLine).unwrap();
        // As the agreed answers have it, which were made in memory.
        for key in ["storage.embedded.hour_ttl", "storage.embedded.day_ttl"] {
            layers.set(key, json!("7d"), Origin::CommandLine).unwrap();
        }
    }
    layers
}

async fn call(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

impl App {
    pub(crate) async fn start(setup: Setup) -> Self {
        let app = Self::build(setup).await.unwrap();
        app.until("healthy", || async { app.get("/healthcheck").await.0 == StatusCode::OK }).await;
        app
    }

    /// The same on a disk that may refuse; it need not be healthy.
    pub(crate) async fn try_start(setup: Setup) -> Option<Self> {
        Self::build(setup).await.ok()
    }

    async fn build(setup: Setup) -> anyhow::Result<Self> {
        let layers = layers(&setup);
        let config = Config::from_layers(&layers).unwrap();
        let clock = ManualClock::at(setup.now * 1_000_000);
        let (trigger, stop) = shutdown::channel();
        let opened = Mutex::new(setup.kept.clone());
        let open = async |opening: Opening<'_>| {
            if let Some(disk) = &setup.disk {
                return disk::open(disk, opening).await;
            }
            let fresh = || Kept {
                storage: Arc::new(MemoryStorage::new(
                    memory::Config::default(),
                    opening.zone.clone(),
                    opening.catalogue,
                )),
                journal: Arc::new(MemoryJournal::new(64 << 20)),
            };
            let Kept { storage, journal } =
                opened.lock().unwrap().get_or_insert_with(fresh).clone();
            let journal = Full::over(journal, setup.is_full.clone());
            Ok(Backend { storage, journal, journal_bytes: setup.journal_bytes, on_disk: None })
        };
        let parts = match setup.folder {
            Some(_) => Parts::build(config, &layers, clock.clone(), &stop).await?,
            None => Parts::build_on(open, config, &layers, clock.clone(), &stop).await?,
        };
        let kept = opened.into_inner().unwrap();
        let routers = parts.routers();
        let Routers { grpc, rest, telemetry, .. } = routers.clone();
        let ports = Ports::open(&parts.config, &parts.registry, routers).await.unwrap();
        let checkpoints = parts.checkpoints();
        let running = tokio::spawn(parts.run(ports, stop, PATIENCE));
        Ok(Self { clock, kept, checkpoints, grpc, rest, telemetry, trigger, running })
    }

    /// Why the product does not start on what a process before it left: a store
    /// that looks at its zone when it is opened, or its checkpoint only.
    pub(crate) async fn refusal(setup: Setup, looks: bool) -> String {
        Self::refusal_of(setup, looks, false).await
    }

    /// Why it does not start when it is told to stop while it does.
    pub(crate) async fn interruption(setup: Setup) -> String {
        Self::refusal_of(setup, false, true).await
    }

    async fn refusal_of(setup: Setup, looks: bool, is_stopping: bool) -> String {
        let layers = layers(&setup);
        let config = Config::from_layers(&layers).unwrap();
        let Kept { storage, journal } = setup.kept.unwrap();
        let open = async |opening: Opening<'_>| {
            let storage = if looks { storage.reopen_in(opening.zone)? } else { storage.reopen() };
            let storage = Arc::new(storage);
            let journal = journal.clone();
            Ok(Backend { storage, journal, journal_bytes: setup.journal_bytes, on_disk: None })
        };
        let clock = ManualClock::at(setup.now * 1_000_000);
        let (trigger, stop) = shutdown::channel();
        if is_stopping {
            trigger.stop();
        }
        let built = Parts::build_on(open, config, &layers, clock, &stop).await;
        built.err().map(|error| error.to_string()).unwrap_or_default()
    }

    /// The store and the log, where they are in memory.
    pub(crate) fn kept(&self) -> &Kept {
        self.kept.as_ref().expect("in memory")
    }

    /// What answers agents.
    pub(crate) fn grpc(&self) -> Router {
        self.grpc.clone()
    }

    /// Stops in order.
    pub(crate) async fn stop(self) {
        self.trigger.stop();
        self.running.await.unwrap().unwrap();
    }

    /// Asks again and again, for what comes with the ticks of the analysis.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, what: &str, ask: impl Fn() -> F) {
        let start = Instant::now();
        while !ask().await {
            assert!(start.elapsed() < PATIENCE, "not {what} within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        call(&self.rest, Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, String) {
        let request = Request::post(path).header("content-type", "application/json");
        call(&self.rest, request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Sends one message; it is stored when this returns.
    pub(crate) async fn send(&self, message: &Message) {
        if let Err(refused) = self.send_once(message).await {
            panic!("{refused}");
        }
    }

    /// The same where it may be refused; whether it was acknowledged.
    pub(crate) async fn try_send(&self, message: &Message) -> bool {
        self.send_once(message).await.is_ok()
    }

    async fn send_once(&self, message: &Message) -> Result<(), String> {
        let (path, body) = match message {
            Message::Properties(body) => ("/v3/management/reportProperties", body),
            Message::Segments(body) => ("/v3/segments", body),
            Message::Jvm(collection) => {
                let mut client = JvmMetricReportServiceClient::new(self.grpc.clone());
                let sent = client.collect(collection.clone()).await;
                return sent.map(drop).map_err(|status| status.to_string());
            }
        };
        let (status, answer) = self.post(path, body).await;
        let refused = || format!("{path}: {status}: {answer}");
        if status == StatusCode::OK { Ok(()) } else { Err(refused()) }
    }

    pub(crate) async fn send_all(&self, messages: &[Message]) {
        for message in messages {
            self.send(message).await;
        }
    }

    /// Runs a GraphQL operation.
    pub(crate) async fn ask(&self, query: &str, operation: &str, variables: &Value) -> Value {
        let mut body = json!({ "query": query, "variables": variables });
        if !operation.is_empty() {
            body["operationName"] = json!(operation);
        }
        let (status, answer) = self.post("/graphql", &body).await;
        assert_eq!(status, StatusCode::OK, "{operation}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// Makes everything so far durable, open minutes included.
    pub(crate) async fn checkpoint(&self) {
        assert!(self.try_checkpoint().await, "also while the server makes one of its own");
    }

    /// The same where the disk may refuse; whether it was made.
    pub(crate) async fn try_checkpoint(&self) -> bool {
        self.checkpoints.save().await.is_ok()
    }

    /// Lets the clock close every minute, of which there must be some, and waits
    /// until all of it is stored; then the clock stands where it stood.
    pub(crate) async fn close_minutes(&self) {
        self.until("known to be open", || async { self.windows().await > 0 }).await;
        let now = self.clock.unix_nanos();
        // Windows of minutes long gone stay open for the grace, too.
        self.clock.advance(Duration::from_secs(80));
        self.until("flushed", || async { self.windows().await == 0 }).await;
        self.clock.set(now);
    }

    /// Minutes that are being filled or wait to be stored, as the last ticks of
    /// the shards told.
    async fn windows(&self) -> u64 {
        let text = self.telemetry().await;
        let lines = text.lines().filter(|line| line.starts_with("skytrail_analysis_windows{"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// The metrics of the server itself.
    pub(crate) async fn telemetry(&self) -> String {
        call(&self.telemetry, Request::get("/metrics").body(Body::empty()).unwrap()).await.1
    }

    /// Rows that the store holds of a family.
    pub(crate) fn rows(&self, family: &str) -> u64 {
        let usage = self.kept().storage.usage().families;
        usage.iter().find(|usage| usage.name == family).unwrap().rows
    }
}
