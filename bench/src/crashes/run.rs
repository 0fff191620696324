//! A run from its start to its verdict.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ask::Stretch;
use super::book::{Book, Fate, Place, Tally, Trace};
use super::expected::Expected;
use super::lanes::{Lane, Shared};
use super::plan::{Backend, End, Plan, Round};
use super::traffic::{LATE_MS, TraceNumber, Traffic};
use super::verify::{self, Findings};
use crate::process::{Scratch, Server, Settings, scratch_dir};
use crate::soak::random::Random;
use crate::workload::now_ms;

/// Minutes that one question is for.
const STRETCH_MINUTES: i64 = 400;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Traces that every look asks for again.
const SAMPLE: usize = 200;

/// A store that checkpoints, seals, spills and merges all the time: the least that
/// each key takes.
const SMALL: [&str; 7] = [
    "storage.selector=embedded",
    "storage.log.checkpoint_every=1MiB",
    "storage.embedded.open_spans=1MiB",
    "storage.embedded.sealed_spans=1MiB",
    "storage.embedded.metrics=1MiB",
    "storage.embedded.relations=1MiB",
    "storage.embedded.cache=1MiB",
];

/// How long a server may take to be healthy, with a log to replay on a busy machine.
const START: Duration = Duration::from_secs(120);

/// How often each kind of end occurred.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ends {
    /// Killed while it started.
    pub at_start: u32,
    /// Killed under load.
    pub under_load: u32,
    /// Stopped as asked.
    pub stopped: u32,
}

/// What is reported.
#[derive(Debug)]
pub struct Report {
    /// Faults, and what was looked at.
    pub findings: Findings,
    /// What was sent.
    pub tally: Tally,
    /// Segments and spans that are stored.
    pub stored: (u64, u64),
    /// How the rounds ended.
    pub ends: Ends,
    /// From the start of the process until it was healthy, the longest.
    pub slowest_start: Duration,
    /// The folder of the data, kept where there are faults.
    pub folder: PathBuf,
}

/// A run in progress.
pub(super) struct Run<'a> {
    plan: &'a Plan,
    pub(super) binary: &'a Path,
    pub(super) settings: Settings,
    pub(super) book: Shared,
    expected: Expected,
    findings: Findings,
    pub(super) ends: Ends,
    slowest_start: Duration,
    /// When the run began, Unix milliseconds.
    begin: i64,
    random: Random,
}

/// Runs rounds on a folder of its own.
pub async fn run(plan: &Plan, binary: &Path) -> Result<Report> {
    let folder = scratch_dir("crashes")?;
    let mut keys = vec!["server.time_zone=UTC".to_owned()];
    match plan.backend {
        Backend::Embedded => keys.extend(SMALL.iter().map(|key| (*key).to_owned())),
        Backend::Memory => keys.push("storage.selector=memory".to_owned()),
    }
    if plan.small_disk.is_some() {
        // Nothing goes to make room.
        keys.push("storage.embedded.disk_percent=100".to_owned());
    }
    keys.extend(plan.keys.iter().cloned());
    let data = plan.small_disk.as_deref().unwrap_or(folder.path()).join("data");
    let settings = Settings { wrapper: Vec::new(), keys, data: Some(data) };
    let mut run = Run {
        plan,
        binary,
        settings,
        book: Shared::new(Book::new(Traffic::new(plan.seed))),
        expected: Expected::default(),
        findings: Findings::default(),
        ends: Ends::default(),
        slowest_start: Duration::ZERO,
        begin: now_ms(),
        random: Random::new(plan.seed),
    };
    let outcome = match plan.backend {
        Backend::Embedded if plan.small_disk.is_some() => run.on_a_full_disk().await,
        Backend::Embedded => run.all().await,
        Backend::Memory => run.without_kills().await,
    };
    let folder = keep(folder, outcome.is_err() || !run.findings.faults.is_empty());
    outcome.with_context(|| format!("the data is in {}", folder.display()))?;
    Ok(Report {
        stored: (run.expected.segments, run.expected.spans),
        tally: run.book.open().tally(),
        findings: run.findings,
        ends: run.ends,
        slowest_start: run.slowest_start,
        folder,
    })
}

fn keep(folder: Scratch, is_kept: bool) -> PathBuf {
    if is_kept { folder.keep() } else { folder.path().to_owned() }
}

