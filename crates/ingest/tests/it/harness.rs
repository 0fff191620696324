//! The receivers with a journal that keeps everything and a consumer that
//! stores, drops or does nothing, on a loopback port or without any.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use parking_lot::Mutex;
use skytrail_base::account::{Account, Count, Signal, Totals};
use skytrail_base::clock::{Clock, ManualClock};
use skytrail_base::future::BoxFuture;
use skytrail_base::handoff::Handoff;
use skytrail_base::journal::{Appended, Journal, JournalError, Position, Record};
use skytrail_base::metrics::Registry;
use skytrail_base::outcome::Outcome;
use skytrail_base::queue::{self, Queued, Receiver};
use skytrail_base::shutdown::{self, Trigger};
use skytrail_ingest::{Config, Deps, Duplicates, Ingest, Replayer};
use skytrail_model::batch::Batch;
use skytrail_model::command::{Command, CommandSource};
use skytrail_proto::v3;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tonic::transport::{Channel, Endpoint};

pub(crate) const START_NANOS: i64 = 1_700_000_000_000_000_000;

/// Keeps records; says no when told to.
#[derive(Default)]
pub(crate) struct TestJournal {
    pub(crate) records: Mutex<Vec<Record<'static>>>,
    pub(crate) is_broken: Mutex<bool>,
}

impl Journal for TestJournal {
    fn append(&self, record: Record<'_>) -> Result<Appended, JournalError> {
        if *self.is_broken.lock() {
            return Err(JournalError { message: "broken".into(), retryable: true });
        }
        let mut records = self.records.lock();
        records.push(record.into_owned());
        let position = Position(records.len() as u64);
        Ok(Appended { position, durable: Box::pin(std::future::ready(Ok(()))) })
    }

    fn replay<'a>(
        &'a self,
        from: Position,
        take: &'a mut (dyn FnMut(Position, Record<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        for (at, record) in (1..).zip(self.records.lock().clone()) {
            if at >= from.0 && !take(Position(at), record) {
                break;
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn trim(&self, _before: Position) -> Result<(), JournalError> {
        Ok(())
    }

    fn used_bytes(&self) -> usize {
        0
    }
}

/// One task for the service `watched`.
pub(crate) struct TestCommands;

impl CommandSource for TestCommands {
    fn profile_tasks(&self, service: &str, instance: &str, last_ms: i64) -> Vec<Command> {
        let task = || Command {
            name: "ProfileTaskQuery".into(),
            arguments: vec![
                ("Instance".into(), instance.into()),
                ("After".into(), last_ms.to_string()),
            ],
        };
        if service == "watched" { vec![task()] } else { Vec::new() }
    }

    fn configuration(&self, service: &str, uuid: &str) -> Vec<Command> {
        let change = || Command {
            name: "ConfigurationDiscoveryCommand".into(),
            arguments: vec![("UUID".into(), format!("not {uuid}"))],
        };
        if service == "watched" { vec![change()] } else { Vec::new() }
    }
}

pub(crate) type Handoffs = Receiver<Handoff<Batch>>;

/// The receivers and everything around them.
pub(crate) struct World {
    pub(crate) ingest_http: axum::Router,
    pub(crate) ingest_grpc: axum::Router,
    pub(crate) duplicates: Duplicates,
    pub(crate) account: Arc<Account>,
    pub(crate) journal: Arc<TestJournal>,
    pub(crate) registry: Registry,
    pub(crate) trigger: Trigger,
    pub(crate) running: JoinHandle<()>,
    /// They end once the receivers have, with nothing left in the queues.
    pub(crate) consumers: JoinSet<()>,
    pub(crate) batches: Arc<Mutex<Vec<Batch>>>,
}

/// What the consumer does with a batch, by the number of batches before it.
pub(crate) type Decide = fn(usize) -> Outcome;

pub(crate) fn store(_: usize) -> Outcome {
    Outcome::Durable
}

impl World {
    /// With a consumer per shard.
    pub(crate) fn start(config: &Config, shards: usize, decide: Decide) -> Self {
        let (mut world, queues) = Self::without_consumer(config, shards);
        for queue in queues {
            world.consumers.spawn(consume(queue, world.batches.clone(), decide));
        }
        world
    }

