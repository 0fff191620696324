//! What is measured in the browser, by a script beside the tests of the pages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Runs the script with what to measure; gives what it found.
pub(super) fn measure(asked: &Value) -> Result<Value> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../web/e2e/bench/run.mjs"].iter().collect();
    let output = Command::new("node")
        .arg(script)
        .arg(asked.to_string())
        .stdin(Stdio::null())
        .output()
        .context("node cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the browser: {}", complaint(&said));
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().context("the browser told nothing")?;
    serde_json::from_str(line).context("the browser told no figures")
}

/// The line that names the error, among those that show where it was thrown.
fn complaint(said: &str) -> &str {
    said.lines().find(|line| line.contains("Error")).or(said.lines().last()).unwrap_or("failed")
}

/// A figure by its path, such as `/overview/usable`.
pub(super) fn figure(found: &Value, path: &str) -> Result<f64> {
    found.pointer(path).and_then(Value::as_f64).with_context(|| format!("no figure at {path}"))
}

/// Least and greatest of the times at a path.
pub(super) fn range(found: &Value, path: &str) -> (f64, f64) {
    let times = found.pointer(path).and_then(Value::as_array);
    let times = times.into_iter().flatten().filter_map(Value::as_f64);
    times.fold((f64::INFINITY, 0.0), |(least, most), time| (least.min(time), most.max(time)))
}
