//! The peer of a round.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::plan::{CONNECTIONS, SETTLE};
use crate::load::Exporters;
use crate::measure::rounds::Rounds;
use crate::peer::convert::{Order, batches};
use crate::peer::rotel;
use crate::process::{Child, free_ports};
use crate::workload::Workload;

/// Spans per request, the usual size of an SDK's batch.
pub(super) const BATCH: usize = 500;

/// How its requests are made: as spans come, or of one instance each.
const ORDERS: [Order; 2] = [Order::Arrival, Order::Instance];

/// A rotel that throws away what it takes, and what it took so far.
pub(super) struct Theirs {
    child: Child,
    exporters: Exporters,
    /// Microseconds a span, by the order of the requests.
    pub(super) rounds: [Rounds; 2],
}

impl Theirs {
    pub(super) async fn start(program: &Path, wrapper: &[String]) -> Result<Self> {
        let [grpc, http] = free_ports()?;
        let mut child = rotel::start(program, wrapper, grpc, http)?;
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            child.ensure_alive()?;
            match Exporters::open(grpc, CONNECTIONS).await {
                Ok(exporters) => return Ok(Self { child, exporters, rounds: Default::default() }),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Sends everything once in each order.
    pub(super) async fn round(&mut self, workload: &Workload, counts: bool) -> Result<()> {
        for (at, order) in ORDERS.into_iter().enumerate() {
            let figure = self.send(workload, order).await?;
            if counts {
                self.rounds.iter_mut().skip(at).take(1).for_each(|rounds| rounds.push(figure));
            }
        }
        Ok(())
    }

    async fn send(&self, workload: &Workload, order: Order) -> Result<f64> {
        let (requests, spans) = batches(workload, BATCH, order);
        let before = self.child.cpu()?;
        self.exporters.send(&Arc::new(requests)).await?;
        tokio::time::sleep(SETTLE).await;
        let time = self.child.cpu()?.saturating_sub(before);
        Ok(time.as_secs_f64() * 1e6 / spans as f64)
    }
}
