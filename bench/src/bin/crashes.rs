//! Kills a server of its own again and again and says what held.
//!
//! `CRASHES_ROUNDS` (20) is how often, `CRASHES_SEED` repeats the choices of an
//! earlier run, `CRASHES_EVERY` (10) is how many rounds pass between two looks
//! at everything, `CRASHES_SET` holds further keys of the server with commas
//! between, `SKYTRAIL_BIN` names the server. `CRASHES_BACKEND=memory` does
//! everything but the kills. `CRASHES_SMALL_DISK` names a folder on a small disk of
//! its own, which is filled up under load in place of the rounds. Ends with status 1 when anything was lost, doubled
//! or miscounted.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use skytrail_bench::crashes::plan::{Backend, Plan};
use skytrail_bench::crashes::run::{Report, run};
use skytrail_bench::crashes::verify::Check;
use skytrail_bench::process::server_binary;

fn main() -> ExitCode {
    match crashes() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("crashes: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn crashes() -> Result<bool> {
    let plan = Plan::from_environment()?;
    let binary = server_binary()?;
    let without = if plan.backend == Backend::Memory { ", none of them killed" } else { "" };
    say(&format!("crashes: {} rounds{without}, seed {}", plan.rounds, plan.seed));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(run(&plan, &binary));
    // Told first: the last line is that of the counts.
    let is_calm = outcome.as_ref().is_ok_and(|report| report.findings.faults.is_empty());
    if !is_calm {
        say(&format!(
            "crashes: the same choices again: CRASHES_SEED={} CRASHES_ROUNDS={} CRASHES_EVERY={}",
            plan.seed, plan.rounds, plan.every
        ));
    }
    Ok(match &outcome {
        Ok(report) => tell(report),
        Err(error) => {
            say(&format!("FAILED  {error:#}\n0 passed, 1 failed"));
            false
        }
    })
}

fn tell(report: &Report) -> bool {
    let (tally, ends, findings) = (&report.tally, &report.ends, &report.findings);
    say(&format!(
        "crashes: killed {} times under load and {} times at the start, stopped {} times; slowest \
         start {:.2} s",
        ends.under_load,
        ends.at_start,
        ends.stopped,
        report.slowest_start.as_secs_f64()
    ));
    say(&format!(
        "crashes: {} segments sent, {} of them acknowledged; {} found of those that nobody had \
         acknowledged; {} sent again; {} calls answered, {} broken",
        tally.sent,
        tally.acknowledged,
        findings.unanswered_found,
        tally.resent,
        tally.answers,
        tally.broken
    ));
    say(&format!(
        "crashes: {} segments of {} spans are stored; {} looks, {} traces asked for, {} values \
         compared",
        report.stored.0, report.stored.1, findings.looks, findings.traces, findings.values
    ));
    for check in Check::ALL {
        match findings.faults.get(&check) {
            None => say(&format!("ok      {}", check.name())),
            Some(faults) => {
                say(&format!("FAILED  {}: {}", check.name(), faults.join("; ")));
            }
        }
    }
    if findings.untold > 0 {
        say(&format!("crashes: and {} more like these", findings.untold));
    }
    let failed = findings.faults.len();
    if failed > 0 {
        say(&format!("crashes: the data is in {}", report.folder.display()));
    }
    say(&format!("{} passed, {failed} failed", Check::ALL.len() - failed));
    failed == 0
}

fn say(text: &str) {
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{text}");
}
