//! Does what the operator asks for, see [`crate::requests`].

use std::time::Duration;

use anyhow::bail;
use skytrail_base::shutdown::Shutdown;
use skytrail_engine::store::Deletion;

use super::backend::OnDisk;
use super::checkpoints::Checkpoints;
use super::looks::Looks;
use crate::requests::{Answer, Request, Requests, Waiting};

/// How often it is looked for requests.
const LOOK: Duration = Duration::from_millis(500);

/// How often a checkpoint is tried while another one is being made, and how long apart.
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_millis(500);

/// Takes requests and answers them.
pub(super) struct Desk {
    pub(super) requests: Requests,
    /// None of a store that is not on disk.
    pub(super) on_disk: Option<OnDisk>,
    pub(super) checkpoints: Checkpoints,
}

impl Desk {
    /// Does what was asked for while no server ran, before anything else is taken.
    pub(super) async fn begin(&self) {
        if self.on_disk.is_none() {
            return;
        }
        if let Err(error) = self.requests.make() {
            tracing::warn!(%error, "operators may not be able to ask for anything");
        }
        self.requests.forget_answers();
        for waiting in self.requests.waiting() {
            // Until it is removed nothing else came: so it may be done twice, and is not lost.
            let answer = self.done(&waiting).await;
            tell(&waiting, &answer);
            if let Err(error) = waiting.take() {
                tracing::warn!(%error, "a request is done again at the next start");
            }
        }
    }

    /// Does what is asked for until the shutdown.
    pub(super) async fn watch(self, stop: Shutdown) {
        let mut looks = Looks::every(LOOK, stop);
        while looks.next().await {
            for waiting in self.requests.waiting() {
                self.one(&waiting).await;
            }
        }
    }

    async fn one(&self, waiting: &Waiting) {
        let request = waiting.read();
        // Done again after a crash, it would delete what came meanwhile.
        if let Err(error) = waiting.take() {
            tracing::warn!(%error, "a request of the operator cannot be taken");
            return;
        }
        let answer = match request {
            Ok(request) => self.answer(&request).await,
            Err(error) => Answer::Failed(format!("{error:#}")),
        };
        tell(waiting, &answer);
        if let Err(error) = waiting.answer(&answer) {
            tracing::warn!(%error, "whoever asked cannot be told what became of it");
        }
    }

    async fn done(&self, waiting: &Waiting) -> Answer {
        match waiting.read() {
            Ok(request) => self.answer(&request).await,
            Err(error) => Answer::Failed(format!("{error:#}")),
        }
    }

    async fn answer(&self, request: &Request) -> Answer {
        let Request::Delete(what) = request;
        match self.delete(what).await {
            Ok(done) => Answer::Done(done),
            Err(error) => Answer::Failed(format!("{error:#}")),
        }
    }

    async fn delete(&self, what: &Deletion) -> anyhow::Result<String> {
        let Some(OnDisk { store, discard_log }) = &self.on_disk else {
            bail!("the store is in memory, and forgets everything when the server ends");
        };
        // Everything that came so far is in parts then, and in no window and no log.
        self.checkpoint().await?;
        // Durable before anything is deleted: a crash in between must not keep it in the log.
        discard_log()?;
        let done = store.delete(what.clone()).await?;
        Ok(format!(
            "nothing of {what} is answered any more that came up to record {} of the log; {} files \
             that hold some of it are written anew now",
            done.position, done.files
        ))
    }

    async fn checkpoint(&self) -> anyhow::Result<()> {
        let mut tried = self.checkpoints.make().await;
        for _ in 1..TRIES {
            if tried.is_ok() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            tried = self.checkpoints.make().await;
        }
        tried.map(drop)
    }
}

fn tell(waiting: &Waiting, answer: &Answer) {
    match answer {
        Answer::Done(done) => tracing::info!(?waiting, "the operator asked: {done}"),
        Answer::Failed(why) => tracing::warn!(?waiting, "the operator asked, in vain: {why}"),
    }
}
