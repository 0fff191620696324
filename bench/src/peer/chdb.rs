//! ClickHouse, from the Python wheel chdb, with the table of the OpenTelemetry
//! Collector's exporter and with the same one sorted by trace.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::wheel;

/// The version that is compared with.
pub const VERSION: &str = "4.4.0";

/// The table of the exporter, sorted by service, name and time.
pub const BY_SERVICE: &str = "by_service";

/// The same columns, sorted by trace.
pub const BY_TRACE: &str = "by_trace";

const PROGRAM: &str = include_str!("chdb.py");

/// The interpreter that has the wheel.
pub fn install() -> Result<PathBuf> {
    wheel::installed("chdb", VERSION, |environment| {
        let library = fs::read_dir(environment.join("lib")).ok()?;
        let has_wheel = |folder: PathBuf| folder.join("site-packages/chdb/__init__.py").is_file();
        let is_there = library.flatten().any(|entry| has_wheel(entry.path()));
        is_there.then(|| environment.join("bin/python"))
    })
}

/// A process that holds the tables.
#[derive(Debug)]
pub struct Tables {
    child: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a table took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// Seconds of processor time to insert, reading left out.
    pub insert: f64,
    /// Seconds of processor time to merge everything into one part.
    pub merge: f64,
    /// Bytes on disk after that.
    pub bytes: f64,
    /// Spans.
    pub rows: f64,
}

impl Tables {
    /// Starts the process, with its data and its program in a folder.
    pub fn start(python: &Path, folder: &Path) -> Result<Self> {
        let program = folder.join("tables.py");
        fs::write(&program, PROGRAM)?;
        let mut child = Command::new(python)
            .arg(&program)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.join("log.txt"))?)
            .spawn()
            .context("the interpreter cannot be started")?;
        let words = child.stdin.take().context("no way in")?;
        let answers = BufReader::new(child.stdout.take().context("no way out")?);
        let mut tables = Self { child, words, answers };
        let data = folder.join("data");
        tables.say(&format!("start {}", data.display())).with_context(|| log(folder))?;
        Ok(tables)
    }

    /// Says a command and waits for the answer.
    fn say(&mut self, command: &str) -> Result<Value> {
        writeln!(self.words, "{command}")?;
        self.words.flush()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).with_context(|| format!("no answer to {command}"))
    }

    /// Inserts a file of rows into both tables.
    pub fn insert(&mut self, file: &Path) -> Result<()> {
        self.say(&format!("insert {}", file.display())).map(|_| ())
    }

    /// Merges everything; tells what the exporter's table and the other one took,
    /// and the version of ClickHouse.
    pub fn finish(&mut self) -> Result<([Taken; 2], String)> {
        let told = self.say("finish")?;
        let of = |table: &str| -> Result<Taken> {
            let number = |name: &str| told[table][name].as_f64().context("a figure is missing");
            Ok(Taken {
                insert: number("insert")?,
                merge: number("merge")?,
                bytes: number("bytes")?,
                rows: number("rows")?,
            })
        };
        let version = told["version"].as_str().unwrap_or("?").to_owned();
        Ok(([of(BY_SERVICE)?, of(BY_TRACE)?], version))
    }

    /// Asks for a trace, which must be there; gives milliseconds.
    pub fn trace(&mut self, table: &str, id: &str) -> Result<f64> {
        let told = self.say(&format!("trace {table} {id}"))?;
        let spans = told["spans"].as_u64().unwrap_or(0);
        ensure!(spans >= 5, "{spans} spans of trace {id}");
        Ok(told["seconds"].as_f64().context("no time")? * 1e3)
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        // Nothing it holds is wanted any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last of what the process complained about.
fn log(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("log.txt")).unwrap_or_default();
    text.lines().last().unwrap_or("the process has ended").to_owned()
}
