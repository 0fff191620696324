//! A child process that is stopped with its owner, by its own id.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::folders::Scratch;
use crate::measure::cpu;
use crate::measure::memory::{self, Resident};

/// How long a child may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(20);

/// A running program.
#[derive(Debug)]
pub struct Child {
    name: &'static str,
    inner: std::process::Child,
    log: PathBuf,
    folder: Scratch,
}

/// The words that pin a program to one core; none where that cannot be done.
pub fn pinned(core: usize) -> Vec<String> {
    let has_cores = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > core);
    let has_program = Command::new("taskset")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if has_cores && has_program {
        return ["taskset", "--cpu-list", &core.to_string()].map(str::to_owned).to_vec();
    }
    Vec::new()
}

impl Child {
    /// Starts a program, behind the words of `wrapper` if there are any; what
    /// it says goes to a file in `folder`, which lives as long as the child.
    pub fn start(
        name: &'static str,
        program: &Path,
        wrapper: &[String],
        arguments: &[String],
        folder: Scratch,
    ) -> Result<Self> {
        let log = folder.path().join("log.txt");
        let output = File::create(&log).context("cannot write a log")?;
        let mut command = match wrapper.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        let inner = command
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { name, inner, log, folder })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.inner.id()
    }

    /// Its own folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Processor time it has used.
    pub fn cpu(&self) -> Result<Duration> {
        cpu::of_process(self.pid())
    }

    /// Memory it uses.
    pub fn memory(&self) -> Result<Resident> {
        memory::of_process(self.pid())
    }

    /// Everything it has said.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The last it said.
    pub fn last_words(&self) -> String {
        let log = self.log();
        let skip = log.lines().count().saturating_sub(5);
        log.lines().skip(skip).collect::<Vec<_>>().join(" | ")
    }

    /// An error when it has ended, with the last it said.
    pub fn ensure_alive(&mut self) -> Result<()> {
        if let Some(status) = self.inner.try_wait()? {
            bail!("{} has ended ({status}); its last words: {}", self.name, self.last_words());
        }
        Ok(())
    }

    /// Ends it by force, in the middle of whatever it does.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.inner.kill()?;
        Ok(self.inner.wait()?)
    }

    /// Asks it to end and waits; ends it by force when it takes too long.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        if let Some(status) = self.inner.try_wait()? {
            return Ok(status);
        }
        if let Some(pid) = i32::try_from(self.pid()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if let Some(status) = self.inner.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.inner.kill()?;
        Ok(self.inner.wait()?)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}
