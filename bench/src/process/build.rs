//! The server's own binary.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Builds the server as this program was built (release or debug) and tells
/// where the binary is. `SKYTRAIL_BIN` names one that is there already.
pub fn server_binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("SKYTRAIL_BIN") {
        return Ok(path.into());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--locked", "--package", "skytrail-server"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let status = command.status().context("cargo cannot be started")?;
    ensure!(status.success(), "the server does not build");
    // This program stands beside it in the target folder.
    let own = std::env::current_exe()?;
    let binary = own.with_file_name("skytrail");
    ensure!(binary.is_file(), "{} is not there after the build", binary.display());
    Ok(binary)
}
