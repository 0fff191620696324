//! How much memory the answers of one HTTP request may take.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::error::{Code, Failure};
use super::limits::Limits;
use super::memory::{START, Share};

/// Bytes that the answers and arguments may still come to, together, and the bytes that they hold
/// among all requests.
#[derive(Debug)]
pub(crate) struct Room {
    left: AtomicUsize,
    arguments: AtomicUsize,
    held: Mutex<Held>,
    /// Whether other requests left too little memory for this one.
    overloaded: AtomicBool,
}

#[derive(Debug)]
struct Held {
    share: Share,
    used: usize,
}

impl Room {
    pub(crate) fn of(limits: &Limits, share: Share) -> Self {
        Self {
            left: AtomicUsize::new(limits.answer_bytes),
            arguments: AtomicUsize::new(limits.argument_bytes),
            held: Mutex::new(Held { share, used: 0 }),
            overloaded: AtomicBool::new(false),
        }
    }

    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Whether nothing fits in any more: then nothing needs to be resolved.
    pub(crate) fn is_full(&self) -> bool {
        self.left() == 0
    }

    /// Whether that is because of other requests.
    pub(crate) fn is_overloaded(&self) -> bool {
        self.overloaded.load(Ordering::Relaxed)
    }

    /// Leaves nothing for others.
    pub(crate) fn fill(&self) {
        self.left.store(0, Ordering::Relaxed);
    }

    /// Takes bytes of the answer, and says whether there is memory for them.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let less = |left: usize| Some(left.saturating_sub(bytes));
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        self.hold(bytes)
    }

    /// Takes bytes for the arguments of a request, until [`Room::release`].
    ///
    /// # Errors
    /// They are more than the HTTP request may have, or than there are among all.
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
        if self.hold(bytes) { Ok(()) } else { Err(overload(limits)) }
    }

    /// Gives back bytes that arguments took.
    pub(crate) fn release(&self, bytes: usize) {
        let mut held = self.held.lock();
        held.used = held.used.saturating_sub(bytes);
        let spare = held.share.bytes().saturating_sub(held.used.max(START));
        drop(held.share.part(spare));
    }

    /// The bytes of the finished answer, which outlive the request.
    pub(crate) fn settle(&self, bytes: usize) -> Option<Share> {
        let mut held = self.held.lock();
        let missing = bytes.saturating_sub(held.share.bytes());
        if held.share.grow(missing) { held.share.part(bytes) } else { None }
    }

    /// Why an answer was ended.
    pub(crate) fn failure(&self, limits: &Limits) -> Failure {
        if self.is_overloaded() {
            return overload(limits);
        }
        let limit = limits.answer_bytes;
        let message = format!("answer exceeds the limit of {limit} bytes; ask for less");
        Failure::new(Code::TooLarge, message)
    }

    fn hold(&self, bytes: usize) -> bool {
        let mut held = self.held.lock();
        let used = held.used.saturating_add(bytes);
        let missing = used.saturating_sub(held.share.bytes());
        if !held.share.grow(missing) {
            self.overloaded.store(true, Ordering::Relaxed);
            self.fill();
            return false;
        }
        held.used = used;
        true
    }
}

/// Other requests hold the memory.
pub(crate) fn overload(limits: &Limits) -> Failure {
    let limit = limits.held_bytes;
    let message = format!(
        "answers that are made or sent now fill the limit of {limit} bytes for all requests; ask \
         again later"
    );
    Failure::new(Code::Unavailable, message)
}
