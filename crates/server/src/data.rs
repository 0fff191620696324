//! The data folder: one process owns it.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use skytrail_base::code::Code;

/// The code of a data folder that another process uses.
const LOCKED: Code = Code("ST-1005");

/// The folder in it that holds the store.
pub const STORE: &str = "store";

/// The folder in it that holds the log, unless it is elsewhere.
pub const LOG: &str = "log";

/// A locked data folder; unlocked when it is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is not there, readable by its owner alone, and
    /// locks it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        Self::try_open(path)?.map_err(|holder| {
            let shown = path.display();
            anyhow!(
                "{LOCKED}: the data folder {shown} is used by another process{holder}; stop it, or \
                 choose another folder with --data"
            )
        })
    }

    /// The same; what is said of the process that has it, if one has.
    pub fn try_open(path: &Path) -> anyhow::Result<Result<Self, String>> {
        let shown = path.display();
        create(path).with_context(|| format!("cannot make the data folder {shown}"))?;
        let file = path.join("lock");
        let lock = File::options().create(true).read(true).write(true).truncate(false).open(&file);
        let mut lock =
            lock.with_context(|| format!("cannot write into the data folder {shown}"))?;
        match lock.try_lock() {
            Ok(()) => {
                // Only told to others; a full disk is no reason not to start.
                let _ = write_holder(&lock);
                Ok(Ok(Self { path: path.to_owned(), _lock: lock }))
            }
            Err(TryLockError::WouldBlock) => Ok(Err(holder(&mut lock))),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock the data folder {shown}"))
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn write_holder(mut lock: &File) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.write_all(format!("{}\n", std::process::id()).as_bytes())
}

/// Which process it is, if it has said so.
fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let read = lock.take(32).read_to_string(&mut text);
    let id = read.ok().and_then(|_| text.trim().parse::<u32>().ok());
    id.map(|id| format!(", {id}")).unwrap_or_default()
}

#[cfg(unix)]
fn create(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::DataFolder;

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let owner = DataFolder::open(&path).unwrap();
        assert_eq!(owner.path(), path);
        let error = DataFolder::open(&path).unwrap_err().to_string();
        let holder = format!("another process, {};", std::process::id());
        assert!(error.contains(&holder) && error.contains("--data"), "{error}");
        drop(owner);
        DataFolder::open(&path).unwrap();
    }
}
