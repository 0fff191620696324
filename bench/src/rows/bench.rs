//! What rows are made from, and the list of them.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use crate::process::{pinned, server_binary};
use crate::table::Row;

/// A row, or a few that are measured together.
#[derive(Debug)]
pub struct RowMaker {
    /// The word that selects it.
    pub name: &'static str,
    /// The first column, also where it cannot run.
    pub what: &'static str,
    /// Measures.
    pub make: fn(&Bench) -> Result<Vec<Row>>,
}

/// What rows share.
#[derive(Debug)]
pub struct Bench {
    /// Rounds per contender.
    pub rounds: usize,
    /// Length of the run that watches memory, in minutes.
    pub minutes: f64,
    runtime: Runtime,
    binary: OnceLock<PathBuf>,
}

impl Bench {
    /// `minutes` is how long memory is watched.
    pub fn new(minutes: f64) -> Result<Self> {
        let rounds = match std::env::var("BENCH_ROUNDS") {
            Ok(text) => text.parse().context("BENCH_ROUNDS is no number")?,
            Err(_) => 7,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(Self { rounds, minutes, runtime, binary: OnceLock::new() })
    }

    /// Waits for something asynchronous.
    pub fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(work)
    }

    /// The server's binary, built when it is first asked for.
    pub fn binary(&self) -> Result<&Path> {
        if let Some(binary) = self.binary.get() {
            return Ok(binary);
        }
        let binary = server_binary()?;
        Ok(self.binary.get_or_init(|| binary))
    }

    /// The words that pin a server to the first core. What sends to it is not
    /// pinned; the kernel moves it out of the way.
    pub fn server_core(&self) -> Vec<String> {
        pinned(0)
    }
}
