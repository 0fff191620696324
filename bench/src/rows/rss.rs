//! Memory of the server under a steady load that never ends.

use std::time::Duration;

use anyhow::{Result, ensure};
use prost::Message;
use tokio::time::Instant;

use super::bench::{Bench, RowMaker};
use super::decode::{Decoding, decoder};
use super::e2e::memory_store;
use crate::load::Connections;
use crate::measure::memory::{MIB, slope_per_minute};
use crate::naive::Naive;
use crate::process::{Server, Settings};
use crate::table::Row;
use crate::workload::{SEED, Workload, now_ms, stream_from_now};

pub(super) const ROW: RowMaker =
    RowMaker { name: "rss", what: "RSS at 50,000 spans/s, 64 MiB memory backend", make };

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
    let scopes = scopes_of(&Workload::new(SEGMENTS))?;
    let settings = Settings { wrapper: Vec::new(), keys: memory_store(64), data: None };
    let binary = bench.binary()?.to_owned();
    let length = Duration::from_secs_f64(bench.minutes * 60.0);
    let seen = bench.wait(async {
        let server = Server::start(&binary, &settings).await?;
        watch(&server, length).await
    })?;
    let mib = |bytes: u64| bytes as f64 / MIB;
    // The first third fills the store and the open windows; after it memory must be flat.
    let later: Vec<_> = seen.samples.iter().copied().skip(seen.samples.len() / 3).collect();
    let least = later.iter().map(|sample| sample.1).min().unwrap_or(0);
    let slope = slope_per_minute(&later).unwrap_or(0.0) / MIB;
    let note = format!(
        "{:.1} min, least {:.0} MiB and slope {slope:+.2} MiB/min after the first third; \
         {:.0} spans/s sent, {scopes} scopes",
        bench.minutes,
        mib(least),
        seen.rate,
    );
    Ok(vec![Row::absolute(ROW.what, mib(seen.peak), 320.0, " MiB").note(note)])
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
    Ok(Seen { samples, peak: server.child.memory()?.peak, rate })
}
