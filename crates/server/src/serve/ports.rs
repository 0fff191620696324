//! The ports of the process.

use std::net::SocketAddr;

use axum::Router;
use skytrail_base::metrics::Registry;
use skytrail_base::shutdown::Shutdown;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::listen::{self, ConnectionMetrics, Listener};

/// What answers on each port.
#[derive(Debug, Clone)]
pub struct Routers {
    /// The agents' gRPC services.
    pub grpc: Router,
    /// GraphQL, health, status, and the agents' HTTP routes.
    pub rest: Router,
    /// Skytrail's metrics of itself.
    pub telemetry: Router,
}

/// Ports that are open and not yet answered on.
#[derive(Debug)]
pub struct Ports {
    listeners: Vec<Listener>,
    addresses: Vec<(&'static str, SocketAddr)>,
    scheme: &'static str,
}

impl Ports {
    /// Opens every port; none is answered on before [`Ports::spawn`].
    pub async fn open(
        config: &Config,
        registry: &Registry,
        routers: Routers,
    ) -> anyhow::Result<Self> {
        let grpc = SocketAddr::new(config.ingest.grpc.host, config.ingest.grpc.port);
        let wanted: [(&'static str, &str, SocketAddr, Router); 3] = [
            ("grpc", "ingest.grpc.port", grpc, routers.grpc),
            ("rest", "api.rest.port", config.api.rest.socket(), routers.rest),
            ("telemetry", "telemetry.port", config.telemetry.socket(), routers.telemetry),
        ];
        let files = config.tls_files().map_err(anyhow::Error::msg)?;
        let tls = files.as_ref().map(listen::acceptor).transpose()?;
        let metrics = ConnectionMetrics::new(registry);
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
                "rest" => {
                    tracing::info!("web ui: {scheme}://{address}/");
                    tracing::info!(
                        "graphql: {scheme}://{address}/graphql, and the agents' http routes"
                    );
                }
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
