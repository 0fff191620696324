//! What those who append to the log and the one who writes it share.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use skytrail_base::fs::SharedFileSystem;
use skytrail_base::journal::{JournalError, Record};
use tokio::sync::{Notify, oneshot};

use super::chain::Chain;
use super::config::Config;
use super::frame::frame_bytes;
use super::group::{Group, Told};
use super::layout::Layout;
use super::metrics::Metrics;
use super::segment::{Filling, mark_path};

/// Bytes of a record when nobody asks for a certain one.
const USUAL_BYTES: u64 = 64 << 10;

/// What appenders and the writer share.
pub(super) struct Intake {
    pub(super) fs: SharedFileSystem,
    pub(super) config: Config,
    pub(super) layout: Layout,
    pub(super) metrics: Metrics,
    /// Taken before `chain` where both are.
    pending: Mutex<Pending>,
    /// Tells that there is something to write, or that the log is closed.
    wake: Condvar,
    /// Tells that a file is to be filled, or that the log is closed.
    wanted: Condvar,
    /// Tells that what waited in memory does so no more.
    taken: Notify,
    pub(super) chain: Mutex<Chain>,
}

/// What was appended and is not being written yet.
#[derive(Default)]
struct Pending {
    group: Group,
    /// Position of the last record.
    last: u64,
    /// Bytes of the segments, and of what is being written.
    used_bytes: u64,
    /// Why nothing can be made durable now.
    failure: Option<String>,
    is_closed: bool,
    /// Whether a file that holds what is to go is to be left.
    is_discarding: bool,
    /// Whether the disk may not have the last records that were found.
    is_doubtful: bool,
    /// Whether a file is to be there for the next segment.
    wants_spare: bool,
}

/// What the writer was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// There is something to write or to leave.
    Work,
    /// Nothing came for a while.
    Idle,
    /// There will be nothing any more.
    Closed,
}

impl Intake {
    pub(super) fn new(
        fs: SharedFileSystem,
        (config, layout): (Config, Layout),
        metrics: Metrics,
        chain: Chain,
        at_least: u64,
    ) -> Arc<Self> {
        let end = chain.end();
        let pending = Pending {
            last: end.last.max(at_least),
            is_doubtful: end.last > end.durable,
            is_discarding: chain.is_newest_discarded(),
            used_bytes: chain.used_bytes(),
            ..Pending::default()
        };
        metrics.used_bytes.set(pending.used_bytes.cast_signed());
        let (pending, chain) = (Mutex::new(pending), Mutex::new(chain));
        Arc::new(Self {
            fs,
            config,
            layout,
            metrics,
            pending,
            wake: Condvar::new(),
            wanted: Condvar::new(),
            taken: Notify::new(),
            chain,
        })
    }

    /// Waits until there is something to write or to leave, then until `delay` is over, so
    /// that others can come along. It is told when nothing comes within `idle`, if that is
    /// wanted.
    pub(super) fn wait(&self, delay: Duration, idle: Option<Duration>) -> Woken {
        let mut pending = self.pending.lock();
        while pending.group.bytes() == 0 {
            if pending.is_closed {
                return Woken::Closed;
            }
            if pending.is_discarding {
                return Woken::Work;
            }
            match idle {
                Some(idle) if self.wake.wait_for(&mut pending, idle).timed_out() => {
                    return Woken::Idle;
                }
                Some(_) => {}
                None => self.wake.wait(&mut pending),
            }
        }
        self.wake.wait_while_for(&mut pending, |pending| !pending.is_closed, delay);
        Woken::Work
    }

