//! The segments of the log, from the oldest to the newest.

use std::collections::VecDeque;
use std::path::Path;

use skytrail_base::fs::FileSystem;

use super::config::Config;
use super::header::Read;
use super::layout::Layout;
use super::scan::End;
use super::segment::{Blank, Segment, mark_of, number_of};
use crate::error::{Error, ErrorKind, Result};

/// More generations than any log has, so that there is always a next one.
const MOST_GENERATIONS: u64 = u64::MAX / 2;

/// Segments, and files that wait to be used again.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) segments: VecDeque<Segment>,
    spare: Vec<Blank>,
    /// Files that hold nothing any more and could not be removed.
    undeleted: Vec<Blank>,
    next_number: u64,
    /// Where it ended when it was found.
    end: End,
    /// The newest one that a segment was begun with.
    generation: u64,
    /// What segments up to this generation hold is to go: their files are not used again.
    discarded: u64,
    /// Up to which generation files say so on the disk, each by its name.
    marks: Vec<u64>,
}

impl Chain {
    /// Finds the segments of a folder.
    pub(super) fn open(fs: &dyn FileSystem, layout: &Layout) -> Result<Self> {
        let root = Path::new("");
        // The process before may have ended between making a file and making its name durable.
        let entries = fs
            .sync_dir(root)
            .and_then(|()| fs.list(root))
            .map_err(|error| Error::io(format!("cannot list {}", fs.describe(root)), error))?;
        let mut chain = Self::default();
        for entry in entries {
            if let Some(number) = number_of(&entry.name).filter(|_| !entry.is_dir) {
                chain.next_number = chain.next_number.max(number.saturating_add(1));
                chain.take(fs, layout, &entry.name)?;
            } else if let Some(generation) = mark_of(&entry.name).filter(|_| !entry.is_dir) {
                // No log writes a name like the others.
                if generation <= MOST_GENERATIONS {
                    chain.marked(generation);
                }
            }
        }
        chain.segments.make_contiguous().sort_by_key(|segment| segment.header.generation);
        let newest = chain.segments.back().map_or(0, |newest| newest.header.generation);
        chain.generation = newest.max(chain.discarded);
        chain.find_ends(fs)?;
        Ok(chain)
    }

    fn take(&mut self, fs: &dyn FileSystem, layout: &Layout, path: &Path) -> Result<()> {
        let failed = |error| Error::io(format!("cannot read {}", fs.describe(path)), error);
        let (blank, kind) = Blank::open(fs, path).map_err(failed)?;
        match kind {
            Read::Header(header) => self.segments.push_back(Segment::found(blank, header)),
            Read::Blank if blank.size == layout.usual => self.spare.push(blank),
            // Its making was interrupted, or segments had another size.
            Read::Blank => fs.remove(path).map_err(failed)?,
            Read::Damaged => set_aside(fs, path).map_err(failed)?,
            Read::Version(version) => {
                let context = format!(
                    "{} has version {version} of the format of logs, which is not known here; \
                     start the version of skytrail that wrote it",
                    fs.describe(path)
                );
                return Err(Error { kind: ErrorKind::Version, context, source: None });
            }
        }
        Ok(())
    }

    /// A segment ends where its successor says; the last one where its records
    /// end.
    fn find_ends(&mut self, fs: &dyn FileSystem) -> Result<()> {
        let mut end = u64::MAX;
        for segment in self.segments.iter_mut().rev() {
            segment.last = end;
            end = end.min(segment.header.previous_end);
        }
        while let Some(mut newest) = self.segments.pop_back() {
            let end = newest.find_end().map_err(|error| {
                Error::io(format!("cannot read {}", fs.describe(&newest.blank.path)), error)
            })?;
            if end.last.max(end.durable) >= newest.header.rewritten {
                self.end = end;
                self.segments.push_back(newest);
                break;
            }
            // The one before it still has what it should have held.
            let _ = fs.remove(&newest.blank.path);
        }
        Ok(())
    }

    /// Where it ended when it was found.
    pub(super) fn end(&self) -> End {
        self.end
    }

    /// Lets a segment end earlier, because another holds the rest.
    pub(super) fn cut(&mut self, segment: &Segment, last: u64) {
        let found = self.segments.iter_mut().find(|other| other.header == segment.header);
        if let Some(segment) = found {
            segment.last = last;
        }
    }

    /// The generation of the segment that is begun next.
    pub(super) fn next_generation(&self) -> u64 {
        self.generation + 1
    }

