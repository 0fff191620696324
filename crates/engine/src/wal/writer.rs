//! Writes the log and makes it durable.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::frame;
use super::group::Group;
use super::header::Header;
use super::intake::{Intake, Woken, refusal};
use super::segment::Segment;

/// How long to wait before looking whether the disk takes something again.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long nothing is appended before a mark of durability stands alone.
const QUIET: Duration = Duration::from_millis(100);

/// The only one who writes to the log.
pub struct Writer {
    intake: Arc<Intake>,
    group: Group,
    /// Where it writes; none until there is something to write, and after a
    /// failure, since no file is written to after one.
    current: Option<Segment>,
    /// Last position that is durable.
    durable: u64,
    /// The last mark of durability that stands alone.
    marked: u64,
    /// Last position that was found when the log was opened.
    found: u64,
    is_failing: bool,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("durable", &self.durable).finish_non_exhaustive()
    }
}

/// Nobody waits for a writer that is gone.
impl Drop for Writer {
    fn drop(&mut self) {
        self.intake.close();
        self.intake.take(&mut self.group);
    }
}

impl Writer {
    /// Of a log that was just opened.
    pub(super) fn new(intake: Arc<Intake>) -> Self {
        let end = intake.chain.lock().end();
        let mut writer = Self {
            intake,
            group: Group::default(),
            current: None,
            durable: end.durable,
            marked: end.durable,
            found: end.last,
            is_failing: false,
        };
        match writer.settle() {
            Ok(()) => writer.mark(),
            Err(error) => writer.give_up(&error),
        }
        if writer.intake.next() != writer.durable.saturating_add(1) {
            // Positions that others know of are in no segment.
            writer.current = None;
        }
        writer
    }

    /// Writes until the log is closed and everything is written.
    pub fn run(mut self) {
        let mut delay = self.intake.config.group_delay;
        loop {
            if self.is_failing {
                if !self.intake.pause(PATIENCE) {
                    return;
                }
            } else {
                let idle = self.is_unmarked().then_some(QUIET);
                match self.intake.wait(delay, idle) {
                    Woken::Work => {}
                    Woken::Idle => {
                        self.mark();
                        continue;
                    }
                    Woken::Closed => {
                        self.mark();
                        return;
                    }
                }
            }
            self.advance();
            // Who came during a sync has waited long enough.
            let others = self.intake.has_pending();
            delay = if others { Duration::ZERO } else { self.intake.config.group_delay };
        }
    }

    /// Makes durable what was appended so far, and tells so when no more comes. After a
    /// failure it looks first whether the disk takes something again.
    pub fn step(&mut self) {
        self.advance();
        if !self.is_failing && !self.intake.has_pending() {
            self.mark();
        }
    }

    fn advance(&mut self) {
        if self.is_failing && !self.recover() {
            return;
        }
        let next = self.intake.take(&mut self.group);
        if self.intake.is_discarding() {
            self.leave_discarded(next);
        }
        // A sync that failed is not tried again: the system may have forgotten
        // what it could not write. So everything is written anew, elsewhere.
        let result = self.write().or_else(|error| {
            self.leave(&error);
            self.write()
        });
        if let Err(error) = result {
            self.leave(&error);
            self.give_up(&error);
        }
    }

    /// Leaves a file that holds what is to go for one that does not, which is of the log at once:
    /// the one before goes with the next checkpoint, whether records come or not.
    fn leave_discarded(&mut self, next: u64) {
        let is_discarded = |segment: &mut Segment| {
            self.intake.chain.lock().is_discarded(segment.header.generation)
        };
        if let Some(segment) = self.current.take_if(is_discarded) {
            self.let_go(segment);
        }
        if self.group.first().is_some() {
            // They begin another.
            return;
        }
        if self.current.is_none()
            && let Err(error) = self.begin(next, 0, self.durable)
        {
            // It is tried again with the next record, or checkpoint.
            tracing::warn!(%error, "a file of the log that holds what was deleted cannot be left yet");
        }
        if let Some(segment) = &self.current {
            self.intake.chain.lock().put(segment);
            self.intake.recount();
        }
    }

