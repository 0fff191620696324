//! Opens the file, or finds that there is none to go on with.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use skytrail_base::fs::File;
use tracing::{error, warn};

use super::guard::Failure;
use super::header::{self, Header};
use super::load::{Found, Sink, load};
use super::name::Names;
use super::writer::Writer;
use crate::error::{Error, ErrorKind, Result};
use crate::row::state::State;

/// A file that was not what was written into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where it is now.
    pub set_aside: PathBuf,
    /// What is wrong with it.
    pub reason: String,
    /// Rows that were read nevertheless, and are kept.
    pub kept_rows: u64,
    /// Rows that are there and could not be read. Rows that are gone are not in it.
    pub unreadable_rows: u64,
}

/// What a start found.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) writer: Writer,
    pub(crate) damage: Option<Damage>,
}

/// Reads the file into `sink`. A damaged one is set aside.
pub(crate) fn start(names: Names, cache_bytes: usize, sink: &mut dyn Sink) -> Result<Start> {
    if let Err(error) = names.sweep() {
        warn!(file = names.describe(), %error, "what an interrupted writing left stays there");
    }
    let context = |error| Error::io(format!("cannot open {}", names.describe()), error);
    let file = match names.fs.open(&names.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let writer = Writer::new(names, cache_bytes, None, State::default());
            return Ok(Start { writer, damage: None });
        }
        file => file.map_err(context)?,
    };
    lock(&names, &*file)?;
    let mark = match header::read(&*file).map_err(context)? {
        Header::Mark(sequence) => Some(sequence),
        Header::Damaged => None,
        Header::Version(version) => {
            let text = format!("{} has version {version}, which is not known", names.describe());
            return Err(Error::new(ErrorKind::Version, text));
        }
    };
    match read(&file, mark, cache_bytes, sink).map_err(context)? {
        Ok(state) => {
            let writer = Writer::new(names, cache_bytes, Some(file), state);
            Ok(Start { writer, damage: None })
        }
        Err((found, reason)) => set_aside(names, cache_bytes, found, reason),
    }
}

/// The state of a sound file; what is left of one that is not, and why.
type Read = std::result::Result<State, (Option<Found>, String)>;

fn read(
    file: &Arc<dyn File>,
    mark: Option<u64>,
    cache_bytes: usize,
    sink: &mut dyn Sink,
) -> io::Result<Read> {
    let Some(mark) = mark else {
        return Ok(Err((None, "its first page is none of ours".to_owned())));
    };
    let found = match load(file, cache_bytes, sink) {
        Ok(found) => found,
        Err(Failure::Io { error, .. }) => return Err(error),
        Err(Failure::Damaged(reason)) => return Ok(Err((None, reason))),
    };
    let reason = if found.state.sequence < mark {
        "it holds an older state than was durable"
    } else if found.unreadable > 0 {
        "some of its rows cannot be read"
    } else if found.differs() {
        "its rows are not those that were written"
    } else {
        return Ok(Ok(found.state));
    };
    Ok(Err((Some(found), reason.to_owned())))
}

fn set_aside(
    names: Names,
    cache_bytes: usize,
    found: Option<Found>,
    reason: String,
) -> Result<Start> {
    let aside = names.set_aside().map_err(|error| {
        Error::io(format!("{} is damaged and cannot be set aside", names.describe()), error)
    })?;
    let unreadable_rows = found.map_or(0, |found| found.unreadable);
    let rows = found.map_or(0, |found| found.read.totals.iter().map(|total| total.rows).sum());
    let kept_rows = rows.saturating_sub(unreadable_rows);
    error!(
        file = names.describe(),
        set_aside = names.fs.describe(&aside),
        reason,
        kept_rows,
        unreadable_rows,
        "the file is damaged and begun anew: services, instances, endpoints and tags come back \
         with their traffic, dashboards that were not kept do not"
    );
    let damage = Damage { set_aside: aside, reason, kept_rows, unreadable_rows };
    let state = State {
        position: found.map(|found| found.state.position).unwrap_or_default(),
        ..State::default()
    };
    let writer = Writer::new(names, cache_bytes, None, state);
    Ok(Start { writer, damage: Some(damage) })
}

/// Takes the file for this handle.
fn lock(names: &Names, file: &dyn File) -> Result<()> {
    let is_ours = file
        .try_lock()
        .map_err(|error| Error::io(format!("cannot lock {}", names.describe()), error))?;
    match is_ours {
        true => Ok(()),
        false => {
            let text = format!("{} is in use by another process", names.describe());
            Err(Error::new(ErrorKind::Locked, text))
        }
    }
}
