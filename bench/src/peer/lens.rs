//! Zipkin Lens, the pages of Zipkin, from the jar that holds them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::quiet;
use crate::process::cache_dir;

/// The version that is compared with.
pub const VERSION: &str = "3.4.3";

/// The folder of its files, unpacked into the cache folder unless it is there already.
pub fn install() -> Result<PathBuf> {
    let folder = cache_dir()?.join("peers").join(format!("zipkin-lens-{VERSION}"));
    let files = folder.join("zipkin-lens");
    if !files.join("index.html").is_file() {
        let artifact = format!("-Dartifact=io.zipkin:zipkin-lens:{VERSION}");
        let output = format!("-DoutputDirectory={}", folder.display());
        let arguments = ["--batch-mode", "--quiet", "dependency:unpack", &artifact, &output];
        fs::create_dir_all(&folder)?;
        // It leaves marks in the folder it runs in.
        quiet(Command::new("mvn").args(arguments).current_dir(&folder))
            .context("mvn dependency:unpack")?;
    }
    Ok(files)
}
