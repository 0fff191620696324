//! The store from outside.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use skytrail_base::future::BoxFuture;
use skytrail_storage::{
    Checkpoint, Checkpoints, Entities, ErrorKind, FamilyUsage, Metrics, Records, Relations, Result,
    Spans, Storage, Tags, Templates, Usage, check_zone,
};
use tokio::sync::oneshot;

use super::blocking::blocking;
use super::config::Retention;
use super::core::Core;
use super::delete::Deleted;
use super::jobs::{Jobs, Save};
use super::manifest::Deletion;
use super::usage::Files;
use super::{delete, expire, save, upkeep, writer};

/// The embedded store. Dropping it leaves what no checkpoint covers to the log.
pub struct EmbeddedStorage {
    pub(super) core: Arc<Core>,
    jobs: Arc<Jobs>,
    /// None once it is being closed.
    merges: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// Waits for what is being written, so that the folder can be opened again.
impl Drop for EmbeddedStorage {
    fn drop(&mut self) {
        self.jobs.close();
        self.merges = None;
        for thread in self.threads.drain(..) {
            // A panic of it was told when it happened.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for EmbeddedStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStorage").finish_non_exhaustive()
    }
}

/// Whoever asks a thread that is gone hears that it is.
struct Ended(Arc<Jobs>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn stopped() -> skytrail_storage::Error {
    skytrail_storage::Error::new(
        ErrorKind::Unavailable,
        "the store is being closed, or its thread has ended",
    )
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> crate::error::Result<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread
        .map_err(|error| crate::error::Error::io(format!("cannot start the thread {name}"), error))
}

impl EmbeddedStorage {
    pub(super) fn start(core: Arc<Core>) -> crate::error::Result<Self> {
        core.gauge();
        core.reserve.keep(&**core.folder.fs());
        let jobs = Arc::<Jobs>::default();
        let asked = jobs.clone();
        let (merges, ended) = channel();
        let works = core.clone();
        let writer = spawn("store", move || {
            let ended = Ended(asked.clone());
            writer::run(&works, &asked);
            drop(ended);
        })?;
        let works = core.clone();
        let merger = spawn("merge", move || upkeep::run(&works, &ended))?;
        let threads = vec![writer, merger];
        Ok(Self { core, jobs, merges: Some(merges), threads })
    }

    /// Merges all that may be merged now; says how many merges there were.
    ///
    /// # Errors
    /// The disk refuses, or a part is damaged.
    pub async fn merge(&self) -> Result<usize> {
        let core = self.core.clone();
        blocking("the merge", move || Ok(upkeep::all(&core)?)).await
    }

    /// Rows are kept so long from now on. What went stays away; what is too old now goes
    /// with the next [`Storage::expire`].
    pub fn retain(&self, retention: Retention) {
        *self.core.retention.write() = retention;
    }

    /// How long rows are kept.
    pub fn retention(&self) -> Retention {
        self.core.retention()
    }

    /// What its files hold, and what the disk has left.
    pub fn files(&self) -> Files {
        self.core.files()
    }

    /// What is wrong with the store for good, until the process begins anew; none while
    /// all is well.
    pub fn trouble(&self) -> Option<String> {
        let ended = self.threads.iter().find(|thread| thread.is_finished())?;
        let name = ended.thread().name().unwrap_or_default();
        Some(format!(
            "the thread '{name}' ended by an error of the program, which the log tells; restart the \
             server, which loses nothing that was acknowledged"
        ))
    }

    /// Deletes what came before the last checkpoint, which whoever asks makes first:
    /// nothing of it is answered any more when this returns, and its files go as soon
    /// as no reader has them and others were written in their place. What comes later
    /// stays.
    ///
    /// # Errors
    /// `TooLarge` when [`super::MOST_DELETIONS`] are still to be done; `Unavailable`
    /// when the disk refuses: then it may be deleted or not, and may be tried again.
    pub async fn delete(&self, what: Deletion) -> Result<Deleted> {
        let core = self.core.clone();
        blocking("the deletion", move || Ok(delete::delete(&core, &what)?)).await
    }

    /// Has rows encoded or written.
    pub(super) fn relieve(&self) {
        self.jobs.relieve();
    }
}

impl Checkpoints for EmbeddedStorage {
    fn save<'a>(&'a self, checkpoint: Checkpoint) -> BoxFuture<'a, Result<()>> {
        if let Err(error) = check_zone(&checkpoint.zone, &self.core.zone) {
            return Box::pin(std::future::ready(Err(error)));
        }
        let (reply, replied) = oneshot::channel();
        let frozen = self.core.state.freeze();
        self.jobs.save(Save { frozen, checkpoint, reply });
        Box::pin(async move { Ok(replied.await.map_err(|_| stopped())??) })
    }

    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<Checkpoint>>> {
        Box::pin(async move { Ok(save::read_state(&self.core)?) })
    }
}

impl Storage for EmbeddedStorage {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn entities(&self) -> &dyn Entities {
        self.core.mutable.entities()
    }

    fn tags(&self) -> &dyn Tags {
        self.core.mutable.tags()
    }

    fn templates(&self) -> &dyn Templates {
        self.core.mutable.templates()
    }

    fn metrics(&self) -> &dyn Metrics {
        self
    }

    fn relations(&self) -> &dyn Relations {
        self
    }

    fn spans(&self) -> &dyn Spans {
        self
    }

    fn records(&self) -> &dyn Records {
        self
    }

    fn checkpoints(&self) -> &dyn Checkpoints {
        self
    }

    fn usage(&self) -> Usage {
        let mut families: Vec<FamilyUsage> = self.core.usage();
        families.extend(self.core.mutable.usage());
        Usage { families }
    }

    fn expire<'a>(&'a self, now: i64) -> BoxFuture<'a, Result<()>> {
        let core = self.core.clone();
        Box::pin(
            async move { blocking("the expiry", move || Ok(expire::expire(&core, now)?)).await },
        )
    }
}
