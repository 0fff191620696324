//! Programs that install something.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs one to its end; what it complained about last, where it fails.
pub(super) fn quiet(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().context("cannot be started")?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    bail!("{}", text.lines().last().unwrap_or("failed"))
}
