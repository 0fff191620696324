//! `skytrail demo`.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use skytrail_base::shutdown;
use skytrail_demo::client;
use skytrail_demo::shop::Incident;

use crate::cli::Demo;
use crate::show;
use crate::signals::Signals;

/// Sends the shop's traffic until the time is up or a signal comes.
pub fn run(demo: &Demo) -> anyhow::Result<()> {
    let tls = demo.tls_ca.as_deref().map(|path| trusting(path, demo)).transpose()?;
    let options = client::Options {
        tls,
        address: demo.address.clone(),
        rate: demo.rate,
        seed: demo.seed,
        token: demo.token.clone(),
        duration: demo.seconds.map(Duration::from_secs),
        history: Duration::from_secs(demo.history.saturating_mul(60)),
        incident: demo.incident.map(|number| (number, demo.incident_after)),
        ..client::Options::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (trigger, mut stop) = shutdown::channel();
        let signals = tokio::spawn(Signals::catch()?.obey(trigger));
        show::line(&format!("sending {} traces per second to {}", options.rate, options.address));
        let summary = client::run(options, async move { stop.stopping().await }).await;
        signals.abort();
        show::line(&summary.context("cannot send")?.to_string());
        if let Some(number) = demo.incident {
            show::line(&format!("what went wrong: {}", Incident::drawn(number)));
        }
        Ok(())
    })
}

fn trusting(path: &Path, demo: &Demo) -> anyhow::Result<client::Tls> {
    let authorities =
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(client::Tls { authorities, domain: demo.tls_domain.clone() })
}
