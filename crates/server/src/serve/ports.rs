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
    /// The gRPC services of the agents and of OpenTelemetry.
    pub grpc: Router,
    /// GraphQL, health, status, and the agents' HTTP routes.
    pub rest: Router,
    /// The HTTP routes of OpenTelemetry.
    pub otlp_http: Router,
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

/// A port to be opened: its name, the key of its number, where it is, who answers.
type Wanted = (&'static str, &'static str, SocketAddr, Router);

fn wanted(config: &Config, routers: Routers) -> Vec<Wanted> {
    let Routers { grpc, rest, otlp_http, telemetry } = routers;
    let ingest = &config.ingest;
    let agents = SocketAddr::new(ingest.grpc.host, ingest.grpc.port);
    let mut wanted = vec![
        ("grpc", "ingest.grpc.port", agents, grpc.clone()),
        ("rest", "api.rest.port", config.api.rest.socket(), rest),
        ("telemetry", "telemetry.port", config.telemetry.socket(), telemetry),
    ];
    let receivers = [
        ("otlp_grpc", "ingest.otlp.grpc.port", &ingest.otlp.grpc, grpc),
        ("otlp_http", "ingest.otlp.http.port", &ingest.otlp.http, otlp_http),
    ];
    for (name, key, port, router) in receivers {
        if port.enabled {
            wanted.push((name, key, SocketAddr::new(port.host, port.port), router));
        }
    }
    wanted
}

impl Ports {
    /// Opens every port; none is answered on before [`Ports::spawn`].
    pub async fn open(
        config: &Config,
        registry: &Registry,
        routers: Routers,
    ) -> anyhow::Result<Self> {
        let files = config.tls_files().map_err(anyhow::Error::msg)?;
        let tls = files.as_ref().map(listen::acceptor).transpose()?;
        let metrics = ConnectionMetrics::new(registry);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut ports = Self { listeners: Vec::new(), addresses: Vec::new(), scheme };
        for (name, key, address, router) in wanted(config, routers) {
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
                "otlp_grpc" => tracing::info!("opentelemetry (grpc): {address}"),
                "otlp_http" => tracing::info!("opentelemetry (http): {scheme}://{address}"),
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
