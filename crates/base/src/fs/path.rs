//! Which paths lead into the root.

use std::io;
use std::path::{Component, Path, PathBuf};

/// The path of a file or folder below the root, or of the root itself, which is
/// empty, without doubled and trailing slashes.
pub(super) fn inside(path: &Path) -> io::Result<PathBuf> {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let has_zero = path.as_os_str().as_encoded_bytes().contains(&0);
    if has_zero || !path.components().all(is_plain) {
        let text = format!("path {path:?} does not stay inside the folder");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    Ok(path.components().collect())
}

/// The same, where the root will not do.
pub(super) fn named(path: &Path) -> io::Result<PathBuf> {
    let path = inside(path)?;
    if path.as_os_str().is_empty() {
        let text = "path is empty where a name is needed";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    Ok(path)
}
