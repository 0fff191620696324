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

/// How often the file is looked at; a change is taken at the look after it was seen.
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
    let (_, layers) = config::load(&options.sources)?;
    in_folder(options, layers)
}

/// The same with what was read of the file.
fn configuration_with(options: &cli::Serve, bytes: &[u8]) -> anyhow::Result<(Config, Layers)> {
    let text = std::str::from_utf8(bytes).context("the file is not UTF-8")?;
    let (_, layers) = config::load_with(&options.sources, text)?;
    in_folder(options, layers)
}

fn in_folder(options: &cli::Serve, mut layers: Layers) -> anyhow::Result<(Config, Layers)> {
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

/// What a file holds that somebody may be writing.
#[derive(Debug, Default)]
struct Settling {
    /// What it held at the look before.
    seen: Option<Vec<u8>>,
    /// What it held when it was the same at two looks.
    settled: Option<Vec<u8>>,
}

impl Settling {
    /// What it holds now is given once it is the same at the next look: the first half of a
    /// configuration is one as well.
    fn look(&mut self, bytes: Vec<u8>) -> Option<&[u8]> {
        let is_same = self.seen.as_ref() == Some(&bytes);
        if !is_same || self.settled.as_ref() == Some(&bytes) {
            self.seen = Some(bytes);
            return None;
        }
        self.settled = Some(bytes);
        self.settled.as_deref()
    }
}

/// The file, and what is in effect.
pub(super) struct Reload {
    options: cli::Serve,
    path: PathBuf,
    file: Settling,
    values: BTreeMap<String, String>,
    live: Live,
}

impl Reload {
    /// None without a file.
    pub(super) fn of(options: &cli::Serve, layers: &Layers, live: Live) -> Option<Self> {
        let path = options.sources.config.clone()?;
        let (options, file) = (options.clone(), Settling::default());
        Some(Self { options, path, file, values: values(layers), live })
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
        let Some(bytes) = self.file.look(bytes) else { return };
        match configuration_with(&self.options, bytes) {
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

#[cfg(test)]
mod tests {
    use super::Settling;

    #[test]
    fn a_file_that_is_being_written_is_not_taken_before_it_is_whole() {
        let mut file = Settling::default();
        let mut look = |text: &str| file.look(text.into()).map(<[u8]>::to_vec);
        assert_eq!(look("ttl: 30d"), None);
        assert_eq!(look("ttl: 30d"), Some(b"ttl: 30d".to_vec()));
        assert_eq!(look("ttl: 30d"), None, "once");
        for half in ["", "ttl: 3", "ttl: 30d\nnext"] {
            assert_eq!(look(half), None, "{half}");
        }
        assert_eq!(look("ttl: 30d"), None);
        assert_eq!(look("ttl: 30d"), None, "nothing changed");
        assert_eq!(look("ttl: 2d"), None);
        assert_eq!(look("ttl: 2d"), Some(b"ttl: 2d".to_vec()));
        assert_eq!(look(""), None);
        assert_eq!(look(""), Some(Vec::new()), "it is meant so");
    }
}
