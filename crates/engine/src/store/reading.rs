//! Reads: a few at once, each only as long as somebody waits for it and no longer than the moment
//! that it reads is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use skytrail_storage::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::blocking::blocking;

/// What was handed over and waits for whoever asked.
const WAITING: usize = 1;

/// Reads that wait for the disk while as many others compute, by core; and the least.
const READS_PER_CORE: usize = 2;
const LEAST_READS: usize = 4;

/// The reads of a store.
#[derive(Debug)]
pub(crate) struct Reads {
    at_once: Arc<Semaphore>,
    longest: Duration,
}

/// A question, as those see it who look for its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    what: &'static str,
    is_wanted: AtomicBool,
    longest: Duration,
    until: Instant,
}

impl Asked {
    /// Whether nobody waits for the answer any more, or it takes too long.
    pub(crate) fn is_over(&self) -> bool {
        !self.is_wanted.load(Ordering::Relaxed) || Instant::now() >= self.until
    }

    /// Ends a read that is over.
    ///
    /// # Errors
    /// It is.
    pub(crate) fn check(&self) -> Result<()> {
        if !self.is_over() {
            return Ok(());
        }
        let (what, longest) = (self.what, self.longest.as_secs());
        Err(Error::new(ErrorKind::Timeout, format!("{what} took longer than {longest} s")))
    }
}

#[cfg(test)]
impl Asked {
    /// One that somebody waits for.
    pub(crate) fn begun() -> Self {
        let longest = Duration::from_secs(3_600);
        let until = Instant::now() + longest;
        Self { what: "a test", is_wanted: AtomicBool::new(true), longest, until }
    }

    /// One that is over.
    pub(crate) fn ended() -> Self {
        Self { is_wanted: AtomicBool::new(false), ..Self::begun() }
    }
}

/// Dropped with the future of whoever asked.
struct Waits(Arc<Asked>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.is_wanted.store(false, Ordering::Relaxed);
    }
}

/// Hands answers over piece by piece to whoever asked.
#[derive(Debug)]
pub(crate) struct Hand<T>(mpsc::Sender<T>);

impl<T> Hand<T> {
    /// Whether more is wanted.
    pub(crate) fn give(&self, piece: T) -> bool {
        self.0.blocking_send(piece).is_ok()
    }
}

impl Reads {
    /// No read lasts longer than `longest`.
    pub(crate) fn new(longest: Duration) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let at_once = (READS_PER_CORE * cores).max(LEAST_READS);
        Self { at_once: Arc::new(Semaphore::new(at_once)), longest }
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        let closed = |_| Error::new(ErrorKind::Unavailable, "the store is being closed");
        self.at_once.clone().acquire_owned().await.map_err(closed)
    }

    fn begin<T: Send + 'static>(
        &self,
        what: &'static str,
        turn: OwnedSemaphorePermit,
        work: impl FnOnce(&Asked) -> Result<T> + Send + 'static,
    ) -> (Waits, impl Future<Output = Result<T>> + Send) {
        let longest = self.longest;
        let until = Instant::now() + longest;
        let asked = Arc::new(Asked { what, is_wanted: AtomicBool::new(true), longest, until });
        let waits = Waits(asked.clone());
        let working = blocking(what, move || {
            let _turn = turn;
            asked.check()?;
            work(&asked)
        });
        (waits, working)
    }

    /// Does the work of a read where it may wait for the disk; dropping the future ends it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Asked) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (_waits, working) = self.begin(what, self.turn().await?, work);
        working.await
    }

    /// The same for work that hands its answer over in pieces, until `take` wants no more.
    pub(crate) async fn hand_over<T: Send + 'static, R: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Asked, &Hand<T>) -> Result<R> + Send + 'static,
        mut take: impl FnMut(T) -> bool + Send,
    ) -> Result<R> {
        let (hand, mut handed) = mpsc::channel(WAITING);
        let work = move |asked: &Asked| work(asked, &Hand(hand));
        let (_waits, working) = self.begin(what, self.turn().await?, work);
        while let Some(piece) = handed.recv().await {
            if !take(piece) {
                break;
            }
        }
        // Whoever reads finds nobody to hand over to, and ends.
        drop(handed);
        working.await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use futures_util::FutureExt;
    use skytrail_storage::ErrorKind;

    use super::Reads;

    #[tokio::test]
    async fn a_read_ends_when_nobody_waits_for_it() {
        let reads = Reads::new(Duration::from_secs(60));
        let (tell, told) = mpsc::channel();
        let mut read = Box::pin(reads.run("a test", move |asked| {
            tell.send("begun").unwrap();
            while !asked.is_over() {
                std::thread::yield_now();
            }
            tell.send("ended").unwrap();
            asked.check()
        }));
        // The first poll begins it.
        assert!((&mut read).now_or_never().is_none());
        assert_eq!(told.recv(), Ok("begun"));
        drop(read);
        assert_eq!(told.recv(), Ok("ended"));
    }

    #[tokio::test]
    async fn a_read_ends_when_it_takes_too_long() {
        let reads = Reads::new(Duration::from_millis(1));
        let read = reads.run("a test", |asked| {
            loop {
                asked.check()?;
                std::thread::yield_now();
            }
        });
        let ended: skytrail_storage::Result<()> = read.await;
        assert_eq!(ended.unwrap_err().kind, ErrorKind::Timeout);
    }

    #[tokio::test]
    async fn pieces_come_until_no_more_is_wanted() {
        let reads = Reads::new(Duration::from_secs(60));
        let mut came = Vec::new();
        let count = |_: &super::Asked, hand: &super::Hand<u32>| {
            Ok((0..).take_while(|piece| hand.give(*piece)).count())
        };
        let take = |piece| {
            came.push(piece);
            came.len() < 3
        };
        let given = reads.hand_over("a test", count, take).await.unwrap();
        assert_eq!(came, [0, 1, 2]);
        assert!((3..6).contains(&given), "{given}");
    }
}
