//! The state that a checkpoint keeps: what depends on the order of batches.
//! Windows are not in it, because they are appended before.

use serde::{Deserialize, Serialize};

use crate::directory::Saved;
use crate::error::{Error, Result};
use crate::pair::PairingState;

/// Grows when older states can no longer be read.
const VERSION: u32 = 1;

/// State of all shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    version: u32,
    /// By shard: what counts against its limits.
    pub(crate) shards: Vec<Vec<Saved>>,
    /// Sides of calls that wait for their other side.
    pub(crate) pairing: PairingState,
}

impl State {
    pub(crate) fn new(shards: Vec<Vec<Saved>>, pairing: PairingState) -> Self {
        Self { version: VERSION, shards, pairing }
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| {
            Error::invalid(format!("checkpoint: state cannot be written: {error}"))
        })
    }

    /// Reads a state; nothing for an empty one.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Option<Self>> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let state: Self = serde_json::from_slice(bytes).map_err(|error| {
            Error::invalid(format!("checkpoint: state cannot be read: {error}"))
        })?;
        if state.version != VERSION {
            return Err(Error::invalid(format!(
                "checkpoint: state has version {}, this program reads {VERSION}",
                state.version
            )));
        }
        Ok(Some(state))
    }
}

#[cfg(test)]
mod tests {
    use super::State;
    use crate::pair::PairingState;

    #[test]
    fn states_read_back_and_others_are_refused() {
        let state = State::new(vec![Vec::new(); 2], PairingState::default());
        let bytes = state.encode().unwrap();
        assert_eq!(State::decode(&bytes).unwrap(), Some(state));
        assert_eq!(State::decode(&[]).unwrap(), None);
        let text = String::from_utf8(bytes).unwrap().replace("\"version\":1", "\"version\":9");
        assert!(State::decode(text.as_bytes()).unwrap_err().context.contains("version 9"));
    }
}
