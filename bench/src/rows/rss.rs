//! Memory of the server under a steady load that never ends.

mod asking;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prost::Message;
use tokio::time::Instant;

use super::bench::{Bench, RowMaker};
use super::decode::{Decoding, decoder};
use super::e2e::{embedded_store, memory_store};
use crate::load::Connections;
use crate::measure::memory::{MIB, slope_per_minute};
use crate::naive::Naive;
use crate::process::{Server, Settings};
use crate::table::Row;
use crate::workload::{SEED, Workload, now_ms, stream_from_now};

pub(super) const ROW: RowMaker = RowMaker {
    name: "rss",
    what: "RSS at 50,000 spans/s, store on disk, asked all the time",
    make,
};

pub(super) const IN_MEMORY: RowMaker = RowMaker {
    name: "rss-memory",
    what: "RSS at 50,000 spans/s, 64 MiB memory backend",
    make: make_in_memory,
};

/// Spans per second.
const RATE: f64 = 50_000.0;

/// Segments by which nearly every scope has occurred.
const SEGMENTS: usize = 100_000;

/// Connections, each with one stream.
const CONNECTIONS: usize = 8;

/// How often the sender looks at the clock, and how often memory is read.
const TICK: Duration = Duration::from_millis(10);
const SAMPLE: Duration = Duration::from_secs(1);

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let seen = seen(bench, embedded_store(), true)?;
    let slope = format!("{}, slope a minute", ROW.what);
    Ok(vec![
        Row::absolute(ROW.what, mib(seen.peak), 256.0, " MiB").note(seen.note(bench)?),
        Row::absolute(&slope, seen.slope(), 1.0, " MiB"),
    ])
}

fn make_in_memory(bench: &Bench) -> Result<Vec<Row>> {
    let seen = seen(bench, memory_store(64), false)?;
    let peak = Row::absolute(IN_MEMORY.what, mib(seen.peak), 320.0, " MiB");
    Ok(vec![peak.note(seen.note(bench)?)])
}

fn seen(bench: &Bench, mut keys: Vec<String>, is_asked: bool) -> Result<Seen> {
    // The streams are to last as long as they are watched.
    keys.push("server.connections.max_connection_age=24h".to_owned());
    let settings = Settings { wrapper: Vec::new(), keys, data: None };
    let binary = bench.binary()?.to_owned();
    let length = Duration::from_secs_f64(bench.minutes * 60.0);
    bench.wait(async {
        let server = Arc::new(Server::start(&binary, &settings).await?);
        let end = Instant::now() + length;
        let asking = is_asked.then(|| tokio::spawn(asking::ask(server.clone(), end)));
        let mut seen = watch(&server, length).await?;
        if let Some(asking) = asking {
            seen.questions = asking.await?.context("the dashboard")?;
        }
        Ok(seen)
    })
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB
}

/// Entities with metrics, over all sources.
fn scopes_of(workload: &Workload) -> Result<usize> {
    let mut naive = Naive::default();
    Decoding::of(workload).run(&mut decoder(), |batch| naive.take(&batch))?;
    Ok(naive.entities())
}

struct Seen {
    /// Seconds and bytes.
    samples: Vec<(f64, u64)>,
    peak: u64,
    rate: f64,
    questions: u64,
}

impl Seen {
    /// The first third fills the store and the open windows; after it memory must be flat.
    fn later(&self) -> &[(f64, u64)] {
        self.samples.get(self.samples.len() / 3..).unwrap_or_default()
    }

    /// MiB a minute after the first third.
    fn slope(&self) -> f64 {
        slope_per_minute(self.later()).unwrap_or(0.0) / MIB
    }

    fn note(&self, bench: &Bench) -> Result<String> {
        let least = self.later().iter().map(|sample| sample.1).min().unwrap_or(0);
        Ok(format!(
            "{:.1} min, least {:.0} MiB and slope {:+.2} MiB/min after the first third; {:.0} \
             spans/s sent, {} scopes, {} questions",
            bench.minutes,
            mib(least),
            self.slope(),
            self.rate,
            scopes_of(&Workload::new(SEGMENTS))?,
            self.questions
        ))
    }
}

async fn watch(server: &Server, length: Duration) -> Result<Seen> {
    let connections = Connections::open(server.grpc, CONNECTIONS).await?;
    let streams = connections.streams();
    let mut traffic = stream_from_now(SEED);
    let begin = Instant::now();
    let mut ticks = tokio::time::interval(TICK);
    let mut next_sample = begin;
    let (mut segments, mut spans) = (0_usize, 0_u64);
    let mut samples = Vec::new();
    while begin.elapsed() < length {
        ticks.tick().await;
        traffic.set_time(now_ms());
        let due = begin.elapsed().as_secs_f64() * RATE;
        while (spans as f64) < due {
            let segment = traffic.segment();
            spans += segment.spans.len() as u64;
            if let Some(stream) = streams.get(segments % streams.len()) {
                stream.send(segment.encode_to_vec().into()).await?;
            }
            segments += 1;
        }
        if Instant::now() >= next_sample {
            samples.push((begin.elapsed().as_secs_f64(), server.child.memory()?.now));
            next_sample += SAMPLE;
        }
    }
    let rate = spans as f64 / begin.elapsed().as_secs_f64();
    for stream in streams {
        stream.finish().await?;
    }
    let books = server.wait_stored(spans as f64, Duration::from_secs(30)).await?;
    ensure!(books.stored == spans as f64, "{spans} spans were sent: {books:?}");
    Ok(Seen { samples, peak: server.child.memory()?.peak, rate, questions: 0 })
}
