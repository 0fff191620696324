//! How much memory one HTTP request may take, for what it is answered from and for its answer.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use skytrail_base::claim::{Claim, Full, Hold};

use super::error::{Code, Failure};
use super::limits::Limits;

/// Bytes that root fields leave for what joins them, and for errors.
const JOINING: usize = 16 << 10;

/// Bytes that the answers and arguments may still come to, together, and the memory that the
/// request has among all.
#[derive(Debug)]
pub(crate) struct Room {
    left: AtomicUsize,
    arguments: AtomicUsize,
    claim: Claim,
    /// Whether it came to its limit of memory, not to that of its answer.
    lacks_memory: AtomicBool,
    /// Whether other requests left too little memory for this one.
    overloaded: AtomicBool,
}

impl Room {
    pub(crate) fn of(limits: &Limits, claim: Claim) -> Self {
        Self {
            left: AtomicUsize::new(limits.answer_bytes),
            arguments: AtomicUsize::new(limits.argument_bytes),
            claim,
            lacks_memory: AtomicBool::new(false),
            overloaded: AtomicBool::new(false),
        }
    }

    pub(crate) fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Bytes that a root field may be written in, and what it is when it needs more.
    pub(crate) fn left(&self) -> (usize, Full) {
        let left = self.left.load(Ordering::Relaxed);
        let memory = self.claim.left().saturating_sub(JOINING);
        match memory < left {
            true if self.claim.is_largest() => (memory, Full::ForGood),
            true => (memory, Full::ForNow),
            false => (left, Full::ForGood),
        }
    }

    /// Whether nothing fits in any more: then nothing needs to be resolved.
    pub(crate) fn is_full(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// Whether that is because of other requests.
    pub(crate) fn is_overloaded(&self) -> bool {
        self.overloaded.load(Ordering::Relaxed)
    }

    /// Leaves nothing for others: a root field does not fit.
    pub(crate) fn fill(&self) {
        let lacks_memory =
            self.claim.left().saturating_sub(JOINING) < self.left.load(Ordering::Relaxed);
        self.lacks_memory.store(lacks_memory, Ordering::Relaxed);
        self.left.store(0, Ordering::Relaxed);
    }

    /// Takes bytes of the answer.
    pub(crate) fn take(&self, bytes: usize) {
        let less = |left: usize| Some(left.saturating_sub(bytes));
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// Waits for more memory; whether there is some. If not, the request is over.
    pub(crate) async fn enlarge(&self, deadline: Option<Instant>) -> bool {
        let is_larger = self.claim.enlarge(deadline).await.is_ok();
        if !is_larger {
            self.overloaded.store(true, Ordering::Relaxed);
            self.left.store(0, Ordering::Relaxed);
        }
        is_larger
    }

    /// Waits until root fields may be written in so many bytes; whether they may. If not, the
    /// request is over.
    pub(crate) async fn ensure(&self, bytes: usize, deadline: Option<Instant>) -> bool {
        loop {
            match self.left() {
                (left, _) if left >= bytes => return true,
                (_, Full::ForNow) if self.enlarge(deadline).await => {}
                (_, Full::ForNow) => return false,
                (_, Full::ForGood) => {
                    self.fill();
                    return false;
                }
            }
        }
    }

    /// Counts the arguments of a request.
    ///
    /// # Errors
    /// They are more than the HTTP request may have.
    pub(crate) fn take_arguments(&self, bytes: usize, limits: &Limits) -> Result<(), Failure> {
        let less = |left: usize| left.checked_sub(bytes);
        if self.arguments.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_err() {
            let limit = limits.argument_bytes;
            let message = format!(
                "query arguments, a variable counted at every use, take {bytes} bytes, which \
                 exceeds the limit of {limit}"
            );
            return Err(Failure::new(Code::LimitExceeded, message));
        }
        Ok(())
    }

    /// Memory for them, until it is dropped.
    ///
    /// # Errors
    /// There is not so much.
    pub(crate) async fn hold(
        &self,
        bytes: usize,
        deadline: Option<Instant>,
        limits: &Limits,
    ) -> Result<Hold, Failure> {
        let mut hold = self.claim.hold();
        loop {
            match hold.grow(bytes) {
                Ok(()) => return Ok(hold),
                Err(Full::ForNow) if self.enlarge(deadline).await => {}
                Err(Full::ForNow) => return Err(overload(limits)),
                Err(Full::ForGood) => {
                    self.fill();
                    return Err(self.failure(limits));
                }
            }
        }
    }

    /// Why an answer was ended.
    pub(crate) fn failure(&self, limits: &Limits) -> Failure {
        if self.is_overloaded() {
            return overload(limits);
        }
        let message = if self.lacks_memory.load(Ordering::Relaxed) {
            let most = self.claim.most();
            format!(
                "answer and arguments exceed the {most} bytes that one request may have of \
                 query.memory; ask for less"
            )
        } else {
            let limit = limits.answer_bytes;
            format!("answer exceeds the limit of {limit} bytes; ask for less")
        };
        Failure::new(Code::TooLarge, message)
    }
}

/// Other requests hold the memory.
pub(crate) fn overload(limits: &Limits) -> Failure {
    let limit = limits.memory_bytes;
    let message = format!(
        "requests that are answered now fill query.memory, the limit of {limit} bytes for all of \
         them; ask again later"
    );
    Failure::new(Code::Unavailable, message)
}