    /// Waits for a while, or until the log is closed; false then.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let mut pending = self.pending.lock();
        self.wake.wait_while_for(&mut pending, |pending| !pending.is_closed, pause);
        !pending.is_closed
    }

    /// Waits until a file is to be filled; false when none will be any more.
    pub(super) fn wait_for_want(&self) -> bool {
        let mut pending = self.pending.lock();
        while !pending.is_closed {
            if std::mem::take(&mut pending.wants_spare) && !self.chain.lock().has_spare() {
                return true;
            }
            self.wanted.wait(&mut pending);
        }
        false
    }

    /// A file is to be there for the next segment.
    pub(super) fn want_spare(&self) {
        self.pending.lock().wants_spare = true;
        self.wanted.notify_one();
    }

    /// Begins to fill a file.
    pub(super) fn filling(&self, size: u64) -> io::Result<Filling> {
        let number = self.chain.lock().take_number();
        Filling::begin(&*self.fs, number, size, self.config.leave_bytes)
    }

    /// Whether no more is taken.
    pub(super) fn is_closed(&self) -> bool {
        self.pending.lock().is_closed
    }

    /// Gives what is to be written next, and keeps the memory of what was
    /// written last for what comes. The position of the first record that comes behind it.
    pub(super) fn take(&self, group: &mut Group) -> u64 {
        group.clear(self.config.pending_bytes);
        let next = {
            let mut pending = self.pending.lock();
            std::mem::swap(&mut pending.group, group);
            pending.last.saturating_add(1)
        };
        self.metrics.pending_bytes.set(0);
        self.taken.notify_waiters();
        next
    }

    /// Waits until a record of so many bytes has room in memory, or is refused.
    pub(super) async fn room(&self, bytes: usize) {
        loop {
            let taken = self.taken.notified();
            let mut taken = std::pin::pin!(taken);
            // From here on no word of it is missed.
            taken.as_mut().enable();
            if self.pending.lock().has_room(bytes, &self.config) {
                return;
            }
            taken.await;
        }
    }

    /// Whether something waits to be written.
    pub(super) fn has_pending(&self) -> bool {
        self.pending.lock().group.bytes() > 0
    }

    /// From now on nothing is taken until `recovered`. Tells those who wait, and
    /// gives how many there were.
    pub(super) fn fail(&self, message: &str) -> u64 {
        let mut pending = self.pending.lock();
        pending.failure = Some(message.to_owned());
        let waiting = pending.group.tell_all(&Err(refusal(message)));
        pending.group.clear(self.config.pending_bytes);
        self.metrics.pending_bytes.set(0);
        self.taken.notify_waiters();
        waiting
    }

    /// Lets no file be used again that there is now, also by another process.
    pub(super) fn discard(&self) -> Result<(), JournalError> {
        let (generation, spare) = self.chain.lock().discard();
        let marked = self.mark(generation);
        for blank in spare {
            if self.fs.remove(&blank.path).is_err() {
                self.chain.lock().keep_undeleted(blank);
            }
        }
        self.begin_anew();
        marked
    }

    /// The same for the file that is begun next.
    pub(super) fn discard_next(&self) -> Result<(), JournalError> {
        let next = self.chain.lock().next_generation();
        self.mark(next)
    }

    /// Says on the disk what is not to be used again.
    fn mark(&self, generation: u64) -> Result<(), JournalError> {
        if self.chain.lock().is_marked(generation) {
            return Ok(());
        }
        let path = mark_path(generation);
        let made = match self.fs.create(&path) {
            // Of a try that failed later.
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => self.fs.sync_dir(Path::new("")),
        };
        let failed = |error| format!("cannot write {}: {error}", self.fs.describe(&path));
        made.map_err(|error| refusal(&failed(error)))?;
        self.chain.lock().marked(generation);
        Ok(())
    }

    /// Another file is to be begun.
    pub(super) fn begin_anew(&self) {
        self.pending.lock().is_discarding = true;
        self.wake.notify_all();
    }

    /// Whether it is, which is asked once.
    pub(super) fn is_discarding(&self) -> bool {
        std::mem::take(&mut self.pending.lock().is_discarding)
    }

    /// What was found at the end is durable.
    pub(super) fn settled(&self) {
        self.pending.lock().is_doubtful = false;
    }

    /// Says why nothing may rest on the log, if nothing may.
    pub(super) fn doubt(&self) -> Result<(), JournalError> {
        let pending = self.pending.lock();
        let failure = pending.failure.as_deref().filter(|_| pending.is_doubtful);
        failure.map_or(Ok(()), |failure| Err(refusal(failure)))
    }

    /// Why a record of usual size would be refused now.
    pub(super) fn refusal(&self) -> Option<String> {
        let refused = self.pending.lock().check(USUAL_BYTES, &self.config);
        refused.err().map(|error| error.message)
    }

    /// Records are taken again.
    pub(super) fn recovered(&self) {
        self.pending.lock().failure = None;
    }

    /// The position of the next record.
    pub(super) fn next(&self) -> u64 {
        self.pending.lock().last.saturating_add(1)
    }

    /// How many bytes the segments hold changed.
    pub(super) fn recount(&self) {
        let mut pending = self.pending.lock();
        pending.used_bytes = self.chain.lock().used_bytes();
        self.metrics.used_bytes.set(pending.used_bytes.cast_signed());
    }

    /// Adds a record to what is to be written; its position, and what tells
    /// whether it became durable.
    pub(super) fn append(
        &self,
        record: &Record<'_>,
    ) -> Result<(u64, oneshot::Receiver<Told>), JournalError> {
        let bytes = frame_bytes(record.payload.len()) as u64;
        let has_room = self.check_disk(bytes);
        let mut pending = self.pending.lock();
        has_room.and_then(|()| pending.check(bytes, &self.config)).inspect_err(|_| {
            self.metrics.refused.inc();
        })?;
        pending.last = pending.last.saturating_add(1);
        let position = pending.last;
        let is_first = pending.group.bytes() == 0;
        let told = pending.group.add(position, record);
        self.metrics.pending_bytes.set(pending.group.bytes() as i64);
        drop(pending);
        if is_first {
            self.wake.notify_one();
        }
        Ok((position, told))
    }

    /// Refuses a record that needs a file of its own where the disk has no room for it: once it
    /// has a position, the file that others are written to has to be left for it.
    fn check_disk(&self, bytes: u64) -> Result<(), JournalError> {
        if !self.layout.is_own_file(bytes) {
            return Ok(());
        }
        // What the disk cannot say is found out when it is written.
        let Ok(space) = self.fs.space() else { return Ok(()) };
        let (file, leave) = (self.layout.file_bytes(bytes), self.config.leave_bytes);
        match space.free < file.saturating_add(leave) {
            true => Err(refusal(&format!(
                "the disk has no room for a record of this size: {} bytes are free, its file takes \
                 {file}, and {leave} are left free for storage.embedded.reserve",
                space.free
            ))),
            false => Ok(()),
        }
    }

    /// Bytes on disk and on their way there.
    pub(super) fn used_bytes(&self) -> u64 {
        let pending = self.pending.lock();
        pending.used_bytes + pending.group.bytes() as u64
    }

    /// No more is taken; what was taken is still written.
    pub(super) fn close(&self) {
        self.pending.lock().is_closed = true;
        self.wake.notify_all();
        self.wanted.notify_all();
        self.taken.notify_waiters();
    }
}

/// What those hear whose records nobody writes any more.
pub(super) fn closed() -> JournalError {
    refusal("the log is closed")
}

/// What those hear who may try again.
pub(super) fn refusal(message: &str) -> JournalError {
    JournalError { message: message.to_owned(), retryable: true }
}

impl Pending {
    fn has_room(&self, bytes: usize, config: &Config) -> bool {
        let (held, bytes) = (self.group.bytes(), frame_bytes(bytes));
        let has_room = held == 0 || held.saturating_add(bytes) <= config.pending_bytes;
        has_room || self.check(bytes as u64, config).is_err()
    }

    fn check(&self, bytes: u64, config: &Config) -> Result<(), JournalError> {
        if self.is_closed {
            return Err(closed());
        }
        if let Some(failure) = &self.failure {
            return Err(refusal(failure));
        }
        let used = self.used_bytes + self.group.bytes() as u64;
        if used.saturating_add(bytes) > config.limit_bytes {
            return Err(refusal(&format!(
                "the log holds {used} bytes of storage.log.limit, {}, and what it holds is not \
                 stored yet",
                config.limit_bytes
            )));
        }
        Ok(())
    }
}
