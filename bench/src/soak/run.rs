//! A soak from its start to its verdict.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::attacks::ALL;
use super::checks::{self, Check};
use super::honest::{Tally, agent};
use super::plan::Plan;
use super::random::Random;
use super::target::{Replies, Reply, Target};
use super::{idle, watch as watchers};
use crate::process::{Server, Settings};

/// Honest agents, each on a connection of its own.
const AGENTS: u64 = 4;

/// What is reported.
#[derive(Debug)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
    /// The attacks.
    pub replies: Replies,
    /// The most idle connections that stood at once.
    pub idle: usize,
    /// The last the server said, for whoever looks for a cause.
    pub log: String,
}

/// Runs a soak against a server of its own.
pub async fn run(plan: &Plan, binary: &Path, corpus: &Path) -> Result<Report> {
    let room = idle::make_room(plan.idle);
    let keys = vec![
        "storage.selector=memory".to_owned(),
        format!("storage.memory.budget={}MiB", plan.store_mib),
        "server.time_zone=UTC".to_owned(),
    ];
    let settings = Settings { wrapper: Vec::new(), keys, data: None };
    let server = Arc::new(Server::start(binary, &settings).await?);
    let target = Target {
        grpc: server.grpc,
        rest: server.rest,
        telemetry: server.telemetry,
        corpus: Arc::new(read_corpus(corpus)?),
    };
    let mut random = Random::new(plan.seed);
    let end = Instant::now() + plan.length;
    let tally = Arc::new(Tally::default());
    let latest = Arc::new(watch::Sender::new(String::new()));
    let agents: Vec<_> = (0..AGENTS)
        .map(|seed| agent(server.grpc, seed, end, tally.clone(), latest.clone()))
        .map(tokio::spawn)
        .collect();
    let health = tokio::spawn(watchers::health(server.rest, server.child.pid(), end));
    let traces = tokio::spawn(watchers::traces(server.clone(), latest.subscribe(), end));
    let held = tokio::spawn(idle::hold(target.clone(), room, end));
    let replies = attack(plan, &target, &mut random, end).await?;
    for agent in agents {
        agent.await?;
    }
    let (health, traces, idle) = (health.await?, traces.await?, held.await?);
    let peak = server.child.memory().map_or(0, |resident| resident.peak);
    let mut found = vec![checks::of_attacks(plan, &replies)];
    found.extend(checks::of_watch(plan, &health, &traces, &tally, peak));
    let mut server = Arc::into_inner(server).context("the server is still in use")?;
    found.extend(checks::of_rest(&mut server, &tally).await);
    let log = server.child.log();
    let skip = log.lines().count().saturating_sub(20);
    let log = log.lines().skip(skip).collect::<Vec<_>>().join("\n");
    Ok(Report { checks: found, replies, idle, log })
}

/// Every file of a folder that holds a segment of a real agent.
fn read_corpus(folder: &Path) -> Result<Vec<Bytes>> {
    let mut corpus = Vec::new();
    let shown = folder.display();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {shown}"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "bin") {
            corpus.push(Bytes::from(std::fs::read(path)?));
        }
    }
    corpus.sort_unstable();
    anyhow::ensure!(!corpus.is_empty(), "{shown} holds no segments");
    Ok(corpus)
}

/// Attackers that go through the list, each from another place, until the end.
async fn attack(
    plan: &Plan,
    target: &Target,
    random: &mut Random,
    end: Instant,
) -> Result<Replies> {
    let mut attackers = JoinSet::new();
    for number in 0..plan.attackers {
        let (target, random) = (target.clone(), random.fork());
        let first = number * ALL.len() / plan.attackers.max(1);
        attackers.spawn(attacker(target, random, first, end));
    }
    let mut replies = Replies::new();
    while let Some(list) = attackers.join_next().await {
        for (name, reply) in list? {
            *replies.entry(name).or_default().entry(reply).or_default() += 1;
        }
    }
    Ok(replies)
}

async fn attacker(
    target: Target,
    mut random: Random,
    first: usize,
    end: Instant,
) -> Vec<(&'static str, Reply)> {
    let mut replies = Vec::new();
    for attack in ALL.iter().cycle().skip(first) {
        if Instant::now() >= end {
            break;
        }
        let reply = (attack.run)(target.clone(), random.fork()).await;
        replies.push((attack.name, reply));
    }
    replies
}
