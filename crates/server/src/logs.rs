//! Skytrail's own log.

use anyhow::anyhow;
use tracing_subscriber::EnvFilter;

use crate::config::LogConfig;

/// Starts logging to standard error. Control characters in what clients sent
/// are escaped by the formatter, so a log line is always one line.
pub fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.level)
        .map_err(|error| anyhow!("log.level '{}' is not right: {error}", config.level))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.format.as_str() {
        "json" => builder.json().try_init(),
        "text" => builder.with_ansi(false).try_init(),
        other => return Err(anyhow!("log.format '{other}' is not right: use text or json")),
    };
    started.map_err(|error| anyhow!("cannot start the log: {error}"))
}
