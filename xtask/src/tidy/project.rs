//! What every check looks at.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::tree::Tree;
use super::workspace::Workspace;

/// The committed text and the workspace as cargo sees it.
pub(crate) struct Project {
    pub(crate) tree: Tree,
    pub(crate) workspace: Workspace,
}

impl Project {
    /// Reads the work tree that holds `root`: tracked files and new ones that git does not ignore.
    ///
    /// # Errors
    /// When git or cargo cannot be run, or answer something unreadable (a stale `Cargo.lock` too).
    pub(crate) fn load(root: &Path) -> anyhow::Result<Self> {
        let listing =
            output(root, "git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
        let tree = Tree::read(root, listing.split('\0').filter(|path| !path.is_empty()));
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let metadata = output(root, &cargo, &["metadata", "--format-version", "1", "--locked"])?;
        let manifest = tree.text("Cargo.toml").context("the workspace has no Cargo.toml")?;
        let workspace = Workspace::parse(&metadata, manifest)?;
        Ok(Self { tree, workspace })
    }

    /// A project made of these files and nothing that cargo would know.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { tree: Tree::of(files), workspace: Workspace::default() }
    }
}

fn output(root: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let result = std::process::Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    if !result.status.success() {
        let told = String::from_utf8_lossy(&result.stderr);
        bail!("{program} {} failed: {}", arguments.join(" "), told.trim());
    }
    String::from_utf8(result.stdout).with_context(|| format!("{program} did not answer in UTF-8"))
}
