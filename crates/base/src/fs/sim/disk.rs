//! Everything that one simulated disk holds and knows. No locks and no paths
//! that are not checked yet.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::bytes::FileBytes;
use super::dice::{Dice, Loss};
use super::fault::{Faults, Operation};
use super::names::{Child, Id, Names, ROOT};
use super::trace::{Trace, Traced};
use crate::fs::{Entry, Space};

/// What fits on a disk unless a test says otherwise: little enough to be held in
/// memory, should a program ask for all of it by mistake.
const DEFAULT_CAPACITY: u64 = 4 << 30;

/// A handle, by the order of opening.
pub(super) type HandleId = u64;

#[derive(Debug, Clone, Default)]
struct Node {
    bytes: FileBytes,
    handles: usize,
    locked_by: Option<HandleId>,
}

#[derive(Debug)]
pub(super) struct Disk {
    names: Names,
    files: BTreeMap<Id, Node>,
    /// Files, folders and handles made so far, so that each has a number.
    made: u64,
    capacity: u64,
    /// Bytes of the files that have a name or are open.
    used: u64,
    dice: Dice,
    operations: u64,
    stop_after: u64,
    pub(super) faults: Faults,
    pub(super) trace: Trace,
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            names: Names::default(),
            files: BTreeMap::new(),
            made: ROOT,
            capacity: DEFAULT_CAPACITY,
            used: 0,
            dice: Dice::new(seed),
            operations: 0,
            stop_after: u64::MAX,
            faults: Faults::default(),
            trace: Trace::default(),
        }
    }

    /// A disk with the same room on which nothing was done yet.
    fn with(&self, names: Names, files: BTreeMap<Id, Node>, dice: Dice) -> Self {
        let (made, capacity) = (self.made, self.capacity);
        let mut disk = Self { names, files, made, capacity, dice, ..Self::new(0) };
        disk.sweep();
        disk
    }

    pub(super) fn crash(&self, loss: Loss, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let chance = dice.chance_of(loss);
        let names = self.names.crash(chance, &mut dice);
        let chance = dice.chance_of(loss);
        let files = self.files.iter().map(|(id, node)| {
            let bytes = node.bytes.crash(loss, chance, &mut dice);
            (*id, Node { bytes, ..Node::default() })
        });
        let files = files.collect();
        self.with(names, files, dice)
    }

    pub(super) fn killed(&self) -> Self {
        let free = |node: &Node| Node { bytes: node.bytes.clone(), ..Node::default() };
        let files = self.files.iter().map(|(id, node)| (*id, free(node))).collect();
        self.with(self.names.clone(), files, self.dice.clone())
    }

    pub(super) fn operations(&self) -> u64 {
        self.operations
    }

    pub(super) fn stop_after(&mut self, operations: u64) {
        self.stop_after = operations;
    }

    pub(super) fn set_capacity(&mut self, bytes: u64) {
        self.capacity = bytes;
    }

    /// Does one operation and remembers it. `work` gets the error that it is to
    /// fail with, if it is.
    pub(super) fn attempt<T>(
        &mut self,
        operation: Operation,
        paths: (&Path, Option<&Path>),
        work: impl FnOnce(&mut Self, Option<io::Error>) -> io::Result<T>,
    ) -> io::Result<T> {
        let result = self.admit(operation).and_then(|()| {
            let texts = [Some(paths.0), paths.1].map(|path| path.map(Path::to_string_lossy));
            let texts: Vec<_> = texts.iter().flatten().map(AsRef::as_ref).collect();
            let fault = self.faults.hit(operation, &texts);
            work(self, fault)
        });
        self.trace.push(Traced {
            operation,
            path: paths.0.to_owned(),
            to: paths.1.map(Path::to_owned),
            error: result.as_ref().err().map(io::Error::kind),
        });
        result
    }

    fn admit(&mut self, operation: Operation) -> io::Result<()> {
        if operation.is_mutating() {
            if self.operations >= self.stop_after {
                return Err(io::Error::other("the simulated machine has stopped"));
            }
            self.operations += 1;
        }
        Ok(())
    }

    fn next(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// Forgets files that have no name, will not get one back and are not open.
    fn sweep(&mut self) {
        let held = self.names.held();
        self.files.retain(|id, node| node.handles > 0 || held.contains(id));
        self.recount();
    }

    fn node(&self, id: Id) -> io::Result<&Node> {
        self.files.get(&id).ok_or(io::ErrorKind::NotFound.into())
    }

    fn node_mut(&mut self, id: Id) -> io::Result<&mut Node> {
        self.files.get_mut(&id).ok_or(io::ErrorKind::NotFound.into())
    }

    /// Counts what files take that have a name or are open.
    fn recount(&mut self) {
        let named = self.names.named();
        let takes = |(id, node): &(&Id, &Node)| node.handles > 0 || named.contains(id);
        let files = self.files.iter().filter(takes);
        self.used = files.map(|(_, node)| node.bytes.seen().len() as u64).sum();
    }

    fn len_or_none(&self, id: Id) -> u64 {
        self.files.get(&id).map_or(0, |node| node.bytes.seen().len() as u64)
    }
}

/// Names.
impl Disk {
    pub(super) fn open(&mut self, path: &Path) -> io::Result<(Id, HandleId)> {
        let id = self.names.file(path)?;
        self.node_mut(id)?.handles += 1;
        Ok((id, self.next()))
    }

