//! How long, how much, and within what.

use std::time::Duration;

use anyhow::{Context, Result};

/// Connections that only sit there.
const IDLE: usize = 10_000;

/// What the server's memory may come to, in MiB: 128 of stored data, twice 64
/// of queues and open windows, 10,000 idle connections of 32 KiB, and what
/// twelve attacks at once put into it at 20 MiB a message, with room to fragment.
const MEMORY_MIB: u64 = 1024;

/// A soak.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How long the attacks last.
    pub length: Duration,
    /// What all chance comes from; printed, so that a run can be repeated.
    pub seed: u64,
    /// Connections that only sit there.
    pub idle: usize,
    /// Attacks at once.
    pub attackers: usize,
    /// The most resident memory that the server may ever have, bytes.
    pub memory: u64,
    /// The store's limit, MiB.
    pub store_mib: usize,
}

impl Plan {
    /// From `SOAK_SECONDS` (600), `SOAK_SEED` (the clock) and `SOAK_MEMORY_MIB` (1024).
    pub fn from_environment() -> Result<Self> {
        let seconds = number("SOAK_SECONDS")?.unwrap_or(600);
        let clock = u64::try_from(crate::workload::now_ms()).unwrap_or(1);
        Ok(Self {
            length: Duration::from_secs(seconds.clamp(1, 24 * 3600)),
            seed: number("SOAK_SEED")?.unwrap_or(clock),
            idle: IDLE,
            attackers: 12,
            memory: number("SOAK_MEMORY_MIB")?.unwrap_or(MEMORY_MIB) << 20,
            store_mib: 128,
        })
    }
}

fn number(name: &str) -> Result<Option<u64>> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text.parse().with_context(|| format!("{name} is no whole number"))?)),
        Err(_) => Ok(None),
    }
}
