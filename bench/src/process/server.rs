//! A Skytrail server on loopback.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::child::Child;
use super::folders::scratch_dir;
use super::ports::free_ports;
use super::scrape::{Books, Sample, parse};
use crate::wire::http::{self, Answer};

/// How long a server may take to become healthy.
const START: Duration = Duration::from_secs(30);

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Words before the program, such as those that pin it to a core.
    pub wrapper: Vec<String>,
    /// Further keys, as `key=value`.
    pub keys: Vec<String>,
    /// The folder of its data, which outlives it; none for one of its own.
    pub data: Option<PathBuf>,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// The process.
    pub child: Child,
    /// Port of the agents.
    pub grpc: u16,
    /// Port of GraphQL and of agents that speak HTTP.
    pub rest: u16,
    /// Port of its own metrics.
    pub telemetry: u16,
}

impl Server {
    /// Starts one on free ports; it need not answer yet.
    pub fn spawn(binary: &Path, settings: &Settings) -> Result<Self> {
        let [grpc, rest, telemetry] = free_ports()?;
        let folder = scratch_dir("server")?;
        let data = settings.data.clone().unwrap_or_else(|| folder.path().join("data"));
        let data = data.display().to_string();
        let mut arguments = vec!["serve".to_owned(), "--data".to_owned(), data];
        let ports = [
            format!("ingest.grpc.port={grpc}"),
            format!("api.rest.port={rest}"),
            format!("telemetry.port={telemetry}"),
            "ingest.otlp.grpc.port=0".to_owned(),
            "ingest.otlp.http.port=0".to_owned(),
        ];
        for key in ports.iter().chain(&settings.keys) {
            arguments.extend(["--set".to_owned(), key.clone()]);
        }
        let child = Child::start("skytrail", binary, &settings.wrapper, &arguments, folder)?;
        Ok(Self { child, grpc, rest, telemetry })
    }

    /// Starts one and waits until it says that it is healthy.
    pub async fn start(binary: &Path, settings: &Settings) -> Result<Self> {
        Self::start_within(binary, settings, START).await
    }

    /// The same, with so much time to become healthy.
    pub async fn start_within(
        binary: &Path,
        settings: &Settings,
        within: Duration,
    ) -> Result<Self> {
        let mut server = Self::spawn(binary, settings)?;
        let deadline = Instant::now() + within;
        loop {
            server.child.ensure_alive()?;
            let answer = http::get(server.rest, "/healthcheck", Duration::from_secs(1)).await;
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(server);
            }
            if Instant::now() > deadline {
                let words = server.child.last_words();
                bail!("the server was not healthy within {} s: {words}", within.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What its metrics say.
    pub async fn samples(&self) -> Result<Vec<Sample>> {
        let answer = http::get(self.telemetry, "/metrics", Duration::from_secs(20)).await?;
        if answer.status != 200 {
            bail!("/metrics answered {}", answer.status);
        }
        Ok(parse(&answer.body))
    }

    /// The books of segments, in spans.
    pub async fn span_books(&self) -> Result<Books> {
        Ok(Books::of(&self.samples().await?, "segment", "spans"))
    }

    /// Waits until so many spans are stored and nothing is in flight; gives the books then.
    pub async fn wait_stored(&self, spans: f64, within: Duration) -> Result<Books> {
        let deadline = Instant::now() + within;
        loop {
            let books = self.span_books().await?;
            if books.is_closed() && books.stored >= spans {
                return Ok(books);
            }
            if Instant::now() > deadline {
                bail!("{spans} spans were to be stored within {} s: {books:?}", within.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks a GraphQL question; gives `data`.
    pub async fn ask(&self, query: &str, variables: &Value) -> Result<Value> {
        let body = serde_json::json!({ "query": query, "variables": variables }).to_string();
        let answer = self.post_graphql(&body, Duration::from_secs(30)).await?;
        let mut answer: Value = serde_json::from_str(&answer.body)
            .with_context(|| format!("status {}, and no JSON", answer.status))?;
        if let Some(errors) = answer.get("errors") {
            bail!("{errors}");
        }
        Ok(answer["data"].take())
    }

    /// Posts a body to `/graphql`, whatever it is.
    pub async fn post_graphql(&self, body: &str, within: Duration) -> Result<Answer> {
        http::post_json(self.rest, "/graphql", body, within).await
    }
}
