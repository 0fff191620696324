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
    checked(Layers::read(sources, std::env::vars())?)
}

/// The same with what was read of the file.
pub fn load_with(
    sources: &crate::cli::Sources,
    text: &str,
) -> Result<(Config, Layers), ConfigError> {
    checked(Layers::with(sources, text, std::env::vars())?)
}

fn checked((layers, mut problems): (Layers, Vec<String>)) -> Result<(Config, Layers), ConfigError> {
    match Config::from_layers(&layers) {
        Ok(config) if problems.is_empty() => return Ok((config, layers)),
        Ok(_) => {}
        Err(error) => problems.extend(error.problems),
    }
    Err(ConfigError { problems })
}
