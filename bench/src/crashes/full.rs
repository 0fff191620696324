//! A disk that somebody else fills up while agents send: the server refuses, goes on
//! to answer, and takes something again by itself once there is room.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::book::Fate;
use super::plan::{End, Round};
use super::run::{Lanes, Run, kill, stop};
use crate::process::Server;
use crate::wire::http;

/// How long the server may go on to take what fits into the files that it has.
const REFUSES: Duration = Duration::from_secs(180);

/// How long it may take to notice that there is room.
const RECOVERS: Duration = Duration::from_secs(60);

/// How long agents send to a server that takes something, or nothing.
const WHILE: Duration = Duration::from_secs(4);

/// How many traces are asked for while the disk is full.
const ASKED: usize = 20;

/// Bytes that are written at once.
const PIECE: usize = 1 << 16;

/// What somebody else has on the disk.
struct Ballast {
    path: PathBuf,
}

impl Ballast {
    /// Takes all the room there is.
    fn fill(path: PathBuf) -> Result<Self> {
        let mut file = File::create(&path).context("cannot make the file that fills the disk")?;
        let (piece, mut size) = (vec![7; PIECE], PIECE);
        while size > 0 {
            match file.write(piece.get(..size).unwrap_or_default()) {
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => size /= 2,
                Err(error) => return Err(error).context("cannot fill the disk"),
            }
        }
        // What a file system holds back for itself it may give to others a moment later.
        drop(file.sync_all());
        Ok(Self { path })
    }

    fn remove(self) -> Result<()> {
        std::fs::remove_file(&self.path).context("cannot remove the file that fills the disk")
    }
}

impl Run<'_> {
    /// Two rounds of a disk that is full: the server lives through the first one, and
    /// is killed in the second.
    pub(super) async fn on_a_full_disk(&mut self) -> Result<()> {
        let mut server = self.start().await?;
        let lanes = self.load(&server, 0);
        tokio::time::sleep(WHILE).await;
        let ballast = Ballast::fill(self.ballast())?;
        self.refuses(&server).await?;
        ballast.remove()?;
        until(&server, true, RECOVERS).await.context("there is room again")?;
        let before = self.book.open().tally().acknowledged;
        tokio::time::sleep(WHILE).await;
        let after = self.book.open().tally().acknowledged;
        ensure!(after > before, "healthy again, and it acknowledges nothing");
        lanes.finish().await?;
        self.look(&server, true).await?;
        let lanes = self.load(&server, 1);
        let ballast = Ballast::fill(self.ballast())?;
        self.refuses(&server).await?;
        kill(&mut server)?;
        self.ends.under_load += 1;
        lanes.finish().await?;
        // A start on a full disk may fail, or wait; it must do no harm.
        let mut server = Server::spawn(self.binary, &self.settings)?;
        tokio::time::sleep(WHILE).await;
        let is_running = server.child.ensure_alive().is_ok();
        ballast.remove()?;
        if is_running {
            until(&server, true, RECOVERS).await.context("started on a full disk")?;
            kill(&mut server)?;
        }
        self.ends.at_start += 1;
        let mut server = self.start().await?;
        self.look(&server, true).await?;
        stop(&mut server)
    }

    fn load(&mut self, server: &Server, number: u32) -> Lanes {
        let round = Round { end: End::KilledUnderLoad(WHILE), lanes: 12 };
        self.lanes(server, number, &round)
    }

    fn ballast(&self) -> PathBuf {
        let data = self.settings.data.clone().unwrap_or_default();
        data.with_file_name("ballast")
    }

    /// It turns red, acknowledges nothing, and answers all the same.
    async fn refuses(&mut self, server: &Server) -> Result<()> {
        until(server, false, REFUSES).await.context("the disk is full")?;
        let traces: Vec<_> = {
            let book = self.book.open();
            let traces = book
                .traces()
                .filter(|(_, trace)| trace.iter().any(|entry| entry.fate == Fate::Acknowledged));
            traces.take(ASKED).collect()
        };
        let begun = Instant::now();
        while begun.elapsed() < WHILE {
            let ids: Vec<_> =
                traces.iter().map(|(number, _)| self.book.open().trace_id(*number)).collect();
            let found = super::ask::traces(server, &ids).await.context("asked on a full disk")?;
            let missing = found.iter().filter(|spans| spans.is_empty()).count();
            ensure!(missing == 0, "{missing} of {} traces are not answered", ids.len());
        }
        let samples = server.samples().await?;
        let is_red = samples.iter().any(|one| one.name == "skytrail_unhealthy" && one.value > 0.0);
        ensure!(is_red, "no metric tells that the disk is full");
        Ok(())
    }
}

/// Waits until the server says that it is healthy, or that it is not.
async fn until(server: &Server, is_healthy: bool, within: Duration) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < within {
        let answer = http::get(server.rest, "/healthcheck", Duration::from_secs(5)).await;
        if answer.is_ok_and(|answer| (answer.status == 200) == is_healthy) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let words = if is_healthy { "not healthy" } else { "still healthy" };
    bail!("{words} after {} s; {}", within.as_secs(), server.child.last_words())
}
