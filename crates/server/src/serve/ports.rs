//! The ports of the process.

use std::net::SocketAddr;

use axum::Router;
use skytrail_base::shutdown::Shutdown;
use tokio::task::JoinSet;

use super::parts::Parts;
use crate::listen::{self, ConnectionMetrics, Listener};

/// Ports that are open and not yet answered on.
#[derive(Debug)]
pub struct Ports {
    listeners: Vec<Listener>,
    addresses: Vec<(&'static str, SocketAddr)>,
    scheme: &'static str,
}

impl Ports {
    /// Opens every port; none is answered on before [`Ports::spawn`].
    pub async fn open(parts: &Parts) -> anyhow::Result<Self> {
        let config = &parts.config;
        let grpc = SocketAddr::new(config.ingest.grpc.host, config.ingest.grpc.port);
        let wanted: [(&'static str, &str, SocketAddr, Router); 3] = [
            ("grpc", "ingest.grpc.port", grpc, parts.grpc()),
            ("rest", "api.rest.port", config.api.rest.socket(), parts.rest()),
            ("telemetry", "telemetry.port", config.telemetry.socket(), parts.telemetry()),
        ];
        let files = config.tls_files().map_err(anyhow::Error::msg)?;
        let tls = files.as_ref().map(listen::acceptor).transpose()?;
        let metrics = ConnectionMetrics::new(&parts.registry);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut ports = Self { listeners: Vec::new(), addresses: Vec::new(), scheme };
        for (name, key, address, router) in wanted {
            let socket = listen::bind(name, key, address).await?;
            ports.addresses.push((name, socket.local_addr()?));
            ports.listeners.push(Listener {
                name,
                socket,
                tls: tls.clone(),
                limits: config.limits(),
                router,
                metrics: metrics.clone(),
            });
        }
        Ok(ports)
    }

    /// Where a port is.
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        self.addresses.iter().find(|(known, _)| *known == name).map(|(_, address)| *address)
    }

    /// Says in the log where everything is.
    pub fn announce(&self) {
        let scheme = self.scheme;
        for (name, address) in &self.addresses {
            match *name {
                "grpc" => tracing::info!("agents (grpc): {address}"),
                "rest" => tracing::info!(
                    "graphql: {scheme}://{address}/graphql, and the agents' http routes"
                ),
                _ => tracing::info!("metrics of the server itself: {scheme}://{address}/metrics"),
            }
        }
    }

    /// Answers on every port until the shutdown.
    pub fn spawn(self, tasks: &mut JoinSet<()>, stop: &Shutdown) {
        for listener in self.listeners {
            tasks.spawn(listener.run(stop.clone()));
        }
    }
}
