//! Who writes the file.
//!
//! After an error the database is given up. When the disk refused anything but
//! a sync, the last durable state is still there: the file is opened again, and
//! must have that state. In all other cases nobody knows what the file holds:
//! all rows of memory go into a new one, which takes its name.

use std::io;
use std::sync::Arc;

use redb::Database;
use skytrail_base::fs::File;
use skytrail_base::journal::Position;
use tracing::warn;

use super::backend::{FileBackend, Health};
use super::guard::{Failure, abandon, close, guarded, open};
use super::header;
use super::load::read_state;
use super::name::Names;
use super::transaction::{Batch, Source, Write, commit};
use crate::error::{Error, Result};
use crate::row::state::State;
use crate::row::{Row, Table};

/// Changes that wait for a disk that refuses; when there are more, they are
/// forgotten and all rows are written instead.
const MAX_PENDING_BYTES: usize = 32 << 20;

/// Files up to here are never too large.
const SMALL_FILE: u64 = 16 << 20;

/// A file may have so many times the bytes of its rows: pages are two thirds
/// full, a commit needs both the old ones and the new, and that twice.
const MAX_BLOAT: u64 = 6;

/// An open database, and the file that it is in.
struct Opened {
    database: Database,
    health: Arc<Health>,
}

/// What the next write begins with.
enum Place {
    /// With the file that has the name.
    Closed,
    /// With what is open.
    Open(Opened),
    /// With a new file.
    Fresh,
}

/// The file, as its one writer knows it.
pub(crate) struct Writer {
    names: Names,
    cache_bytes: usize,
    place: Place,
    /// The file that has the name, locked; none when there is none.
    file: Option<Arc<dyn File>>,
    /// What the last commit left that returned.
    last: State,
    pending: Batch,
    /// Bytes of the file and of its rows when all was written anew; 0 when that
    /// was not by us.
    packed: (u64, u64),
}

impl Writer {
    /// Goes on with a file that was read, or begins with a new one.
    pub(crate) fn new(
        names: Names,
        cache_bytes: usize,
        file: Option<Arc<dyn File>>,
        last: State,
    ) -> Self {
        let place = if file.is_some() { Place::Closed } else { Place::Fresh };
        let pending = Batch::default();
        Self { names, cache_bytes, place, file, last, pending, packed: (0, 0) }
    }

    /// What the last commit left.
    pub(crate) fn last(&self) -> &State {
        &self.last
    }