    /// Nobody takes what comes out of the queues, and nothing is recognised that
    /// comes again.
    pub(crate) fn without_consumer(config: &Config, shards: usize) -> (Self, Vec<Handoffs>) {
        Self::with_tables(config, shards, Replayer::new(config.validate().unwrap().symbols))
    }

    /// Recognises what comes again.
    pub(crate) fn remembering(config: &Config, shards: usize) -> (Self, Vec<Handoffs>) {
        Self::with_tables(config, shards, tables(config, shards))
    }

    /// Goes on with tables that replay filled.
    pub(crate) fn with_tables(
        config: &Config,
        shards: usize,
        tables: Replayer,
    ) -> (Self, Vec<Handoffs>) {
        let settings = config.validate().unwrap();
        let limit = settings.queue_bytes;
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..shards).map(|_| queue::bounded::<Handoff<Batch>>(limit)).unzip();
        let (trigger, shutdown) = shutdown::channel();
        let (account, journal) = (Account::new(), Arc::new(TestJournal::default()));
        let registry = Registry::default();
        let clock: Arc<dyn Clock> = ManualClock::at(START_NANOS);
        let deps = Deps {
            frontier: Arc::default(),
            account: account.clone(),
            journal: journal.clone(),
            clock,
            commands: Arc::new(TestCommands),
            registry: registry.clone(),
            queues: senders,
            tables,
            shutdown: shutdown.clone(),
        };
        let ingest = Ingest::build(config, deps).unwrap();
        let world = Self {
            ingest_http: ingest.http(),
            ingest_grpc: ingest.grpc(),
            duplicates: ingest.duplicates(),
            account,
            journal,
            registry,
            trigger,
            running: tokio::spawn(ingest.run(shutdown)),
            consumers: JoinSet::new(),
            batches: Arc::default(),
        };
        (world, receivers)
    }

    /// Serves gRPC on a loopback port.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = self.ingest_grpc.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    pub(crate) async fn channel(&self) -> Channel {
        connect(self.listen().await).await
    }

    pub(crate) fn totals(&self, signal: Signal) -> Totals {
        self.account.totals(signal)
    }

    /// Every segment that came out, as (service, operation of its first span).
    pub(crate) fn segments(&self) -> Vec<(String, String)> {
        let batches = self.batches.lock();
        let mut seen = Vec::new();
        for batch in batches.iter().map(|batch| &batch.spans) {
            for segment in &batch.segments {
                let first = &batch.spans_of(segment)[0];
                let names = (batch.name(segment.service), batch.name(first.operation));
                seen.push((names.0.to_owned(), names.1.to_owned()));
            }
        }
        seen
    }
}

/// Empty tables that remember messages.
pub(crate) fn tables(config: &Config, shards: usize) -> Replayer {
    let settings = config.validate().unwrap();
    Replayer::new(settings.symbols).remembering(settings.duplicates, shards as u16)
}

async fn consume(mut queue: Handoffs, batches: Arc<Mutex<Vec<Batch>>>, decide: Decide) {
    while let Some(Queued { item, .. }) = queue.recv().await {
        item.durable.await.unwrap();
        let number = {
            let mut batches = batches.lock();
            batches.push(item.item);
            batches.len() - 1
        };
        item.receipt.resolve(decide(number));
    }
}

pub(crate) async fn connect(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

pub(crate) fn count(messages: u64, spans: u64) -> Count {
    Count { messages, spans }
}

pub(crate) fn segment(service: &str, operations: &[&str]) -> v3::SegmentObject {
    let span = |(id, name): (usize, &&str)| v3::SpanObject {
        span_id: id as i32,
        parent_span_id: id as i32 - 1,
        start_time: 1_700_000_000_000,
        end_time: 1_700_000_000_010,
        operation_name: (*name).to_owned(),
        tags: vec![v3::KeyStringValuePair { key: "http.method".into(), value: "GET".into() }],
        ..Default::default()
    };
    v3::SegmentObject {
        trace_id: "trace".into(),
        trace_segment_id: format!("{service}-segment"),
        service: service.into(),
        service_instance: format!("{service}-instance"),
        spans: operations.iter().enumerate().map(span).collect(),
        ..Default::default()
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
