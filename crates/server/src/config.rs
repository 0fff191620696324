//! The configuration: one versioned YAML file, whose commented defaults are
//! also the list of everything that can be set.

mod environment;
mod error;
mod file;
mod layers;
mod mask;
mod print;
mod storage;

pub use error::ConfigError;
pub use file::{Address, Config, LogConfig, ServerConfig};
pub use layers::{Layers, Origin};
pub use storage::{Ack, EmbeddedConfig, MemoryConfig, StorageConfig, WalConfig};

/// The commented defaults.
pub const DEFAULTS: &str = include_str!("config/default.yaml");

/// Reads and checks everything; what it gives can run.
pub fn load(sources: &crate::cli::Sources) -> Result<(Config, Layers), ConfigError> {
    let (layers, mut problems) = Layers::read(sources, std::env::vars())?;
    match Config::from_layers(&layers) {
        Ok(config) if problems.is_empty() => return Ok((config, layers)),
        Ok(_) => {}
        Err(error) => problems.extend(error.problems),
    }
    Err(ConfigError { problems })
}