    /// Leaves a file for good.
    fn let_go(&self, mut segment: Segment) {
        segment.blank.is_last_use = true;
        {
            let mut chain = self.intake.chain.lock();
            if chain.has(&segment) {
                chain.put(&segment);
                return;
            }
        }
        // Nothing in it is durable, and nothing refers to it. Whoever appends does not wait for it.
        if self.intake.fs.remove(&segment.blank.path).is_err() {
            self.intake.chain.lock().keep_undeleted(segment.blank);
        }
    }

    /// Whether no record and no mark tells that what was written last is durable.
    fn is_unmarked(&self) -> bool {
        self.current.is_some() && self.marked < self.durable
    }

    /// Writes down that what was written last is durable, since no record comes
    /// that would tell. It need not be durable itself.
    fn mark(&mut self) {
        if !self.is_unmarked() {
            return;
        }
        let Some(segment) = &self.current else { return };
        let mut mark = frame::mark(&segment.header, self.durable);
        let bytes = self.intake.layout.whole(mark.len() as u64);
        // Where there is no room for it the next file tells.
        self.marked = self.durable;
        if segment.room() < bytes {
            return;
        }
        mark.resize(bytes as usize);
        match segment.blank.file.write_at(mark.bytes(), segment.written) {
            Ok(()) => self.note(bytes, 0),
            Err(error) => self.leave(&error),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        while let Some((first, bytes)) = self.group.first() {
            let wanted = self.intake.layout.whole(bytes as u64);
            let has_room = |segment: &Segment| segment.room() >= wanted;
            if !self.current.as_ref().is_some_and(has_room) {
                match self.begin(first, wanted, self.durable) {
                    Err(error) if self.is_too_large(wanted, &error) => self.refuse_first(&error),
                    begun => begun?,
                }
                continue;
            }
            self.write_next()?;
        }
        Ok(())
    }

    /// Whether a record needs a file of its own and the disk has no room for it: others
    /// may still find some.
    fn is_too_large(&self, wanted: u64, error: &io::Error) -> bool {
        self.intake.layout.is_own_file(wanted) && error.kind() == io::ErrorKind::StorageFull
    }

    /// Refuses the record that comes first, and no other. Its position is in no segment, so
    /// the next one begins another.
    fn refuse_first(&mut self, error: &io::Error) {
        self.intake.metrics.refused.inc();
        self.current = None;
        let message = format!("the disk has no room for a record of this size: {error}");
        self.group.tell(1, &Err(refusal(&message)));
    }

    /// Writes as much of the group as the segment has room for.
    fn write_next(&mut self) -> io::Result<()> {
        let Some(segment) = &self.current else { return Ok(()) };
        let (file, written) = (segment.blank.file.clone(), segment.written);
        let room = usize::try_from(segment.room()).unwrap_or(usize::MAX);
        let block = self.intake.layout.block;
        let sealed = self.group.seal(room, block, &segment.header, self.durable);
        let (bytes, count, last) = (sealed.bytes.len(), sealed.count, sealed.last);
        file.write_at(sealed.bytes, written)?;
        let begun = Instant::now();
        file.sync()?;
        self.intake.metrics.sync_seconds.observe(begun.elapsed().as_secs_f64());
        self.durable = last;
        self.note(bytes as u64, count as u64);
        self.group.tell(count, &Ok(()));
        Ok(())
    }

    /// Begins a segment with room for so many bytes. All before it is durable:
    /// only the newest can be torn.
    fn begin(&mut self, first: u64, wanted: u64, rewritten: u64) -> io::Result<()> {
        let layout = &self.intake.layout;
        let size = layout.file_bytes(wanted);
        let (spare, generation) = self.intake.chain.lock().begin(!layout.is_own_file(wanted));
        let blank = match spare {
            Some(blank) => blank,
            None => self.intake.filling(size)?.finish(&*self.intake.fs)?,
        };
        self.intake.want_spare();
        let previous_end = self.durable;
        let path = blank.path.clone();
        // A hasher is the one source of chance that the standard library has.
        let salt = RandomState::new().hash_one(generation);
        let header = Header { generation, first, previous_end, rewritten, salt };
        let begun = blank.begin(&self.intake.layout, header);
        self.current = Some(begun.inspect_err(|_| {
            // Nothing in it counts, and what the disk refused once is not used again.
            let _ = self.intake.fs.remove(&path);
        })?);
        Ok(())
    }

    /// Books what became durable. A segment is of the log from its first record
    /// on.
    fn note(&mut self, bytes: u64, count: u64) {
        if let Some(segment) = &mut self.current {
            segment.written += bytes;
            segment.last = self.durable;
            self.intake.chain.lock().put(segment);
        }
        self.intake.recount();
        self.intake.metrics.written_bytes.inc_by(bytes);
        self.intake.metrics.records.inc_by(count);
    }

    /// Leaves the file that refused something.
    fn leave(&mut self, error: &io::Error) {
        self.intake.metrics.failures.inc();
        if !self.is_failing {
            tracing::warn!(%error, "a file of the log cannot be written; another one is taken");
        }
        if let Some(segment) = self.current.take() {
            self.let_go(segment);
        }
    }

    fn give_up(&mut self, error: &io::Error) {
        let message = format!("the log cannot be written: {error}");
        if !self.is_failing {
            tracing::error!(
                %error,
                "the log cannot be written; nothing is acknowledged until it can, and what is \
                 stored is answered as before"
            );
        }
        self.is_failing = true;
        self.intake.metrics.failing.set(1);
        let waiting = self.group.tell_all(&Err(refusal(&message)));
        self.intake.metrics.refused.inc_by(waiting + self.intake.fail(&message));
    }

    /// Whether the disk takes something again.
    fn recover(&mut self) -> bool {
        let next = self.intake.next();
        // Positions that were given up are in no segment.
        match self.settle().and_then(|()| self.begin(next, 0, self.durable)) {
            Ok(()) => {
                self.is_failing = false;
                self.intake.metrics.failing.set(0);
                self.intake.recovered();
                tracing::info!("the log can be written again");
                true
            }
            Err(error) => {
                self.leave(&error);
                false
            }
        }
    }

    /// Writes the last records once more that were found when the log was opened.
    /// Whether the disk has them or only the memory of the system, nobody can
    /// tell, not even by a sync, since one may have failed in the process before.
    fn settle(&mut self) -> io::Result<()> {
        let newest = self.intake.chain.lock().segments.back().cloned();
        let Some(newest) = newest.filter(|_| self.found > self.durable) else { return Ok(()) };
        self.group.clear(self.intake.config.pending_bytes);
        let mut scan = newest.scan();
        while let Some(found) = scan.next()? {
            let is_doubtful =
                (self.durable.saturating_add(1)..=self.found).contains(&found.position);
            if let Some(record) = found.record.filter(|_| is_doubtful) {
                // Nobody waits for it.
                drop(self.group.add(found.position, &record));
            }
        }
        let Some((first, _)) = self.group.first() else {
            self.found = self.durable;
            return Ok(());
        };
        let durable = self.durable;
        let is_to_go = self.intake.chain.lock().is_discarded(newest.header.generation);
        if is_to_go && let Err(error) = self.intake.discard_next() {
            // It is tried once more when it is written.
            tracing::debug!(%error, "what was deleted is written once more");
        }
        self.begin(first, self.group.bytes() as u64, self.found)?;
        // In one piece, since it counts as a whole.
        self.write_next().inspect_err(|error| self.leave(error))?;
        self.intake.chain.lock().cut(&newest, durable);
        self.intake.settled();
        if is_to_go && let Err(error) = self.intake.discard() {
            tracing::warn!(%error, "what was deleted may stay in a file of the log");
        }
        Ok(())
    }
}
