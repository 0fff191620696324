//! The text of the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

use super::rust_source::RustSource;

/// Every text file by its path relative to the workspace root. Of files that are not UTF-8 only the
/// paths are known: no rule reads them. Rust files are scanned once, here.
#[derive(Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
    rust: BTreeMap<String, RustSource>,
    others: BTreeSet<String>,
}

impl Tree {
    /// Reads `paths` under `root`. A path that is listed but gone (deleted, not yet committed) is
    /// skipped.
    pub(crate) fn read<'a>(root: &Path, paths: impl Iterator<Item = &'a str>) -> Self {
        let mut tree = Self::default();
        for path in paths {
            match std::fs::read_to_string(root.join(path)) {
                Ok(text) => tree.insert(path, text),
                Err(error) if error.kind() == ErrorKind::InvalidData => {
                    tree.others.insert(path.to_owned());
                }
                Err(_) => {}
            }
        }
        tree
    }

    /// A tree of these files.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.insert(path, (*text).to_owned());
        }
        tree
    }

    fn insert(&mut self, path: &str, text: String) {
        if path.ends_with(".rs") {
            self.rust.insert(path.to_owned(), RustSource::scan(&text));
        }
        self.files.insert(path.to_owned(), text);
    }

    /// Text of one file; `None` when the repository has no such text file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether a file or a folder of this name exists.
    pub(crate) fn holds(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.contains_key(path)
            || self.others.contains(path)
            || self
                .files
                .range(folder.clone()..)
                .next()
                .is_some_and(|(p, _)| p.starts_with(&folder))
    }

    /// All text files, ordered by path.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// All Rust files, ordered by path.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &RustSource)> {
        self.rust.iter().map(|(path, source)| (path.as_str(), source))
    }

    /// Rust files of the product: `crates/*/src`.
    pub(crate) fn product(&self) -> impl Iterator<Item = (&str, &RustSource)> {
        self.rust().filter(|(path, _)| path.starts_with("crates/") && path.contains("/src/"))
    }
}

/// Whether a file was written by a generator, or takes in what a build script generates: rules on
/// length, shape and lints do not bind it.
pub(crate) fn is_generated(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "generated" | "generated.rs"))
}

/// Endings of files that hold code. Contracts of others (`.proto`, `.graphqls`) and data are none.
static SOURCES: &[&str] =
    &["rs", "py", "js", "mjs", "cjs", "ts", "vue", "java", "go", "sh", "bash"];

/// Whether a file holds code: by its ending, or by its first line for a script that has none.
pub(crate) fn is_source(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => SOURCES.contains(&ending),
        _ => text.starts_with("#!"),
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn of_pictures_only_the_paths_are_known() {
        let folder =
            std::env::temp_dir().join(format!("skytrail-tidy-tree-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.webp"), [0xff, 0xd8, 0x00]).unwrap();
        std::fs::write(folder.join("a.md"), "text").unwrap();
        let tree = Tree::read(&folder, ["a.webp", "a.md", "gone.md"].into_iter());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(tree.holds("a.webp") && tree.holds("a.md") && !tree.holds("gone.md"));
        assert_eq!(tree.files().count(), 1);
    }
}
