//! Health while the log takes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;
use skytrail_base::future::BoxFuture;
use skytrail_base::journal::{Appended, Journal, JournalError, Position, Record};
use skytrail_storage::memory::MemoryJournal;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::app::{App, Setup};
use crate::fixed_set;

/// A log on a disk that is full when it is told so, once for whoever replays.
pub(crate) struct Full {
    inner: Arc<MemoryJournal>,
    is_full: Arc<AtomicBool>,
}

impl Full {
    pub(crate) fn over(inner: Arc<MemoryJournal>, is_full: Arc<AtomicBool>) -> Arc<Self> {
        Arc::new(Self { inner, is_full })
    }
}

impl Journal for Full {
    fn refusal(&self) -> Option<String> {
        self.is_full.load(Ordering::SeqCst).then(|| "the disk is full".to_owned())
    }

    fn append(&self, record: Record<'_>) -> Result<Appended, JournalError> {
        match self.refusal() {
            Some(message) => Err(JournalError { message, retryable: true }),
            None => self.inner.append(record),
        }
    }

    fn replay<'a>(
        &'a self,
        from: Position,
        take: &'a mut (dyn FnMut(Position, Record<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        if self.is_full.swap(false, Ordering::SeqCst) {
            let message = "the disk was full".to_owned();
            return Box::pin(std::future::ready(Err(JournalError { message, retryable: true })));
        }
        self.inner.replay(from, take)
    }

    fn trim(&self, before: Position) -> Result<(), JournalError> {
        self.inner.trim(before)
    }

    fn used_bytes(&self) -> usize {
        self.inner.used_bytes()
    }
}

async fn serving(app: &App) -> ServingStatus {
    let mut client = HealthClient::new(app.grpc());
    let request = HealthCheckRequest { service: String::new() };
    client.check(request).await.unwrap().into_inner().status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_red_while_the_log_refuses_and_green_again_by_itself() {
    let is_full = Arc::new(AtomicBool::new(false));
    let app = App::start(Setup { is_full: is_full.clone(), ..Setup::default() }).await;
    assert_eq!(serving(&app).await, ServingStatus::Serving);
    is_full.store(true, Ordering::SeqCst);
    let status = || async { app.get("/healthcheck").await.0 };
    app.until("red", || async { status().await != StatusCode::OK }).await;
    app.until("red for agents", || async { serving(&app).await == ServingStatus::NotServing })
        .await;
    assert!(app.telemetry().await.contains("skytrail_unhealthy{part=\"log\"} 1"));
    is_full.store(false, Ordering::SeqCst);
    app.until("green", || async { status().await == StatusCode::OK }).await;
    app.until("green for agents", || async { serving(&app).await == ServingStatus::Serving }).await;
    assert!(app.telemetry().await.contains("skytrail_unhealthy{part=\"log\"} 0"));
    app.send_all(&fixed_set::messages(100)).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_waits_for_a_disk_that_refuses() {
    let is_full = Arc::new(AtomicBool::new(true));
    let app = App::start(Setup { is_full: is_full.clone(), ..Setup::default() }).await;
    assert!(!is_full.load(Ordering::SeqCst), "it was asked");
    app.send_all(&fixed_set::messages(100)).await;
    app.stop().await;
}
