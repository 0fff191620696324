//! The bytes of one file: as readers see them, and as the disk may hold them.

use std::iter;

use super::dice::{Chance, Dice, Loss};

/// What a disk writes whole or not at all.
pub(super) const SECTOR: usize = 512;

#[derive(Debug, Clone, Default)]
pub(super) struct FileBytes {
    seen: Vec<u8>,
    /// What is durable. Edits since are in `unsynced`, in order.
    disk: Vec<u8>,
    unsynced: Vec<Edit>,
    /// What a failed sync left behind: no sync writes it any more, and it may have
    /// reached the disk nevertheless. Nothing that is durable lies under it: what
    /// is written and synced later cuts it out. In order, each within a sector.
    doubtful: Vec<Piece>,
}

#[derive(Debug, Clone)]
struct Piece {
    offset: usize,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Edit {
    change: Change,
    /// Length of the file after it.
    len: usize,
}

#[derive(Debug, Clone)]
enum Change {
    Write(Piece),
    SetLen,
}

impl Piece {
    fn end(&self) -> usize {
        self.offset.saturating_add(self.bytes.len())
    }

    /// What lies from `from` up to and without `to`, if anything does.
    fn part(&self, from: usize, to: usize) -> Option<Self> {
        let (start, end) = (from.max(self.offset), to.min(self.end()));
        let range = start.checked_sub(self.offset)?..end.checked_sub(self.offset)?;
        let bytes = self.bytes.get(range).filter(|bytes| !bytes.is_empty())?;
        Some(Self { offset: start, bytes: bytes.to_vec() })
    }

    /// Cut at every multiple of a sector.
    fn sectors(&self) -> impl Iterator<Item = Self> + '_ {
        let first = self.offset / SECTOR * SECTOR;
        let starts = iter::successors(Some(first), |start| start.checked_add(SECTOR));
        starts
            .take_while(|start| *start < self.end())
            .filter_map(|start| self.part(start, start.saturating_add(SECTOR)))
    }

    fn put(&self, into: &mut Vec<u8>) {
        if into.len() < self.end() {
            into.resize(self.end(), 0);
        }
        if let Some(place) = into.get_mut(self.offset..self.end()) {
            place.copy_from_slice(&self.bytes);
        }
    }

    fn flip(&mut self, at: usize, mask: u8) {
        let byte = at.checked_sub(self.offset).and_then(|at| self.bytes.get_mut(at));
        byte.into_iter().for_each(|byte| *byte ^= mask);
    }
}

impl FileBytes {
    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: usize) {
        if bytes.is_empty() {
            return;
        }
        let piece = Piece { offset, bytes: bytes.to_vec() };
        piece.put(&mut self.seen);
        self.unsynced.push(Edit { change: Change::Write(piece), len: self.seen.len() });
    }

    pub(super) fn set_len(&mut self, len: usize) {
        self.seen.resize(len, 0);
        self.unsynced.push(Edit { change: Change::SetLen, len });
    }

    /// Makes the edits durable that no failed sync took away.
    pub(super) fn sync(&mut self) {
        for edit in std::mem::take(&mut self.unsynced) {
            match edit.change {
                Change::Write(piece) => {
                    piece.put(&mut self.disk);
                    self.cut_doubtful(piece.offset, piece.end());
                }
                Change::SetLen => {
                    self.disk.resize(edit.len, 0);
                    self.cut_doubtful(edit.len, usize::MAX);
                }
            }
        }
        // The length is not lost with the bytes: it is kept apart from them.
        self.disk.resize(self.seen.len(), 0);
    }

    /// What a sync leaves that failed: everything looks written and is not.
    pub(super) fn fail_sync(&mut self) {
        for edit in std::mem::take(&mut self.unsynced) {
            if let Change::Write(piece) = edit.change {
                self.doubtful.extend(piece.sectors());
            }
        }
    }

    fn cut_doubtful(&mut self, from: usize, to: usize) {
        let pieces = std::mem::take(&mut self.doubtful).into_iter();
        let left = pieces.flat_map(|piece| [piece.part(0, from), piece.part(to, usize::MAX)]);
        self.doubtful = left.flatten().collect();
    }

    /// Flips bits of one byte, wherever it is held.
    pub(super) fn flip(&mut self, at: usize, mask: u8) {
        for held in [&mut self.seen, &mut self.disk] {
            held.get_mut(at).into_iter().for_each(|byte| *byte ^= mask);
        }
        for edit in &mut self.unsynced {
            if let Change::Write(piece) = &mut edit.change {
                piece.flip(at, mask);
            }
        }
        self.doubtful.iter_mut().for_each(|piece| piece.flip(at, mask));
    }

    /// What the disk may hold when the power fails now.
    pub(super) fn crash(&self, loss: Loss, chance: Chance, dice: &mut Dice) -> Self {
        let mut disk = self.disk.clone();
        let mut lens = vec![disk.len()];
        for piece in &self.doubtful {
            if dice.below(2) == 0 && dice.keeps(chance) {
                piece.put(&mut disk);
                lens.push(disk.len());
            }
        }
        for edit in &self.unsynced {
            match &edit.change {
                Change::Write(piece) if is_torn(loss, dice) => tear(piece, chance, dice, &mut disk),
                Change::Write(piece) if dice.keeps(chance) => piece.put(&mut disk),
                Change::Write(_) => {}
                Change::SetLen if dice.keeps(chance) => disk.truncate(edit.len),
                Change::SetLen => {}
            }
            lens.push(edit.len);
        }
        disk.resize(choose_len(&lens, chance, dice), 0);
        Self { seen: disk.clone(), disk, ..Self::default() }
    }
}

/// Whether some sectors of a write may be there without the others.
fn is_torn(loss: Loss, dice: &mut Dice) -> bool {
    match loss {
        Loss::Any => dice.below(3) == 0,
        Loss::Torn => true,
        Loss::Everything | Loss::Reordered => false,
    }
}

fn tear(piece: &Piece, chance: Chance, dice: &mut Dice, disk: &mut Vec<u8>) {
    for sector in piece.sectors() {
        if dice.keeps(chance) {
            sector.put(disk);
        }
    }
}

/// One of the lengths there were, or one in between. Bytes behind it are gone
/// although they were written.
fn choose_len(lens: &[usize], chance: Chance, dice: &mut Dice) -> usize {
    let first = lens.first().copied().unwrap_or(0);
    let last = lens.last().copied().unwrap_or(first);
    if !dice.keeps(chance) {
        return first;
    }
    if dice.keeps(chance) {
        return last;
    }
    let low = lens.iter().copied().min().unwrap_or(first);
    let high = lens.iter().copied().max().unwrap_or(last);
    match dice.below(2) {
        0 => lens.get(dice.index(lens.len())).copied().unwrap_or(first),
        _ => low + dice.index(high - low + 1),
    }
}