    /// Bytes of the file; 0 when there is none.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.file.as_ref().and_then(|file| file.len().ok()).unwrap_or(0)
    }

    /// Remembers changes until they are in the file.
    pub(crate) fn absorb(&mut self, add: impl FnOnce(&mut Batch)) {
        add(&mut self.pending);
        if self.pending.bytes() > MAX_PENDING_BYTES && self.file.is_some() {
            self.begin_anew();
        }
        if matches!(self.place, Place::Fresh) {
            self.pending = Batch::default();
        }
    }

    /// Writes what waits, and `large`, durably. After an error what waited still
    /// does, and `large` is as good as never given.
    pub(crate) fn write(
        &mut self,
        position: Position,
        large: &[(Table, Row)],
        source: &dyn Source,
    ) -> Result<()> {
        if self.is_bloated() {
            self.begin_anew();
        }
        match self.write_here(position, large).or_else(|failure| self.after(failure)) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) => return Err(self.error(error)),
        }
        self.write_fresh(position, large, source).map_err(|error| self.error(error))
    }

    fn error(&self, error: io::Error) -> Error {
        Error::io(format!("cannot write {}", self.names.describe()), error)
    }

    /// Writes into the file that is there; false when it is not to be trusted.
    fn write_here(
        &mut self,
        position: Position,
        large: &[(Table, Row)],
    ) -> std::result::Result<bool, Failure> {
        if matches!(self.place, Place::Closed) {
            self.place = self.reopen()?;
        }
        let (Place::Open(opened), Some(file)) = (&self.place, &self.file) else {
            return Ok(false);
        };
        let write = Write { all: None, batch: &self.pending, large, position };
        let state = guarded(&opened.health, || commit(&opened.database, &self.last, &write))?;
        let marked = header::write(&**file, state.sequence);
        self.done(state);
        // It is durable; that the mark is not only matters to the next one.
        if let Err(error) = marked {
            warn!(file = self.names.describe(), %error, "the mark was not written");
            self.give_up(Place::Closed);
        }
        Ok(true)
    }

    fn reopen(&self) -> std::result::Result<Place, Failure> {
        let Some(file) = &self.file else { return Ok(Place::Fresh) };
        let health = Arc::new(Health::default());
        let backend = FileBackend::new(file.clone(), health.clone());
        let database = guarded(&health, || open(backend, self.cache_bytes))?;
        let state = guarded(&health, || read_state(&database));
        if matches!(&state, Ok(Some(state)) if *state == self.last) {
            return Ok(Place::Open(Opened { database, health }));
        }
        abandon(&health, database);
        // A commit that failed is there, or one that did not is not.
        state.map(|_| Place::Fresh)
    }

    /// Where to go on after a failure; an error when that is for another time.
    fn after(&mut self, failure: Failure) -> io::Result<bool> {
        match failure {
            Failure::Io { error, is_sync } => {
                self.give_up(if is_sync { Place::Fresh } else { Place::Closed });
                Err(error)
            }
            Failure::Damaged(reason) => {
                let file = self.names.describe();
                warn!(
                    file,
                    reason, "the file was damaged since it was opened, and is written anew"
                );
                self.begin_anew();
                Ok(false)
            }
        }
    }

    fn begin_anew(&mut self) {
        self.give_up(Place::Fresh);
        self.pending = Batch::default();
    }

    fn give_up(&mut self, next: Place) {
        if let Place::Open(opened) = std::mem::replace(&mut self.place, next) {
            abandon(&opened.health, opened.database);
        }
    }

    fn done(&mut self, state: State) {
        self.last = state;
        self.pending = Batch::default();
    }

    /// Whether a new file would be much smaller, as far as that is known, and fit.
    fn is_bloated(&self) -> bool {
        let (len, rows) = (self.file_bytes(), self.last.bytes());
        let packed = self.packed.0.saturating_mul(rows) / self.packed.1.max(1);
        let wanted = SMALL_FILE.max(rows.saturating_mul(MAX_BLOAT)).max(packed.saturating_mul(2));
        let room = || self.names.fs.space().map_or(0, |space| space.free);
        len > wanted && room() > rows.saturating_mul(MAX_BLOAT)
    }

    /// Writes everything into a new file and gives it the name.
    fn write_fresh(
        &mut self,
        position: Position,
        large: &[(Table, Row)],
        source: &dyn Source,
    ) -> io::Result<()> {
        source.begin();
        self.names.remove_new()?;
        let file = self.names.fs.create(&self.names.new_path())?;
        let written = self.fill(&file, position, large, source);
        let (opened, state) = match written {
            Ok(written) => written,
            Err(error) => {
                drop(file);
                // Room for others; the next attempt removes it, too.
                drop(self.names.remove_new());
                return Err(error);
            }
        };
        let placed = self.put_in_place(file);
        if let Err(error) = placed {
            abandon(&opened.health, opened.database);
            return Err(error);
        }
        self.place = Place::Open(opened);
        self.packed = (self.file_bytes(), state.bytes());
        self.done(state);
        Ok(())
    }

    fn fill(
        &self,
        file: &Arc<dyn File>,
        position: Position,
        large: &[(Table, Row)],
        source: &dyn Source,
    ) -> io::Result<(Opened, State)> {
        if !file.try_lock()? {
            return Err(io::Error::other("another process has the new file"));
        }
        // Behind any that the file before it may have come to.
        let before = State { sequence: self.last.sequence + 1, ..State::default() };
        header::begin(&**file, before.sequence)?;
        let health = Arc::new(Health::default());
        let backend = FileBackend::new(file.clone(), health.clone());
        let database =
            guarded(&health, || open(backend, self.cache_bytes)).map_err(Failure::into_io)?;
        let write = Write { all: Some(source), batch: &Batch::default(), large, position };
        match guarded(&health, || commit(&database, &before, &write)) {
            Ok(state) => Ok((Opened { database, health }, state)),
            Err(failure) => {
                abandon(&health, database);
                Err(failure.into_io())
            }
        }
    }

    fn put_in_place(&mut self, file: Arc<dyn File>) -> io::Result<()> {
        self.names.put_in_place()?;
        self.file = Some(file);
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Place::Open(opened) = std::mem::replace(&mut self.place, Place::Closed) {
            close(&opened.health, opened.database);
        }
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("names", &self.names).finish_non_exhaustive()
    }
}
