//! Writes the log and makes it durable.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::group::Group;
use super::header::{HEADER_BYTES, Header};
use super::intake::{Intake, refusal};
use super::segment::{Blank, Filling, Segment};

/// How long to wait before looking whether the disk takes something again.
const PATIENCE: Duration = Duration::from_secs(1);

/// The only one who writes to the log.
pub struct Writer {
    intake: Arc<Intake>,
    group: Group,
    /// Where it writes; none until there is something to write, and after a
    /// failure, since no file is written to after one.
    current: Option<Segment>,
    /// The file that comes next, unless one waits to be used again.
    filling: Option<Filling>,
    generation: u64,
    /// Last position that is durable.
    durable: u64,
    is_failing: bool,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("durable", &self.durable).finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn new(intake: Arc<Intake>) -> Self {
        let (generation, durable) = {
            let chain = intake.chain.lock();
            (chain.generation(), chain.last())
        };
        let group = Group::default();
        Self { intake, group, current: None, filling: None, generation, durable, is_failing: false }
    }

    /// Writes until the log is closed and everything is written.
    pub fn run(mut self) {
        let mut delay = self.intake.config.group_delay;
        loop {
            if self.is_failing {
                if !self.intake.pause(PATIENCE) {
                    return;
                }
            } else if !self.intake.wait(delay) {
                return;
            }
            self.step();
            self.prepare();
            // Who came during a sync has waited long enough.
            let others = self.intake.has_pending();
            delay = if others { Duration::ZERO } else { self.intake.config.group_delay };
        }
    }

    /// Makes durable what was appended so far. After a failure it looks first
    /// whether the disk takes something again.
    pub fn step(&mut self) {
        if self.is_failing && !self.recover() {
            return;
        }
        self.intake.take(&mut self.group);
        // A sync that failed is not tried again: the system may have forgotten
        // what it could not write. So everything is written anew, elsewhere.
        let result = self.write().or_else(|error| {
            self.failed(&error);
            self.write()
        });
        if let Err(error) = result {
            self.failed(&error);
            self.give_up(&error);
        }
    }

    fn write(&mut self) -> io::Result<()> {
        while let Some((first, bytes)) = self.group.first() {
            let segment = self.segment(first, bytes)?;
            let (file, written) = (segment.blank.file.clone(), segment.written);
            let room = usize::try_from(segment.blank.size - written).unwrap_or(usize::MAX);
            let sealed = self.group.seal(room, self.generation, self.durable);
            let (bytes, count, last) = (sealed.bytes.len(), sealed.count, sealed.last);
            file.write_at(sealed.bytes, written)?;
            let begun = Instant::now();
            file.sync()?;
            self.intake.metrics.sync_seconds.observe(begun.elapsed().as_secs_f64());
            self.durable = last;
            self.note(bytes as u64, count as u64);
            self.group.tell(count, &Ok(()));
        }
        Ok(())
    }

    /// Where the next frame goes. Before another segment is begun, everything
    /// in the one before is durable: only the newest can be torn.
    fn segment(&mut self, first: u64, bytes: usize) -> io::Result<&Segment> {
        let wanted = bytes as u64;
        match self.current.take() {
            Some(segment) if segment.blank.size - segment.written >= wanted => {
                Ok(self.current.insert(segment))
            }
            _ => {
                let segment = self.begin(first, wanted)?;
                Ok(self.current.insert(segment))
            }
        }
    }

    fn begin(&mut self, first: u64, wanted: u64) -> io::Result<Segment> {
        let config = &self.intake.config;
        let least = wanted + HEADER_BYTES as u64;
        let spare = if least <= config.segment_bytes {
            self.intake.chain.lock().take_spare()
        } else {
            None
        };
        let blank = match spare {
            Some(blank) => blank,
            None => self.create(least.max(config.segment_bytes))?,
        };
        self.generation += 1;
        let header = Header { generation: self.generation, first, previous_end: self.durable };
        let path = blank.path.clone();
        blank.begin(header).inspect_err(|_| {
            // Nothing in it counts, and what the disk refused once is not used again.
            let _ = self.intake.fs.remove(&path);
        })
    }

    fn create(&self, size: u64) -> io::Result<Blank> {
        let number = self.intake.chain.lock().take_number();
        Blank::create(&*self.intake.fs, number, size)
    }

    /// Fills a piece of the file that comes next, if none waits.
    fn prepare(&mut self) {
        if self.current.is_none() || self.intake.chain.lock().has_spare() {
            return;
        }
        let size = self.intake.config.segment_bytes;
        let begun = self.filling.take().map_or_else(
            || {
                let number = self.intake.chain.lock().take_number();
                Filling::begin(&*self.intake.fs, number, size)
            },
            Ok,
        );
        // Whoever needs the file is told when there is none.
        let Ok(mut filling) = begun else { return };
        match filling.step(&*self.intake.fs) {
            Ok(true) => self.intake.chain.lock().keep_spare(filling.into_blank()),
            Ok(false) => self.filling = Some(filling),
            Err(error) => tracing::debug!(%error, "cannot prepare a file of the log"),
        }
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

    fn failed(&mut self, error: &io::Error) {
        self.intake.metrics.failures.inc();
        if !self.is_failing {
            tracing::warn!(%error, "a file of the log cannot be written; another one is taken");
        }
        let Some(mut segment) = self.current.take() else { return };
        segment.blank.is_failed = true;
        if self.intake.chain.lock().has(&segment) {
            self.intake.chain.lock().put(&segment);
        } else {
            // Nothing in it is durable, and nothing refers to it.
            let _ = self.intake.fs.remove(&segment.blank.path);
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
        match self.segment(self.intake.next(), 0) {
            Ok(_) => {
                self.is_failing = false;
                self.intake.metrics.failing.set(0);
                self.intake.recovered();
                tracing::info!("the log can be written again");
                true
            }
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }
}
