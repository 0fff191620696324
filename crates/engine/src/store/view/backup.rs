//! Copies of a store that are stores themselves.
//!
//! A backup is a folder with the same files, and the manifest last: so it is whole
//! or it is the one before. Files that are there already are not copied again.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use skytrail_base::fs::{File, FileSystem, SharedFileSystem};

use super::{Finding, Progress, View};
use crate::bytes::Checksum;
use crate::error::{Error, Result};
use crate::store::folder::{Folder, is_numbered, name};
use crate::store::manifest::Manifest;
use crate::store::open::MUTABLE;

/// Bytes that are copied at once.
const PIECE: usize = 1 << 20;

/// How often what changes in place is read until it did not change meanwhile.
const TRIES: usize = 100;

/// What names of files end with that are not whole.
const DRAFT: &str = "copy";

/// A file that is copied.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Listed {
    path: PathBuf,
    bytes: u64,
    checksum: u64,
}

/// What a backup did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backup {
    /// Files that were copied, and their bytes.
    pub copied_files: u64,
    /// Bytes of them.
    pub copied_bytes: u64,
    /// Files that were there already.
    pub kept_files: u64,
    /// Files of an earlier backup that were removed.
    pub removed_files: u64,
    /// The last record of the log that is in it.
    pub position: u64,
}

/// Copies a store, which may run meanwhile, into a folder that is empty or holds an
/// earlier backup of the same store.
///
/// # Errors
/// The folder holds another store, a part is damaged, or a disk refuses.
pub fn backup(
    from: &SharedFileSystem,
    to: &SharedFileSystem,
    progress: Progress<'_>,
) -> Result<Backup> {
    let mut copied = Backup::default();
    for _ in 0..TRIES {
        let done = View::open(from)?.copy_to(to, &mut copied, progress);
        match done {
            // A merge has removed it: what was copied so far is kept by the next try.
            Err(error) if is_missing(&error) => {}
            done => return done.map(|()| copied),
        }
    }
    let what = "the store changes faster than it is copied; try again";
    Err(Error::io(what, io::ErrorKind::ResourceBusy.into()))
}

fn is_missing(error: &Error) -> bool {
    error.source.as_ref().is_some_and(|source| source.kind() == io::ErrorKind::NotFound)
}

impl View {
    fn copy_to(
        &self,
        to: &SharedFileSystem,
        done: &mut Backup,
        progress: Progress<'_>,
    ) -> Result<()> {
        if let Some((_, error)) = self.damaged.first() {
            return Err(Error::corrupt(format!("nothing was copied: {error}")));
        }
        let earlier = Manifest::load(&**to)?;
        self.check_folder(to, earlier.as_ref())?;
        let there = earlier.iter().flat_map(listed).collect::<HashSet<Listed>>();
        (done.position, done.kept_files) = (self.position().0, 0);
        let files: Vec<Listed> = listed(&self.manifest).collect();
        let all = files.len() as u64;
        for (count, file) in (1..).zip(&files) {
            match there.contains(file) {
                true => done.kept_files += 1,
                false => self.copy(to, file, done)?,
            }
            progress(count, all);
        }
        self.copy_mutable(to, done)?;
        let synced = to.sync_dir(Path::new(""));
        synced.map_err(|error| Error::io("cannot make the backup durable", error))?;
        self.manifest.store(&**to)?;
        let keep: HashSet<_> = files.iter().map(|file| &file.path).collect();
        done.removed_files = Folder::new(to.clone(), self.manifest.next_file)
            .sweep_names(|name| keep.contains(&name.to_path_buf()))
            .map_err(|error| Error::io("cannot remove files of an earlier backup", error))?;
        Ok(())
    }

    /// Whether a folder is one that a backup may be in: nothing of others is touched.
    fn check_folder(&self, to: &SharedFileSystem, earlier: Option<&Manifest>) -> Result<()> {
        let place = to.describe(Path::new(""));
        if earlier.is_some_and(|earlier| earlier.store != self.manifest.store) {
            let what = format!("{place} holds a backup of another store; choose another folder");
            return Err(Error::mismatch(what));
        }
        let held = to.list(Path::new(""));
        let held = held.map_err(|error| Error::io(format!("cannot list {place}"), error))?;
        // An interrupted backup leaves files of a store and no manifest.
        let is_ours = |name: &Path| {
            let is_draft = name.extension().is_some_and(|extension| extension == DRAFT);
            is_draft || is_numbered(name) || name == Path::new(MUTABLE)
        };
        let foreign = held.iter().find(|entry| entry.is_dir || !is_ours(&entry.name));
        match foreign.filter(|_| earlier.is_none()) {
            None => Ok(()),
            Some(entry) => Err(Error::mismatch(format!(
                "{place} holds {}, which is not of a backup; choose an empty folder",
                entry.name.display()
            ))),
        }
    }

