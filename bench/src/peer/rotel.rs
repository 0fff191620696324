//! rotel, an OpenTelemetry collector in Rust, from its Python wheel.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::wheel;
use crate::process::Child;

/// The version that is compared with.
pub const VERSION: &str = "0.0.1a15";

/// Where the wheel puts its program, below the environment's folder.
fn program(environment: &Path) -> Option<PathBuf> {
    let library = environment.join("lib");
    std::fs::read_dir(library)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("site-packages/rotel/rotel-agent")))
        .find(|path| path.is_file())
}

/// The program, installed into the cache folder unless it is there already.
pub fn install() -> Result<PathBuf> {
    wheel::installed("rotel", VERSION, program)
}

/// Starts it on a port of loopback, taking OTLP over gRPC and throwing all away.
pub fn start(program: &Path, wrapper: &[String], grpc_port: u16, http_port: u16) -> Result<Child> {
    let folder = crate::process::scratch_dir("rotel")?;
    let arguments = [
        "start".to_owned(),
        "--exporter".to_owned(),
        "blackhole".to_owned(),
        "--otlp-grpc-endpoint".to_owned(),
        format!("127.0.0.1:{grpc_port}"),
        "--otlp-http-endpoint".to_owned(),
        format!("127.0.0.1:{http_port}"),
        "--pid-file".to_owned(),
        folder.path().join("rotel.pid").display().to_string(),
        "--log-file".to_owned(),
        folder.path().join("rotel.log").display().to_string(),
    ];
    Child::start("rotel", program, wrapper, &arguments, folder)
}
