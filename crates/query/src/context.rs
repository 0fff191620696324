//! What one request may cost, and how long it may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use skytrail_base::claim::{Claim, Full, Hold};
use skytrail_storage::Completeness;

use crate::error::{Error, ErrorKind, Result};

/// Rows and points that a request may still read. All questions of a request
/// share one; a question stops at most one block of rows after the limit.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    spent: AtomicU64,
    given_back: AtomicU64,
    is_exhausted: AtomicBool,
    /// What a part of it counts for.
    of: Option<Arc<Budget>>,
}

impl Budget {
    /// Rows and points of one request unless the operator says otherwise.
    pub const DEFAULT_LIMIT: u64 = 5_000_000;

    /// A budget of `limit` rows and points together.
    pub const fn new(limit: u64) -> Self {
        Self {
            limit,
            spent: AtomicU64::new(0),
            given_back: AtomicU64::new(0),
            is_exhausted: AtomicBool::new(false),
            of: None,
        }
    }

    /// The same budget, of which is known besides what was taken through this part.
    pub fn part_of(whole: &Arc<Self>) -> Self {
        Self { of: Some(Arc::clone(whole)), ..Self::new(whole.limit) }
    }

    /// Takes `count` rows or points.
    ///
    /// # Errors
    /// `TooLarge` once the limit is passed, for this and every later call, unless some are given
    /// back.
    pub fn take(&self, count: u64) -> Result<()> {
        // One step is capped, so that no count can wrap the counter around.
        let before = self.spent.fetch_add(count.min(1 << 40), Ordering::Relaxed);
        if let Some(of) = &self.of {
            return of.take(count);
        }
        let allowed = self.limit.saturating_add(self.given_back.load(Ordering::Relaxed));
        let is_exhausted = self.is_exhausted.load(Ordering::Relaxed);
        if !is_exhausted && before.saturating_add(count) <= allowed {
            return Ok(());
        }
        Err(Error::too_large(format!(
            "request reads more than {} rows and points; narrow the time range or ask for less",
            self.limit
        )))
    }

    /// Rows and points taken so far, refused ones and those that were given back included.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Gives back to the whole what was taken through this part: it will be taken once more.
    pub fn give_back(&self) {
        if let Some(of) = &self.of {
            of.given_back.fetch_add(self.spent.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Leaves nothing, so that every question stops at its next block; for a
    /// client that has left.
    pub fn exhaust(&self) {
        let whole = self.of.as_deref().unwrap_or(self);
        whole.is_exhausted.store(true, Ordering::Relaxed);
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

/// On whose account a question is answered. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct Ctx {
    /// What the request may still read.
    pub budget: Arc<Budget>,
    /// When it is given up; none is never.
    pub deadline: Option<Instant>,
    memory: Claim,
    answer: Arc<Told>,
}

/// What a question leaves behind besides its answer.
#[derive(Debug, Default)]
struct Told {
    /// Memory of what is answered.
    kept: Mutex<Option<Hold>>,
    is_incomplete: AtomicBool,
    is_short: AtomicBool,
}

impl Ctx {
    /// For the questions of a request that may read so much and has so much memory.
    pub fn new(budget: Arc<Budget>, deadline: Option<Instant>, memory: Claim) -> Self {
        Self { budget, deadline, memory, answer: Arc::default() }
    }

    /// The same for one question of the request: what is said of its answer is said of no other,
    /// and what it costs is known.
    #[must_use]
    pub fn question(&self) -> Self {
        let budget = Arc::new(Budget::part_of(&self.budget));
        Self { budget, answer: Arc::default(), ..self.clone() }
    }

    /// Whether something that was stored is missing from the answer, or may be: it was damaged,
    /// had to make room, or did not fit.
    pub fn is_incomplete(&self) -> bool {
        self.answer.is_incomplete.load(Ordering::Relaxed)
    }

    /// Whether the question failed only because the request has no more memory for now: asked
    /// again after [`Claim::enlarge`], it comes further.
    pub fn is_short(&self) -> bool {
        self.answer.is_short.load(Ordering::Relaxed)
    }

    /// Memory of what is answered, for whoever makes something else of it and lets it go.
    pub fn take_kept(&self) -> Option<Hold> {
        self.answer.kept.lock().take()
    }

    /// The memory of the request.
    pub fn memory(&self) -> &Claim {
        &self.memory
    }

    /// Notes that something may be missing from the answer.
    pub(crate) fn note_incomplete(&self) {
        self.answer.is_incomplete.store(true, Ordering::Relaxed);
    }

    /// Notes what a store said of what it gave.
    pub(crate) fn note(&self, completeness: Completeness) {
        if completeness == Completeness::Incomplete {
            self.note_incomplete();
        }
    }

    /// Memory for what is needed on the way to the answer.
    pub(crate) fn working(&self) -> Working<'_> {
        Working { ctx: self, hold: self.memory.hold() }
    }

    /// Memory of what is answered, until the last clone is dropped.
    ///
    /// # Errors
    /// As [`Working::grow`].
    pub(crate) fn keep(&self, bytes: usize) -> Result<()> {
        let mut kept = self.answer.kept.lock();
        let hold = kept.get_or_insert_with(|| self.memory.hold());
        hold.grow(bytes).map_err(|full| self.full(full))
    }

    /// The request has no more memory.
    pub(crate) fn full(&self, full: Full) -> Error {
        if full == Full::ForNow {
            self.answer.is_short.store(true, Ordering::Relaxed);
        }
        Error::too_large(format!(
            "request needs more than the {} bytes that one may have of query.memory; narrow the \
             time range or ask for less",
            self.memory.most()
        ))
    }

    /// Counts what a store looks at to answer, before it does.
    ///
    /// # Errors
    /// As [`Ctx::charge`].
    pub(crate) fn charge_examined(&self, rows: u64) -> Result<()> {
        self.charge(usize::try_from(rows).unwrap_or(usize::MAX))
    }

    /// Counts `rows` that were read.
    ///
    /// # Errors
    /// `TooLarge` past the budget, `Timeout` past the deadline.
    pub(crate) fn charge(&self, rows: usize) -> Result<()> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::new(ErrorKind::Timeout, "request took longer than its deadline"));
        }
        self.budget.take(rows as u64)
    }
}

