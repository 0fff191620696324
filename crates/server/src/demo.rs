//! `skytrail demo`.

use std::time::Duration;

use anyhow::Context;
use skytrail_base::shutdown;
use skytrail_demo::client;

use crate::cli::Demo;
use crate::{show, signals};

/// Sends the shop's traffic until the time is up or a signal comes.
pub fn run(demo: &Demo) -> anyhow::Result<()> {
    let options = client::Options {
        address: demo.address.clone(),
        rate: demo.rate,
        seed: demo.seed,
        token: demo.token.clone(),
        duration: demo.seconds.map(Duration::from_secs),
        ..client::Options::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (trigger, mut stop) = shutdown::channel();
        let signals = tokio::spawn(signals::listen(trigger));
        show::line(&format!("sending {} traces per second to {}", options.rate, options.address));
        let summary = client::run(options, async move { stop.stopping().await }).await;
        signals.abort();
        show::line(&summary.context("cannot send")?.to_string());
        Ok(())
    })
}
