//! The names that go with the file's.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use skytrail_base::fs::SharedFileSystem;

/// Damaged files that are kept; the last of them gives way to the next.
const MAX_DAMAGED: u32 = 8;

/// The file's name and those made from it.
#[derive(Clone)]
pub(crate) struct Names {
    pub(crate) fs: SharedFileSystem,
    pub(crate) path: PathBuf,
}

impl Names {
    fn with(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(suffix);
        name.into()
    }

    /// What a new file is called until it is whole.
    pub(crate) fn new_path(&self) -> PathBuf {
        self.with(".new")
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// For messages.
    pub(crate) fn describe(&self) -> String {
        self.fs.describe(&self.path)
    }

    /// Removes what an interrupted writing left.
    pub(crate) fn remove_new(&self) -> io::Result<()> {
        match self.fs.remove(&self.new_path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// The same, and nothing at all when there is no such file.
    pub(crate) fn sweep(&self) -> io::Result<()> {
        match self.has(&self.new_path())? {
            true => self.remove_new(),
            false => Ok(()),
        }
    }

    fn has(&self, path: &Path) -> io::Result<bool> {
        let entries = self.fs.list(self.folder())?;
        Ok(entries.iter().any(|entry| Some(entry.name.as_os_str()) == path.file_name()))
    }

    /// Gives the new file the name.
    pub(crate) fn put_in_place(&self) -> io::Result<()> {
        self.fs.rename(&self.new_path(), &self.path)?;
        self.fs.sync_dir(self.folder())
    }

    /// Gives the file another name, for whoever wants to look into it.
    pub(crate) fn set_aside(&self) -> io::Result<PathBuf> {
        let mut aside = self.with(".damaged-1");
        for number in 2..=MAX_DAMAGED {
            if !self.has(&aside)? {
                break;
            }
            aside = self.with(&format!(".damaged-{number}"));
        }
        self.fs.rename(&self.path, &aside)?;
        self.fs.sync_dir(self.folder())?;
        Ok(aside)
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Names").field(&self.path).finish()
    }
}
