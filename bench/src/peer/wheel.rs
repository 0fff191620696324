//! Peers from Python wheels, each in an environment of its own.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::quiet;
use crate::process::cache_dir;

/// The environment of a wheel of a version in the cache folder, with whatever
/// `find` looks for in it; installed unless it is there already.
pub(super) fn installed<T>(
    name: &str,
    version: &str,
    find: impl Fn(&Path) -> Option<T>,
) -> Result<T> {
    let environment = cache_dir()?.join("peers").join(format!("{name}-{version}"));
    if let Some(found) = find(&environment) {
        return Ok(found);
    }
    quiet(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))
        .context("python3 -m venv")?;
    let pip = environment.join("bin/pip");
    let wheel = format!("{name}=={version}");
    quiet(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", &wheel]))
        .with_context(|| format!("pip install {wheel}"))?;
    find(&environment).with_context(|| format!("the wheel {wheel} holds something else"))
}
