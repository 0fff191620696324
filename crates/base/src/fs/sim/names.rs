//! Which name leads to which file: as programs see it, and as the disk may hold it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use super::dice::{Chance, Dice};

/// A file or folder, whatever it is called.
pub(super) type Id = u64;

pub(super) const ROOT: Id = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Child {
    pub(super) id: Id,
    pub(super) is_dir: bool,
}

/// A name in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    folder: Id,
    name: OsString,
}

/// One creation, renaming or removal. It survives a crash whole or not at all.
#[derive(Debug, Clone)]
enum Change {
    /// A creation, or, with `from`, a renaming.
    Link {
        child: Child,
        from: Option<Place>,
        at: Place,
    },
    Unlink {
        child: Child,
        at: Place,
    },
}

impl Change {
    fn child(&self) -> Child {
        match self {
            Self::Link { child, .. } | Self::Unlink { child, .. } => *child,
        }
    }

    fn at(&self) -> &Place {
        match self {
            Self::Link { at, .. } | Self::Unlink { at, .. } => at,
        }
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        let from = match self {
            Self::Link { from, .. } => from.as_ref(),
            Self::Unlink { .. } => None,
        };
        from.into_iter().chain([self.at()])
    }
}

type Folder = BTreeMap<OsString, Child>;

#[derive(Debug, Clone, Default)]
struct Tree {
    folders: BTreeMap<Id, Folder>,
}

impl Tree {
    fn get(&self, folder: Id, name: &OsStr) -> Option<Child> {
        self.folders.get(&folder)?.get(name).copied()
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Link { child, from, at } => {
                from.iter().for_each(|from| self.unlink(from));
                let folder = self.folders.entry(at.folder).or_default();
                folder.insert(at.name.clone(), *child);
                if child.is_dir {
                    self.folders.entry(child.id).or_default();
                }
            }
            Change::Unlink { child, at } => {
                self.unlink(at);
                self.folders.remove(&child.id);
            }
        }
    }

    fn unlink(&mut self, at: &Place) {
        if let Some(folder) = self.folders.get_mut(&at.folder) {
            folder.remove(&at.name);
        }
    }

    /// Path and child of everything below the root.
    fn walk(&self) -> Vec<(PathBuf, Child)> {
        let mut found = Vec::new();
        let mut open = vec![(PathBuf::new(), ROOT)];
        while let Some((path, folder)) = open.pop() {
            for (name, child) in self.folders.get(&folder).into_iter().flatten() {
                let path = path.join(name);
                if child.is_dir {
                    open.push((path.clone(), child.id));
                }
                found.push((path, *child));
            }
        }
        found
    }

    /// Only what can be reached from the root.
    fn reachable(mut self) -> Self {
        let known: BTreeSet<_> = self.walk().iter().map(|(_, child)| child.id).collect();
        self.folders.retain(|id, _| *id == ROOT || known.contains(id));
        self
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    now: Tree,
    disk: Tree,
    /// Changes that no sync made durable, in order.
    unsynced: Vec<Change>,
}

