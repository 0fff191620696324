//! Takes what the operator asks for, see [`crate::requests`], has it done and tells what became of
//! it.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::time::Duration;

use skytrail_base::future::BoxFuture;
use skytrail_base::shutdown::Shutdown;
use tokio::time::Instant;

use super::looks::Looks;
use crate::requests::{Answer, Request, Requests, Waiting};

/// How often it is looked for requests.
const LOOK: Duration = Duration::from_millis(500);

/// How often something is tried while somebody waits for it, and how long apart.
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_millis(500);

/// How long apart it is tried when nobody waits.
const RETRY: Duration = Duration::from_secs(60);

/// Who does what is asked for.
pub(super) trait Work: Send + Sync + 'static {
    /// Tries once. MUST do no harm where it was done before.
    fn attempt<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<String, Undone>>;
}

/// A request that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undone {
    /// Why, and whether some of it is done all the same.
    pub(super) why: String,
    /// Whether it may be done soon.
    pub(super) is_for_now: bool,
}

/// Takes requests and answers them.
pub(super) struct Desk<W> {
    requests: Requests,
    work: W,
    /// Those that were left before the start and stay until they are done; whether they are and
    /// could only not be removed.
    kept: BTreeMap<Waiting, bool>,
}

impl<W: Work> Desk<W> {
    pub(super) fn new(requests: Requests, work: W) -> Self {
        Self { requests, work, kept: BTreeMap::new() }
    }

    /// Does what was asked for while no server ran, before anything else is taken. What cannot be
    /// done stays, and is tried again by [`Desk::watch`], and at the next start.
    pub(super) async fn begin(&mut self, stop: &Shutdown) {
        if let Err(error) = self.requests.make() {
            tracing::warn!(%error, "operators may not be able to ask for anything");
        }
        self.requests.forget_answers();
        loop {
            let found = self.requests.waiting(|waiting| !self.kept.contains_key(waiting));
            if found.is_empty() {
                return;
            }
            for waiting in found {
                if stop.is_stopping() {
                    return;
                }
                // What one could not do, the next could not either.
                let tries = if self.kept.is_empty() { TRIES } else { 1 };
                let is_done = self.finished(&waiting, tries, stop).await;
                if !(is_done && removed(&waiting)) {
                    self.kept.insert(waiting, is_done);
                }
            }
        }
    }

    /// Does what is asked for until the shutdown.
    pub(super) async fn watch(mut self, stop: Shutdown) {
        let mut looks = Looks::every(LOOK, stop.clone());
        let mut next_try = Instant::now() + RETRY;
        while looks.next().await {
            if Instant::now() >= next_try {
                self.try_again(&stop).await;
                next_try = Instant::now() + RETRY;
            }
            for waiting in self.requests.waiting(|waiting| !self.kept.contains_key(waiting)) {
                if stop.is_stopping() {
                    break;
                }
                self.one(&waiting, &stop).await;
            }
        }
    }

    async fn try_again(&mut self, stop: &Shutdown) {
        for (waiting, was_done) in std::mem::take(&mut self.kept) {
            let is_done =
                was_done || (!stop.is_stopping() && self.finished(&waiting, 1, stop).await);
            if !(is_done && removed(&waiting)) {
                self.kept.insert(waiting, is_done);
            }
        }
    }

    /// Whether a request that nobody waits for is done, or none, or never will be done. Until it is removed nobody takes
    /// it for done: so it may be done twice, and is not lost.
    async fn finished(&self, waiting: &Waiting, tries: usize, stop: &Shutdown) -> bool {
        let request = match waiting.read() {
            Ok(request) => request,
            Err(error) => return is_no_request(waiting, &error),
        };
        match self.done(&request, tries, stop).await {
            Ok(done) => {
                tracing::info!(?waiting, "the operator asked: {done}");
                true
            }
            Err(Undone { why, is_for_now: true }) => {
                tracing::error!(
                    ?waiting,
                    next_try = ?RETRY,
                    "what the operator asked for before the start is not done; what was to be \
                     deleted is answered until it is, and what arrives of it until then goes \
                     with it: {why}"
                );
                false
            }
            Err(Undone { why, .. }) => {
                tracing::error!(
                    ?waiting,
                    "what the operator asked for before the start cannot be done: {why}"
                );
                tell(waiting, &Answer::Failed(why));
                true
            }
        }
    }

    async fn one(&self, waiting: &Waiting, stop: &Shutdown) {
        let request = waiting.read();
        // Done again after a crash, it would delete what came meanwhile.
        if let Err(error) = waiting.take() {
            tracing::warn!(%error, "a request of the operator cannot be taken");
            return;
        }
        let done = match request {
            Ok(request) => self.done(&request, TRIES, stop).await.map_err(|undone| undone.why),
            Err(error) => Err(format!("nothing was done: {error:#}")),
        };
        match &done {
            Ok(done) => tracing::info!(?waiting, "the operator asked: {done}"),
            Err(why) => tracing::warn!(?waiting, "the operator asked, in vain: {why}"),
        }
        tell(waiting, &done.map_or_else(Answer::Failed, Answer::Done));
    }

    async fn done(
        &self,
        request: &Request,
        tries: usize,
        stop: &Shutdown,
    ) -> Result<String, Undone> {
        let mut stop = stop.clone();
        let mut tried = 0;
        loop {
            let undone = match self.work.attempt(request).await {
                Ok(done) => return Ok(done),
                Err(undone) => undone,
            };
            tried += 1;
            if tried >= tries || !undone.is_for_now {
                return Err(undone);
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.stopping() => {
                    let why = format!("{}; the server stops now", undone.why);
                    return Err(Undone { why, ..undone });
                }
            }
        }
    }
}

fn tell(waiting: &Waiting, answer: &Answer) {
    if let Err(error) = waiting.answer(answer) {
        tracing::warn!(%error, "whoever asked cannot be told what became of it");
    }
}

/// Whether what cannot be read is no request, and will not be one.
fn is_no_request(waiting: &Waiting, error: &anyhow::Error) -> bool {
    match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(ErrorKind::NotFound) => {
            tracing::info!(?waiting, "the operator asks for it no more");
            true
        }
        None | Some(ErrorKind::InvalidData) => {
            tracing::warn!(?waiting, "nobody knows what the operator asked for: {error:#}");
            true
        }
        Some(_) => {
            tracing::error!(
                ?waiting,
                next_try = ?RETRY,
                "what the operator asked for before the start cannot be read, and what was to be \
                 deleted is answered: {error:#}"
            );
            false
        }
    }
}

/// Whether a request is gone, by this or by the operator.
fn removed(waiting: &Waiting) -> bool {
    let Err(error) = waiting.take() else { return true };
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    if kind != Some(ErrorKind::NotFound) {
        tracing::warn!(%error, "a request is done again at the next start");
    }
    kind == Some(ErrorKind::NotFound)
}

#[cfg(test)]
mod tests;