impl Run<'_> {
    async fn all(&mut self) -> Result<()> {
        for number in 0..self.plan.rounds {
            let round = self.plan.round(number);
            self.round(number, &round).await.with_context(|| format!("round {number}"))?;
            if (number + 1) % self.plan.every == 0 {
                let mut server = self.start().await?;
                self.look(&server, false).await?;
                server.child.kill()?;
            }
            if !self.findings.faults.is_empty() {
                return Ok(());
            }
        }
        // The same before and after a stop that was asked for.
        for _ in 0..2 {
            let mut server = self.start().await?;
            self.look(&server, true).await?;
            stop(&mut server)?;
        }
        Ok(())
    }

    /// Everything but the kills, for who works on this program.
    async fn without_kills(&mut self) -> Result<()> {
        let mut server = self.start().await?;
        for number in 0..self.plan.rounds {
            let round = self.plan.round(number);
            let lanes = self.lanes(&server, number, &round);
            tokio::time::sleep(time_of(round.end)).await;
            lanes.finish().await?;
            if (number + 1) % self.plan.every == 0 {
                self.look(&server, false).await?;
            }
        }
        self.look(&server, true).await?;
        stop(&mut server)
    }

    async fn round(&mut self, number: u32, round: &Round) -> Result<()> {
        if let End::KilledAtStart(after) = round.end {
            let mut server = Server::spawn(self.binary, &self.settings)?;
            tokio::time::sleep(after).await;
            server.child.ensure_alive()?;
            self.ends.at_start += 1;
            return kill(&mut server);
        }
        let mut server = self.start().await?;
        let lanes = self.lanes(&server, number, round);
        tokio::time::sleep(time_of(round.end)).await;
        server.child.ensure_alive()?;
        if let End::Stopped(_) = round.end {
            self.ends.stopped += 1;
            // It is stopped while they still send: what it acknowledges until then counts.
            let stopped = tokio::task::spawn_blocking(move || stop(&mut server));
            stopped.await??;
        } else {
            self.ends.under_load += 1;
            kill(&mut server)?;
        }
        lanes.finish().await
    }

    pub(super) async fn start(&mut self) -> Result<Server> {
        let begin = Instant::now();
        let server = Server::start_within(self.binary, &self.settings, START).await?;
        self.slowest_start = self.slowest_start.max(begin.elapsed());
        Ok(server)
    }

    pub(super) fn lanes(&mut self, server: &Server, number: u32, round: &Round) -> Lanes {
        self.book.open().begin(number, now_ms());
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        // Of the round alone, so that looks in between change no choice.
        let mut random = Random::new(self.plan.seed.rotate_left(17) ^ u64::from(number));
        for lane in 0..round.lanes {
            let lane = Lane {
                port: server.grpc,
                place: Place { round: number, lane, lanes: round.lanes, trace: 0 },
                book: self.book.clone(),
                random: random.fork(),
                stop: stopped.clone(),
            };
            tasks.spawn(lane.run());
        }
        Lanes { stop, tasks }
    }

    /// Looks at all traces that may have come since the last look and at some
    /// others, or at everything, and at all counts.
    pub(super) async fn look(&mut self, server: &Server, is_whole: bool) -> Result<()> {
        let traces = {
            let book = self.book.open();
            let mut traces: Vec<_> =
                book.traces().filter(|trace| is_whole || is_due(trace)).collect();
            if !is_whole {
                traces.extend((0..SAMPLE).filter_map(|_| book.any(&mut self.random)));
                traces.sort_by_key(|(number, _)| *number);
                traces.dedup_by_key(|(number, _)| *number);
            }
            traces
        };
        let findings = &mut self.findings;
        verify::of_traces(server, &self.book, &traces, &mut self.expected, findings).await?;
        let stretches = self.stretches();
        verify::of_counts(server, &self.expected, &stretches, &mut self.findings).await?;
        self.findings.looks += 1;
        Ok(())
    }

    /// The minutes that any span may have started in.
    fn stretches(&self) -> Vec<Stretch> {
        let (first, last) = (self.begin - LATE_MS - MINUTE_MS, now_ms() + MINUTE_MS);
        let mut stretches = Vec::new();
        for back in [DAY_MS, 0] {
            let (mut from, to) = (first - back, last - back);
            while from <= to {
                let end = to.min(from + STRETCH_MINUTES * MINUTE_MS);
                stretches.push(Stretch { from, to: end });
                from = end + MINUTE_MS;
            }
        }
        stretches
    }
}

/// Whether segments may be there that were not found yet: also those that were
/// sent again long after.
fn is_due((_, trace): &(TraceNumber, Trace)) -> bool {
    trace.iter().any(|entry| entry.fate != Fate::Unsent && !entry.is_counted)
}

fn time_of(end: End) -> Duration {
    match end {
        End::KilledAtStart(time) | End::KilledUnderLoad(time) | End::Stopped(time) => time,
    }
}

pub(super) fn kill(server: &mut Server) -> Result<()> {
    server.child.kill()?;
    ensure_calm(server)
}

pub(super) fn stop(server: &mut Server) -> Result<()> {
    let status = server.child.stop()?;
    if !status.success() {
        bail!("the server did not stop well: {status}; {}", server.child.last_words());
    }
    ensure_calm(server)
}

fn ensure_calm(server: &Server) -> Result<()> {
    let log = server.child.log();
    match log.lines().find(|line| line.contains("panicked")) {
        Some(line) => bail!("the server panicked: {line}"),
        None => Ok(()),
    }
}

/// Lanes at work.
pub(super) struct Lanes {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Lanes {
    pub(super) async fn finish(mut self) -> Result<()> {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        Ok(())
    }
}
