//! What a folder takes on disk, and what the kernel holds of it in memory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{Advice, fadvise};

/// Every file of a folder and those below.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Bytes by the ends of the files' names, and how many files there are of each.
pub fn shares(folder: &Path) -> Result<BTreeMap<String, (u64, u64)>> {
    let mut shares: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for path in files(folder)? {
        let name = path.extension().or(path.file_name()).unwrap_or_default();
        // A merge may remove it meanwhile.
        let Ok(about) = path.metadata() else { continue };
        let share = shares.entry(name.to_string_lossy().into_owned()).or_default();
        share.0 += about.len();
        share.1 += 1;
    }
    Ok(shares)
}

/// Bytes of a folder and those below.
pub fn bytes(folder: &Path) -> Result<u64> {
    Ok(shares(folder)?.values().map(|share| share.0).sum())
}

/// Asks the kernel to forget what it holds of the files, so that the next read
/// comes from the disk.
pub fn forget(folder: &Path) -> Result<()> {
    for path in files(folder)? {
        let Ok(file) = File::open(&path) else { continue };
        fadvise(&file, 0, None, Advice::DontNeed).context("the kernel forgets nothing")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{bytes, forget, shares};
    use crate::process::scratch_dir;

    #[test]
    fn files_are_told_by_the_ends_of_their_names() {
        let folder = scratch_dir("shares").unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        for (name, len) in [("1.spans", 10), ("inner/2.spans", 5), ("manifest", 3)] {
            std::fs::write(folder.path().join(name), vec![0; len]).unwrap();
        }
        let shares = shares(folder.path()).unwrap();
        assert_eq!((shares["spans"], shares["manifest"]), ((15, 2), (3, 1)));
        assert_eq!(bytes(folder.path()).unwrap(), 18);
        forget(folder.path()).unwrap();
    }
}