/// Memory that is needed until this is dropped.
#[derive(Debug)]
pub(crate) struct Working<'a> {
    ctx: &'a Ctx,
    hold: Hold,
}

impl Working<'_> {
    /// Uses more.
    ///
    /// # Errors
    /// `TooLarge` where the request has not so much.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<()> {
        self.hold.grow(bytes).map_err(|full| self.ctx.full(full))
    }

    /// Uses so much.
    ///
    /// # Errors
    /// As [`Working::grow`].
    pub(crate) fn set(&mut self, bytes: usize) -> Result<()> {
        self.hold.set(bytes).map_err(|full| self.ctx.full(full))
    }

    /// Uses so much, if the request may ever have it; whether it may.
    ///
    /// # Errors
    /// `TooLarge` where it has not so much for now.
    pub(crate) fn fit(&mut self, bytes: usize) -> Result<bool> {
        match self.hold.set(bytes) {
            Ok(()) => Ok(true),
            Err(Full::ForGood) => Ok(false),
            Err(full) => Err(self.ctx.full(full)),
        }
    }

    /// It goes into the answer.
    pub(crate) fn keep(self) {
        let mut kept = self.ctx.answer.kept.lock();
        match kept.as_mut() {
            Some(kept) => kept.join(self.hold),
            None => *kept = Some(self.hold),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::{Budget, Ctx};
    use crate::error::ErrorKind;

    #[test]
    fn a_spent_budget_stays_spent_and_names_its_limit() {
        let budget = Budget::new(10);
        assert!(budget.take(10).is_ok());
        let error = budget.take(1).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge);
        assert!(error.message.contains("more than 10 rows"), "{error}");
        assert!(budget.take(u64::MAX).is_err() && budget.take(0).is_err());
    }

    #[test]
    fn what_a_question_gives_back_can_be_taken_once_more() {
        let ctx = Ctx { budget: Arc::new(Budget::new(10)), ..Ctx::default() };
        let (first, other) = (ctx.question(), ctx.question());
        assert!(first.charge(7).is_ok() && other.charge(2).is_ok() && other.charge(2).is_err());
        first.budget.give_back();
        first.budget.give_back();
        assert!(first.charge(6).is_ok(), "4 are with the other one");
        assert_eq!(first.charge(1).unwrap_err().kind, ErrorKind::TooLarge);
        assert_eq!(ctx.budget.spent(), 18, "so many were read, or would have been");
        other.budget.exhaust();
        other.budget.give_back();
        assert!(ctx.charge(0).is_err() && first.charge(0).is_err(), "nobody waits any more");
    }

    #[test]
    fn a_request_that_is_over_reads_nothing_more() {
        let late = Ctx { deadline: Some(Instant::now()), ..Ctx::default() };
        assert_eq!(late.charge(1).unwrap_err().kind, ErrorKind::Timeout);
        let gone = Ctx { budget: Arc::new(Budget::new(100)), ..Ctx::default() };
        gone.budget.exhaust();
        assert_eq!(gone.charge(1).unwrap_err().kind, ErrorKind::TooLarge);
    }
}