impl Names {
    /// What a path leads to.
    pub(super) fn find(&self, path: &Path) -> io::Result<Child> {
        let mut found = Child { id: ROOT, is_dir: true };
        for name in path {
            if !found.is_dir {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            found = self.now.get(found.id, name).ok_or(io::ErrorKind::NotFound)?;
        }
        Ok(found)
    }

    /// The folder a path leads to.
    pub(super) fn folder(&self, path: &Path) -> io::Result<Id> {
        let found = self.find(path)?;
        if found.is_dir { Ok(found.id) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }

    /// The file a path leads to.
    pub(super) fn file(&self, path: &Path) -> io::Result<Id> {
        let found = self.find(path)?;
        if found.is_dir { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(found.id) }
    }

    /// The place a path names, in a folder that is there, and what it holds.
    pub(super) fn place(&self, path: &Path) -> io::Result<(Place, Option<Child>)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = self.folder(path.parent().unwrap_or(Path::new("")))?;
        Ok((Place { folder, name: name.to_owned() }, self.now.get(folder, name)))
    }

    /// What a folder holds, by name.
    pub(super) fn children(&self, folder: Id) -> impl Iterator<Item = (&OsString, Child)> {
        let children = self.now.folders.get(&folder).into_iter().flatten();
        children.map(|(name, child)| (name, *child))
    }

    /// The paths of all files, or of all folders, sorted.
    pub(super) fn paths(&self, of_folders: bool) -> Vec<PathBuf> {
        let found = self.now.walk().into_iter().filter(|(_, child)| child.is_dir == of_folders);
        let mut paths: Vec<_> = found.map(|(path, _)| path).collect();
        paths.sort_unstable();
        paths
    }

    /// Everything that has a name.
    pub(super) fn named(&self) -> BTreeSet<Id> {
        self.now.folders.values().flatten().map(|(_, child)| child.id).collect()
    }

    /// Everything that has a name, or may have one again after a crash.
    pub(super) fn held(&self) -> BTreeSet<Id> {
        let trees = [&self.now, &self.disk].into_iter();
        let folders = trees.flat_map(|tree| tree.folders.values());
        let named = folders.flat_map(|folder| folder.values().map(|child| child.id));
        named.chain(self.unsynced.iter().map(|change| change.child().id)).collect()
    }

    pub(super) fn link(&mut self, child: Child, from: Option<Place>, at: Place) {
        self.record(Change::Link { child, from, at });
    }

    pub(super) fn unlink(&mut self, child: Child, at: Place) {
        self.record(Change::Unlink { child, at });
    }

    fn record(&mut self, change: Change) {
        self.now.apply(&change);
        self.unsynced.push(change);
    }

    /// Makes the changes in one folder durable.
    pub(super) fn sync(&mut self, folder: Id) {
        let kept = self.with_what_they_need(|change| change.at().folder == folder);
        let mut kept = kept.into_iter();
        let (disk, kept) = (&mut self.disk, &mut kept);
        self.unsynced.retain(|change| {
            let is_kept = kept.next().unwrap_or(false);
            if is_kept {
                disk.apply(change);
            }
            !is_kept
        });
    }

    /// What the disk may hold when the power fails now.
    pub(super) fn crash(&self, chance: Chance, dice: &mut Dice) -> Self {
        let kept = self.with_what_they_need(|_| dice.keeps(chance));
        let mut disk = self.disk.clone();
        for (change, is_kept) in self.unsynced.iter().zip(kept) {
            if is_kept {
                disk.apply(change);
            }
        }
        let disk = disk.reachable();
        Self { now: disk.clone(), disk, unsynced: Vec::new() }
    }

    /// Which of the unsynced changes survive when those do that are `chosen`. A
    /// change needs the earlier ones of the same names, which are those of the same
    /// file, too, and the removal of a folder those within it. So every name goes
    /// through the states that it really had, in order, and stops at one of them;
    /// and a file that was moved away is not lost to what then took its old name:
    /// `rename a b`, `create a` never leaves the new `a` without `b`.
    fn with_what_they_need(&self, mut chosen: impl FnMut(&Change) -> bool) -> Vec<bool> {
        let (mut places, mut removed) = (BTreeSet::new(), BTreeSet::new());
        let mut kept = Vec::with_capacity(self.unsynced.len());
        for change in self.unsynced.iter().rev() {
            let is_chosen = chosen(change);
            let mut at = change.places();
            let is_needed =
                at.any(|place| places.contains(place) || removed.contains(&place.folder));
            if is_chosen || is_needed {
                places.extend(change.places());
                if let Change::Unlink { child: Child { id, is_dir: true }, .. } = change {
                    removed.insert(*id);
                }
            }
            kept.push(is_chosen || is_needed);
        }
        kept.reverse();
        kept
    }
}
