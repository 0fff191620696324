//! The binary as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Every port where the system chooses.
pub(crate) const PORTS: [&str; 5] = [
    "ingest.grpc.port=0",
    "ingest.otlp.grpc.port=0",
    "ingest.otlp.http.port=0",
    "api.rest.port=0",
    "telemetry.port=0",
];

/// Longest wait for something that takes a second at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// The binary with nothing of this process's environment.
pub(crate) fn skytrail(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skytrail"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command that ends by itself.
pub(crate) fn run(arguments: &[&str]) -> Output {
    skytrail(arguments).output().unwrap()
}

/// What a command said on standard error.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a command printed.
pub(crate) fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn wait_for<T>(what: &str, said: impl Fn() -> String, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "no {what} within {PATIENCE:?}\n{}", said());
        thread::sleep(Duration::from_millis(10));
    }
}

/// `skytrail serve`, killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    pub(crate) data: TempDir,
    pub(crate) grpc: SocketAddr,
    pub(crate) rest: SocketAddr,
    pub(crate) telemetry: SocketAddr,
}

impl Server {
    /// Starts it on free ports and waits until it says where it is.
    pub(crate) fn start(set: &[&str]) -> Self {
        Self::start_on(tempfile::tempdir().unwrap(), set)
    }

    /// The same with other arguments before.
    pub(crate) fn start_with(before: &[&str], set: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), before, set)
    }

    /// The same on a data folder.
    pub(crate) fn start_on(data: TempDir, set: &[&str]) -> Self {
        Self::start_in(data, &[], set)
    }

    fn start_in(data: TempDir, before: &[&str], set: &[&str]) -> Self {
        let mut arguments = vec!["serve", "--data", path(data.path())];
        arguments.extend_from_slice(before);
        for one in PORTS.iter().chain(set) {
            arguments.extend(["--set", one]);
        }
        let mut child =
            skytrail(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (kept, stderr) = (log.clone(), child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        let said = || log.lock().unwrap().join("\n");
        let find = |mark: &str| wait_for(mark, said, || address(&said(), mark));
        let (grpc, rest) = (find("agents (grpc): "), find("graphql: "));
        let telemetry = find("metrics of the server itself: ");
        Self { child, log, data, grpc, rest, telemetry }
    }

    /// Everything it logged so far.
    pub(crate) fn said(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Waits for a line in its log.
    pub(crate) fn wait_for(&self, text: &str) {
        wait_for(text, || self.said(), || self.said().contains(text).then_some(()));
    }

    /// Kills it; gives the data folder.
    pub(crate) fn killed(mut self) -> TempDir {
        let _ = self.child.kill();
        let _ = self.child.wait();
        std::mem::replace(&mut self.data, tempfile::tempdir().unwrap())
    }

    /// Sends it SIGTERM.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let (child, log) = (&mut self.child, &self.log);
        wait_for("end", || log.lock().unwrap().join("\n"), || child.try_wait().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The address behind a mark, with or without a scheme before it, as text or in JSON.
fn address(text: &str, mark: &str) -> Option<SocketAddr> {
    let rest = text.split_once(mark)?.1;
    let rest = rest.split_whitespace().next()?;
    let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
    rest.split(['/', '"']).next()?.parse().ok()
}
