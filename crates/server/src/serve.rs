//! `skytrail serve`: everything in one process.

mod backend;
mod books;
mod checkpoints;
mod deletions;
mod embedded;
mod former;
mod gauges;
mod headers;
mod health;
mod looks;
mod pace;
mod parts;
mod ports;
mod process;
mod reload;
mod replay;
mod requests;
mod running;
mod select;
mod upkeep;
mod watches;

use std::sync::Arc;
use std::time::Duration;

use skytrail_base::clock::SystemClock;
use skytrail_base::shutdown;

use reload::{Reload, configuration};
use replay::Interrupted;

use crate::cli;
use crate::config::{Config, Layers};
use crate::data::DataFolder;
use crate::logs;
use crate::signals::Signals;

pub use backend::{Backend, OnDisk, Opening};
pub use checkpoints::Checkpoints;
pub use parts::Parts;
pub use ports::{Ports, Routers};

/// Runs the server until it is told to stop.
pub fn run(options: &cli::Serve) -> anyhow::Result<()> {
    let (config, layers) = configuration(options)?;
    logs::start(&config.log)?;
    if config.storage.selector != "memory" {
        use_small_pages();
    }
    let data = DataFolder::open(&config.server.data_dir)?;
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let limit = config.server.shutdown_timeout.as_duration();
    runtime.block_on(serve(options, config, layers))?;
    runtime.shutdown_timeout(limit.min(Duration::from_secs(1)));
    tracing::info!(data = %data.path().display(), "stopped");
    Ok(())
}

async fn serve(options: &cli::Serve, config: Config, layers: Layers) -> anyhow::Result<()> {
    let signals = Signals::catch()?;
    let (trigger, stop) = shutdown::channel();
    let limit = config.server.shutdown_timeout.as_duration();
    // From here on, since a long log takes a while to replay.
    let signals = tokio::spawn(signals.obey(trigger));
    let parts = match Parts::build(config, &layers, Arc::new(SystemClock), &stop).await {
        Err(error) if error.is::<Interrupted>() => {
            tracing::info!("{error}");
            return Ok(());
        }
        built => built?,
    };
    let ports = Ports::open(&parts.config, &parts.registry, parts.routers()).await?;
    ports.announce();
    if let Some(reload) = Reload::of(options, &layers, parts.live()) {
        tokio::spawn(reload.watch(stop.clone()));
    }
    let ended = parts.run(ports, stop.clone(), limit).await;
    signals.abort();
    ended
}

/// Memory comes in pages of 4 KiB. One of 2 MiB stays whole as long as anything in it is used, so that much of what
/// was freed would stay with the process. A store in memory keeps nearly all of it and is faster with large ones.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "cannot do without large pages");
    }
}

/// As many open files as the system grants: each connection is one.
fn raise_file_limit() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => tracing::debug!(limit, "open files"),
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
}
