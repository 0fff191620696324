//! Skytrail's own log.

mod line;

use crate::config::LogConfig;
use anyhow::anyhow;

use line::Lines;

/// Starts logging to standard error.
pub fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = config.filter().map_err(anyhow::Error::msg)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Lines);
    let started = match config.format.as_str() {
        "json" => builder.json().try_init(),
        _ => builder.with_ansi(false).try_init(),
    };
    started.map_err(|error| anyhow!("cannot start the log: {error}"))
}
