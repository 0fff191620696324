//! Attacks a server of its own for `SOAK_SECONDS` and says what held.
//!
//! `SOAK_SEED` repeats the choices of an earlier run, `SOAK_MEMORY_MIB` sets
//! the limit on the server's memory, `SKYTRAIL_BIN` names the server. Ends
//! with status 1 when a check fails.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use skytrail_bench::process::server_binary;
use skytrail_bench::soak::plan::Plan;
use skytrail_bench::soak::run::{Report, run};

/// Segments of real agents, relative to the root of the tree.
const CORPUS: &str = "cases/segments";

fn main() -> ExitCode {
    match soak() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("soak: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Gives the number of checks that failed.
fn soak() -> Result<usize> {
    let plan = Plan::from_environment()?;
    let binary = server_binary()?;
    say(&format!(
        "soak: {} s, seed {}, {} idle connections wanted",
        plan.length.as_secs(),
        plan.seed,
        plan.idle
    ));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(run(&plan, &binary, Path::new(CORPUS)))?;
    Ok(tell(&report))
}

fn tell(report: &Report) -> usize {
    let attempts: u64 = report.replies.values().flat_map(|replies| replies.values()).sum();
    say(&format!(
        "soak: {} kinds of attack, {attempts} attempts, {} idle connections at once",
        report.replies.len(),
        report.idle
    ));
    for (name, replies) in &report.replies {
        let list: Vec<_> = replies
            .iter()
            .map(|(reply, count)| format!("{reply:?} {count}").to_lowercase())
            .collect();
        say(&format!("  {name:30} {}", list.join(", ")));
    }
    let mut failed = 0;
    for check in &report.checks {
        match &check.found {
            Ok(found) => say(&format!("ok      {}: {found}", check.name)),
            Err(found) => {
                failed += 1;
                say(&format!("FAILED  {}: {found}", check.name));
            }
        }
    }
    if failed > 0 {
        say(&format!("soak: the server's last words:\n{}", report.log));
    }
    say(&format!("{} passed, {failed} failed", report.checks.len() - failed));
    failed
}

fn say(text: &str) {
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{text}");
}