    fn copy(&self, to: &SharedFileSystem, file: &Listed, done: &mut Backup) -> Result<()> {
        let told = self.fs.describe(&file.path);
        let cannot = |error| Error::io(format!("cannot copy {told}"), error);
        let draft = file.path.with_extension(DRAFT);
        // The name comes when the bytes are durable: so what has it is whole.
        let copied = || {
            remove(&**to, &draft)?;
            let (from, into) = (self.fs.open(&file.path)?, to.create(&draft)?);
            let sum = copy_bytes(&*from, &*into, file.bytes)?;
            if sum != file.checksum {
                to.remove(&draft)?;
                return Ok(false);
            }
            into.sync()?;
            to.rename(&draft, &file.path)?;
            Ok(true)
        };
        if !copied().map_err(cannot)? {
            return Err(Error::corrupt(format!("{told} is damaged: its checksum does not match")));
        }
        done.copied_files += 1;
        done.copied_bytes += file.bytes;
        Ok(())
    }

    /// What two readings one after the other find equal was so between them: it is
    /// what a crash at that moment would have left, and is read like it.
    fn copy_mutable(&self, to: &SharedFileSystem, done: &mut Backup) -> Result<()> {
        let path = Path::new(MUTABLE);
        let cannot = |error| Error::io(format!("cannot copy {}", self.fs.describe(path)), error);
        let mut before = read_all(&*self.fs, path).map_err(cannot)?;
        for _ in 0..TRIES {
            let now = read_all(&*self.fs, path).map_err(cannot)?;
            if now == before {
                return write_all(&**to, path, now, done).map_err(cannot);
            }
            before = now;
        }
        let what = format!("{} changes faster than it is read; try again", self.fs.describe(path));
        Err(Error::io(what, io::ErrorKind::ResourceBusy.into()))
    }
}

/// Everything of a store that is copied, what changes in place aside.
fn listed(manifest: &Manifest) -> impl Iterator<Item = Listed> + '_ {
    let parts = manifest.parts.iter().map(|entry| Listed {
        path: name(entry.number, entry.family.extension()),
        bytes: entry.bytes,
        checksum: entry.checksum,
    });
    let blobs = manifest.blobs().map(|(blob, of)| Listed {
        path: name(blob.number, of),
        bytes: blob.bytes,
        checksum: blob.checksum,
    });
    parts.chain(blobs)
}

/// Removes a file that may not be there.
fn remove(fs: &dyn FileSystem, path: &Path) -> io::Result<()> {
    match fs.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Copies bytes; gives their checksum.
fn copy_bytes(from: &dyn File, into: &dyn File, bytes: u64) -> io::Result<u64> {
    let (mut piece, mut sum, mut at) = (vec![0; PIECE], Checksum::default(), 0);
    while at < bytes {
        let read = from.read_at(&mut piece, at)?;
        match piece.get(..read) {
            None | Some([]) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Some(read) => {
                sum.add(read);
                into.write_at(read, at)?;
            }
        }
        at += read as u64;
    }
    Ok(sum.finish())
}

/// Bytes of a file; none where there is none.
fn read_all(fs: &dyn FileSystem, path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match fs.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = vec![0; file.len()? as usize];
    let read = file.read_at(&mut bytes, 0)?;
    bytes.truncate(read);
    Ok(Some(bytes))
}

fn write_all(
    fs: &dyn FileSystem,
    path: &Path,
    bytes: Option<Vec<u8>>,
    done: &mut Backup,
) -> io::Result<()> {
    let Some(bytes) = bytes else { return Ok(()) };
    let draft = path.with_extension(DRAFT);
    remove(fs, &draft)?;
    let file = fs.create(&draft)?;
    file.write_at(&bytes, 0)?;
    file.sync()?;
    fs.rename(&draft, path)?;
    done.copied_files += 1;
    done.copied_bytes += bytes.len() as u64;
    Ok(())
}

/// Makes a store of a backup in an empty folder; with `verify`, reads all of it
/// afterwards.
///
/// # Errors
/// The folder holds a store, the backup is none or damaged, or a disk refuses.
pub fn restore(
    from: &SharedFileSystem,
    to: &SharedFileSystem,
    verify: bool,
    progress: Progress<'_>,
) -> Result<(Backup, Vec<Finding>)> {
    if Manifest::load(&**to)?.is_some() {
        let place = to.describe(Path::new(""));
        let what = format!("{place} holds a store; restore into an empty folder");
        return Err(Error::mismatch(what));
    }
    let restored = backup(from, to, progress)?;
    let findings = match verify {
        true => {
            let view = View::open(to)?;
            let mut findings = view.check(progress);
            findings.extend(view.check_mutable());
            findings
        }
        false => Vec::new(),
    };
    Ok((restored, findings))
}