    pub(super) fn create(&mut self, path: &Path) -> io::Result<(Id, HandleId)> {
        let (at, there) = self.names.place(path)?;
        if there.is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let id = self.next();
        self.files.insert(id, Node { handles: 1, ..Node::default() });
        self.names.link(Child { id, is_dir: false }, None, at);
        Ok((id, self.next()))
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let id = self.names.file(from)?;
        let (from, _) = self.names.place(from)?;
        let (to, there) = self.names.place(to)?;
        if there.is_some_and(|child| child.is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if from != to {
            self.names.link(Child { id, is_dir: false }, Some(from), to);
            self.recount();
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        let id = self.names.file(path)?;
        let (at, _) = self.names.place(path)?;
        self.names.unlink(Child { id, is_dir: false }, at);
        self.recount();
        Ok(())
    }

    pub(super) fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let entry = |(name, child): (&_, Child)| Entry {
            name: PathBuf::from(name),
            is_dir: child.is_dir,
            len: self.len_or_none(child.id),
        };
        Ok(self.names.children(self.names.folder(dir)?).map(entry).collect())
    }

    pub(super) fn create_dir(&mut self, dir: &Path) -> io::Result<()> {
        for depth in 1..=dir.iter().count() {
            let path: PathBuf = dir.iter().take(depth).collect();
            match self.names.place(&path)? {
                (_, Some(child)) if child.is_dir => {}
                (_, Some(_)) if path == dir => return Err(io::ErrorKind::AlreadyExists.into()),
                (_, Some(_)) => return Err(io::ErrorKind::NotADirectory.into()),
                (at, None) => {
                    let id = self.next();
                    self.names.link(Child { id, is_dir: true }, None, at);
                }
            }
        }
        Ok(())
    }

    pub(super) fn remove_dir(&mut self, dir: &Path) -> io::Result<()> {
        let id = self.names.folder(dir)?;
        if self.names.children(id).next().is_some() {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        let (at, _) = self.names.place(dir)?;
        self.names.unlink(Child { id, is_dir: true }, at);
        Ok(())
    }

    pub(super) fn sync_dir(&mut self, dir: &Path) -> io::Result<()> {
        self.names.sync(self.names.folder(dir)?);
        self.sweep();
        Ok(())
    }

    pub(super) fn space(&self) -> Space {
        Space { free: self.capacity.saturating_sub(self.used), total: self.capacity }
    }

    pub(super) fn file_names(&self) -> Vec<PathBuf> {
        self.names.paths(false)
    }

    pub(super) fn folder_names(&self) -> Vec<PathBuf> {
        self.names.paths(true)
    }
}

/// Bytes.
impl Disk {
    pub(super) fn id(&self, path: &Path) -> io::Result<Id> {
        self.names.file(path)
    }

    pub(super) fn bytes(&self, id: Id) -> io::Result<&[u8]> {
        Ok(self.node(id)?.bytes.seen())
    }

    pub(super) fn write(
        &mut self,
        id: Id,
        bytes: &[u8],
        offset: u64,
        fault: Option<io::Error>,
    ) -> io::Result<()> {
        let len = self.bytes(id)?.len() as u64;
        let room = len.saturating_add(self.space().free);
        let mut fits = room.saturating_sub(offset).min(bytes.len() as u64);
        if fault.is_some() {
            fits = self.dice.below(fits + 1);
        }
        let part = usize::try_from(fits).ok().and_then(|fits| bytes.get(..fits)).unwrap_or(bytes);
        let file = &mut self.node_mut(id)?.bytes;
        file.write(part, to_index(offset)?);
        self.used += file.seen().len() as u64 - len;
        match fault {
            Some(error) => Err(error),
            None if part.len() < bytes.len() => Err(io::ErrorKind::StorageFull.into()),
            None => Ok(()),
        }
    }

    pub(super) fn sync(&mut self, id: Id, fault: Option<io::Error>) -> io::Result<()> {
        let bytes = &mut self.node_mut(id)?.bytes;
        match fault {
            Some(error) => {
                bytes.fail_sync();
                Err(error)
            }
            None => {
                bytes.sync();
                Ok(())
            }
        }
    }

    pub(super) fn set_len(&mut self, id: Id, len: u64) -> io::Result<()> {
        let old = self.bytes(id)?.len() as u64;
        if len.saturating_sub(old) > self.space().free {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.node_mut(id)?.bytes.set_len(to_index(len)?);
        self.used = (self.used + len).saturating_sub(old);
        Ok(())
    }

    pub(super) fn try_lock(&mut self, id: Id, handle: HandleId) -> io::Result<bool> {
        let holder = &mut self.node_mut(id)?.locked_by;
        Ok(*holder.get_or_insert(handle) == handle)
    }

    pub(super) fn close(&mut self, id: Id, handle: HandleId) {
        let Some(node) = self.files.get_mut(&id) else { return };
        node.handles = node.handles.saturating_sub(1);
        node.locked_by = node.locked_by.filter(|holder| *holder != handle);
        if node.handles == 0 && !self.names.named().contains(&id) {
            self.sweep();
        }
    }

    pub(super) fn flip(&mut self, path: &Path, bit: u64) -> io::Result<()> {
        let id = self.names.file(path)?;
        let (at, mask) = (to_index(bit / 8)?, 1 << (bit % 8));
        if at >= self.bytes(id)?.len() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.node_mut(id)?.bytes.flip(at, mask);
        Ok(())
    }
}

fn to_index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput.into())
}
