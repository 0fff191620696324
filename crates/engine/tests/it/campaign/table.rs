//! What was going on, and what happened to the disk.

use std::collections::BTreeMap;
use std::fmt;

/// What was going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Frames are written to the log and made durable.
    Group,
    /// A file of the log is made, begun, or goes.
    Segment,
    /// Rows become parts before their checkpoint.
    Flush,
    /// Parts and the state of a checkpoint.
    Parts,
    /// What changes in place, for a checkpoint.
    Mutable,
    /// The manifest of a checkpoint.
    Manifest,
    /// A merge.
    Merge,
    /// Time to live.
    Expiry,
    /// Something is deleted.
    Deletion,
    /// A backup.
    Backup,
    /// A start, with what it replays.
    Start,
}

/// What happened to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// The process ends; everything that it wrote is there.
    Killed,
    /// The power fails, and all that was not synced is gone.
    Lost,
    /// Some of what was not synced is there.
    Reordered,
    /// Some sectors of what was not synced are there.
    Torn,
    /// And again while the next process starts.
    Again,
    /// The disk refuses for a while.
    Refused,
    /// The disk is full for a while.
    Full,
    /// A sync fails.
    Unsynced,
}

impl Step {
    pub(super) const ALL: [Self; 11] = [
        Self::Group,
        Self::Segment,
        Self::Flush,
        Self::Parts,
        Self::Mutable,
        Self::Manifest,
        Self::Merge,
        Self::Expiry,
        Self::Deletion,
        Self::Backup,
        Self::Start,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Group => "log: group commit",
            Self::Segment => "log: files",
            Self::Flush => "flush before a checkpoint",
            Self::Parts => "checkpoint: parts, state",
            Self::Mutable => "checkpoint: mutable file",
            Self::Manifest => "checkpoint: manifest",
            Self::Merge => "merge",
            Self::Expiry => "expiry",
            Self::Deletion => "deletion",
            Self::Backup => "backup",
            Self::Start => "start, replay",
        }
    }
}

impl Fault {
    pub(super) const ALL: [Self; 8] = [
        Self::Killed,
        Self::Lost,
        Self::Reordered,
        Self::Torn,
        Self::Again,
        Self::Refused,
        Self::Full,
        Self::Unsynced,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Lost => "lost",
            Self::Reordered => "reordered",
            Self::Torn => "torn",
            Self::Again => "twice",
            Self::Refused => "refused",
            Self::Full => "full",
            Self::Unsynced => "no sync",
        }
    }
}

/// A cell of the table.
pub(super) type Cell = (Step, Fault);

/// How many images there were of each cell.
#[derive(Debug, Default)]
pub(super) struct Table {
    counts: BTreeMap<Cell, u64>,
    /// Images of moments at which nothing was going on.
    quiet: u64,
}

impl Table {
    pub(super) const CELLS: u64 = (Step::ALL.len() * Fault::ALL.len()) as u64;

    /// The cell with a number.
    pub(super) fn cell(number: u64) -> Cell {
        let number = number as usize;
        let faults = Fault::ALL.len();
        (Step::ALL[number / faults % Step::ALL.len()], Fault::ALL[number % faults])
    }

    /// An image was made, of a cell if what it was to be made at came about.
    pub(super) fn count(&mut self, cell: Option<Cell>) {
        *cell.map_or(&mut self.quiet, |cell| self.counts.entry(cell).or_default()) += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        other
            .counts
            .iter()
            .for_each(|(cell, count)| *self.counts.entry(*cell).or_default() += count);
        self.quiet += other.quiet;
    }

    pub(super) fn images(&self) -> u64 {
        self.counts.values().sum::<u64>() + self.quiet
    }

    pub(super) fn empty(&self) -> Vec<Cell> {
        let cells = (0..Self::CELLS).map(Self::cell);
        cells.filter(|cell| !self.counts.contains_key(cell)).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let images = self.images();
        writeln!(
            f,
            "{images} images; at rest {}; what was going on, and what happened:",
            self.quiet
        )?;
        write!(f, "{:26}", "")?;
        Fault::ALL.iter().try_for_each(|fault| write!(f, "{:>10}", fault.name()))?;
        for step in Step::ALL {
            write!(f, "\n{:26}", step.name())?;
            for fault in Fault::ALL {
                write!(f, "{:>10}", self.counts.get(&(step, fault)).copied().unwrap_or(0))?;
            }
        }
        Ok(())
    }
}
