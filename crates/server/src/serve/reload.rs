//! What a running server takes over from its configuration file when that changes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use skytrail_base::shutdown::Shutdown;
use skytrail_engine::store::Retention;

use super::backend::OnDisk;
use super::looks::Looks;
use crate::cli;
use crate::config::{self, Config, Layers, Origin};
use crate::status::Status;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Keys that are taken over at once.
const LIVE: [&str; 4] = [
    "storage.record_ttl",
    "storage.metric_ttl",
    "storage.embedded.hour_ttl",
    "storage.embedded.day_ttl",
];

/// Who can change while it runs.
#[derive(Clone)]
pub(super) struct Live {
    /// None of a store that is not on disk.
    pub(super) on_disk: Option<OnDisk>,
    pub(super) status: Arc<Status>,
}

/// What the options of the command come to.
pub(super) fn configuration(options: &cli::Serve) -> anyhow::Result<(Config, Layers)> {
    let (_, mut layers) = config::load(&options.sources)?;
    if let Some(folder) = &options.data {
        let folder = folder.to_str().context("--data: the path is not UTF-8")?;
        layers.set("server.data_dir", folder.into(), Origin::CommandLine)?;
    }
    Ok((Config::from_layers(&layers)?, layers))
}

/// How long a configuration has rows kept.
pub(super) fn retention(config: &Config) -> Retention {
    let storage = &config.storage;
    Retention {
        record_ttl: storage.record_ttl.0,
        metric_ttl: storage.metric_ttl.0,
        hour_ttl: storage.embedded.hour_ttl.0,
        day_ttl: storage.embedded.day_ttl.0,
    }
}

/// The file and what was read of it last.
pub(super) struct Reload {
    options: cli::Serve,
    path: PathBuf,
    bytes: Option<Vec<u8>>,
    values: BTreeMap<String, String>,
    live: Live,
}

impl Reload {
    /// None without a file.
    pub(super) fn of(options: &cli::Serve, layers: &Layers, live: Live) -> Option<Self> {
        let path = options.sources.config.clone()?;
        let bytes = std::fs::read(&path).ok();
        Some(Self { options: options.clone(), path, bytes, values: values(layers), live })
    }

    /// Looks at the file until the shutdown.
    pub(super) async fn watch(mut self, stop: Shutdown) {
        let mut looks = Looks::every(LOOK, stop);
        while looks.next().await {
            self.look();
        }
    }

    fn look(&mut self) {
        // One that is not there is about to be, or was taken away: nothing changes.
        let Ok(bytes) = std::fs::read(&self.path) else { return };
        if self.bytes.replace(bytes.clone()).is_some_and(|before| before == bytes) {
            return;
        }
        match configuration(&self.options) {
            Ok((config, layers)) => self.take(&config, &layers),
            Err(error) => tracing::error!(
                file = %self.path.display(), "the changed configuration is not taken: {error:#}"
            ),
        }
    }

    fn take(&mut self, config: &Config, layers: &Layers) {
        let after = values(layers);
        let changed: Vec<_> =
            after.iter().filter(|(key, value)| self.values.get(*key) != Some(*value)).collect();
        let mut is_live = false;
        for (key, value) in changed {
            let before = self.values.get(key).map(String::as_str).unwrap_or_default();
            if LIVE.contains(&key.as_str()) && self.live.on_disk.is_some() {
                is_live = true;
                tracing::warn!(
                    key,
                    before,
                    now = value,
                    "a time to live was changed; what is older goes within a minute, what went stays \
                     away"
                );
            } else {
                tracing::warn!(
                    key,
                    "the configuration was changed; this takes effect when the server is started \
                     again"
                );
            }
        }
        if let Some(on_disk) = self.live.on_disk.as_ref().filter(|_| is_live) {
            self.live.status.set_retention(config, layers, &LIVE);
            on_disk.store.retain(retention(config));
        }
        self.values = after;
    }
}

fn values(layers: &Layers) -> BTreeMap<String, String> {
    layers.dump().into_iter().collect()
}
