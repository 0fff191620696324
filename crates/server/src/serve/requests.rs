//! Takes what the operator asks for, see [`crate::requests`], has it done and tells what became of
//! it.

use std::collections::BTreeMap;
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

    /// Whether a request that nobody waits for is done, or none. Until it is removed nobody takes
    /// it for done: so it may be done twice, and is not lost.
    async fn finished(&self, waiting: &Waiting, tries: usize, stop: &Shutdown) -> bool {
        let answer = match waiting.read() {
            Ok(request) => self.answer(&request, tries, stop).await,
            Err(error) => {
                tracing::warn!(?waiting, "nobody knows what the operator asked for: {error:#}");
                return true;
            }
        };
        match answer {
            Answer::Done(done) => {
                tracing::info!(?waiting, "the operator asked: {done}");
                true
            }
            Answer::Failed(why) => {
                tracing::error!(
                    ?waiting,
                    next_try = ?RETRY,
                    "what the operator asked for before the start is not done, and what was to be \
                     deleted is answered until it is: {why}"
                );
                false
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
        let answer = match request {
            Ok(request) => self.answer(&request, TRIES, stop).await,
            Err(error) => Answer::Failed(format!("nothing was done: {error:#}")),
        };
        match &answer {
            Answer::Done(done) => tracing::info!(?waiting, "the operator asked: {done}"),
            Answer::Failed(why) => tracing::warn!(?waiting, "the operator asked, in vain: {why}"),
        }
        if let Err(error) = waiting.answer(&answer) {
            tracing::warn!(%error, "whoever asked cannot be told what became of it");
        }
    }

    async fn answer(&self, request: &Request, tries: usize, stop: &Shutdown) -> Answer {
        let mut stop = stop.clone();
        let mut tried = 0;
        loop {
            let undone = match self.work.attempt(request).await {
                Ok(done) => return Answer::Done(done),
                Err(undone) => undone,
            };
            tried += 1;
            if tried >= tries || !undone.is_for_now {
                return Answer::Failed(undone.why);
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.stopping() => {
                    return Answer::Failed(format!("{}; the server stops now", undone.why));
                }
            }
        }
    }
}

fn removed(waiting: &Waiting) -> bool {
    let taken = waiting.take();
    taken
        .inspect_err(|error| tracing::warn!(%error, "a request is done again at the next start"))
        .is_ok()
}

#[cfg(test)]
mod tests;
