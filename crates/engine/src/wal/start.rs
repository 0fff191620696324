//! Opens a log and runs its writer.

use std::path::Path;
use std::thread::JoinHandle;

use skytrail_base::fs::{FileSystem, SharedFileSystem};
use skytrail_base::journal::Position;

use super::chain::Chain;
use super::config::Config;
use super::filler::Filler;
use super::intake::Intake;
use super::layout::Layout;
use super::log::Log;
use super::metrics::Metrics;
use super::writer::Writer;
use crate::error::{Error, Result};

/// Opens the log in the root of a file system. Who holds the writer decides
/// when something becomes durable: a simulation step by step, others by
/// [`start`]. Records get positions behind `at_least`, the position of the last
/// checkpoint: what the log itself holds may end before it.
///
/// # Errors
/// A file cannot be read, or is of another version.
pub fn open(
    fs: SharedFileSystem,
    config: Config,
    metrics: Metrics,
    at_least: Position,
) -> Result<(Log, Writer)> {
    let layout = Layout::new(fs.block(), &config);
    let mut chain = Chain::open(&*fs, &layout)?;
    // What the checkpoint covers makes room first: writing the last records once more needs some.
    for blank in chain.trim(at_least.0.saturating_add(1), &layout, &config) {
        if fs.remove(&blank.path).is_err() {
            chain.keep_undeleted(blank);
        }
    }
    tell_if_short(&*fs, &metrics, chain.end().last, at_least.0);
    let intake = Intake::new(fs, (config, layout), metrics, chain, at_least.0);
    let writer = Writer::new(intake.clone());
    Ok((Log { intake }, writer))
}

/// Tells when the log ends before a checkpoint, and so cannot hold what came after it.
fn tell_if_short(fs: &dyn FileSystem, metrics: &Metrics, end: u64, checkpoint: u64) {
    let missing = checkpoint.saturating_sub(end);
    metrics.missing.set(missing.cast_signed());
    if missing > 0 {
        tracing::error!(
            folder = fs.describe(Path::new("")),
            log_ends_at = end,
            checkpoint_at = checkpoint,
            "the log ends before the checkpoint of the store: files of it are gone, it lies \
             somewhere else (storage.log.wal_dir), or the store was restored; what came after the \
             checkpoint is lost unless clients send it again"
        );
    }
}

/// The threads of the log, one that writes and one that fills files; they end when the
/// [`Log`] is dropped.
#[derive(Debug)]
pub struct Running {
    threads: Vec<JoinHandle<()>>,
}

/// Opens the log and has it written by a thread.
///
/// # Errors
/// As [`open`], or there is no thread.
pub fn start(
    fs: SharedFileSystem,
    config: Config,
    metrics: Metrics,
    at_least: Position,
) -> Result<(Log, Running)> {
    let (log, writer) = open(fs, config, metrics, at_least)?;
    let filler = Filler::new(log.intake.clone());
    // Nor does the first record wait for a file.
    log.intake.want_spare();
    let threads =
        vec![spawn("log", move || writer.run())?, spawn("log-fill", move || filler.run())?];
    Ok((log, Running { threads }))
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(|error| Error::io("cannot start a thread of the log", error))
}

impl Running {
    /// Waits until everything is written, once the log was dropped.
    pub fn join(self) {
        for thread in self.threads {
            // A panic of it was told when it happened.
            let _ = thread.join();
        }
    }
}