    /// A file to begin a segment of usual size with, if one waits, and the generation of the
    /// segment.
    pub(super) fn begin(&mut self, is_usual: bool) -> (Option<Blank>, u64) {
        self.generation = self.next_generation();
        (is_usual.then(|| self.spare.pop()).flatten(), self.generation)
    }

    /// Bytes that the log takes: those of its files, but of the newest only those that
    /// are written, since the others are still to be used.
    pub(super) fn used_bytes(&self) -> u64 {
        let full = self.segments.iter().rev().skip(1).map(|segment| segment.blank.size);
        let newest = self.segments.back().map(|segment| segment.written);
        let undeleted = self.undeleted.iter().map(|blank| blank.size);
        full.chain(newest).chain(undeleted).sum()
    }

    /// Lets no file be used again that there is now, since what they hold is to go: gives
    /// the newest generation of them, and those that hold nothing of the log.
    pub(super) fn discard(&mut self) -> (u64, Vec<Blank>) {
        self.discarded = self.generation;
        (self.discarded, std::mem::take(&mut self.spare))
    }

    /// Whether what a segment of a generation holds is to go.
    pub(super) fn is_discarded(&self, generation: u64) -> bool {
        generation <= self.discarded
    }

    /// Whether what the newest segment holds is to go, which takes another one.
    pub(super) fn is_newest_discarded(&self) -> bool {
        self.segments.back().is_some_and(|newest| self.is_discarded(newest.header.generation))
    }

    /// The disk has a file that says up to which generation files are not used again.
    pub(super) fn marked(&mut self, generation: u64) {
        self.discarded = self.discarded.max(generation);
        self.marks.push(generation);
    }

    /// Whether it has one that says as much.
    pub(super) fn is_marked(&self, generation: u64) -> bool {
        self.marks.iter().any(|marked| *marked >= generation)
    }

    /// Those that nothing depends on any more: no file is left that they are about.
    pub(super) fn done_marks(&mut self) -> Vec<u64> {
        let oldest = self.segments.front().map(|oldest| oldest.header.generation);
        let is_done = self.undeleted.is_empty() && oldest.is_some_and(|one| one > self.discarded);
        if is_done { std::mem::take(&mut self.marks) } else { Vec::new() }
    }

    /// Keeps a file that could not be removed, to be tried again.
    pub(super) fn keep_undeleted(&mut self, blank: Blank) {
        self.undeleted.push(blank);
    }

    /// Whether a segment is one of the log.
    pub(super) fn has(&self, segment: &Segment) -> bool {
        self.segments.back().is_some_and(|newest| newest.header == segment.header)
    }

    /// Makes a segment the newest, or puts it in place of what it was.
    pub(super) fn put(&mut self, segment: &Segment) {
        if self.has(segment) {
            self.segments.pop_back();
        }
        self.segments.push_back(segment.clone());
    }

    /// Whether a file waits.
    pub(super) fn has_spare(&self) -> bool {
        !self.spare.is_empty()
    }

    /// Keeps a file until it is needed.
    pub(super) fn keep_spare(&mut self, blank: Blank) {
        self.spare.push(blank);
    }

    /// The number of the next file.
    pub(super) fn take_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }

    /// Takes out the segments that hold nothing at or behind a position, except
    /// the newest. What they hold is forgotten when their files are written anew
    /// or removed; gives those that are to be removed.
    pub(super) fn trim(&mut self, before: u64, layout: &Layout, config: &Config) -> Vec<Blank> {
        // Those that could not be removed before are tried again.
        let mut removed = std::mem::take(&mut self.undeleted);
        while self.segments.get(1).is_some_and(|next| next.header.first <= before) {
            let Some(Segment { blank, header, .. }) = self.segments.pop_front() else { break };
            let is_wanted = (self.spare.len() as u64 + 1) * layout.usual <= config.spare_bytes;
            let is_last_use = blank.is_last_use || self.is_discarded(header.generation);
            if is_wanted && blank.size == layout.usual && !is_last_use {
                self.spare.push(blank);
            } else {
                removed.push(blank);
            }
        }
        removed
    }
}

/// Lets a damaged file be, under a name that nobody looks for.
fn set_aside(fs: &dyn FileSystem, path: &Path) -> std::io::Result<()> {
    let aside = path.with_extension("wal.damaged");
    tracing::error!(
        file = fs.describe(path),
        now = fs.describe(&aside),
        "a file of the log is damaged and is left out"
    );
    fs.rename(path, &aside)
}
