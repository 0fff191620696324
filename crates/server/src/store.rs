//! `skytrail store`: looks at, checks, copies and restores a store on disk, and deletes from it.

mod breakdown;
mod delete;
mod dump;
mod export;
mod opened;

use std::path::Path;

use anyhow::{Context, bail};
use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::real::RealFileSystem;
use skytrail_base::quantity::Bytes;
use skytrail_engine::store::NEWEST_GENERATION;
use skytrail_engine::store::view::{Finding, View, backup, restore};
use skytrail_model::time::{Minute, Zone};

use crate::cli::{DataDir, ExportFormat, StatsBy, StoreAction};
use crate::data::{DataFolder, LOG, STORE};
use crate::show;
use opened::{folder, progress, store_of, view};

/// Runs `skytrail store`.
pub fn run(action: &StoreAction) -> anyhow::Result<()> {
    match action {
        StoreAction::Stats { data, by: StatsBy::Kind } => stats(&view(data)?),
        StoreAction::Stats { data, by: StatsBy::Service } => breakdown::services(&view(data)?),
        StoreAction::Stats { data, by: StatsBy::Column } => breakdown::columns(&view(data)?),
        StoreAction::Dump { file, rows, data } => dump::dump(&view(data)?, file, *rows),
        StoreAction::Finalize(data) => finalize(&view(data)?),
        StoreAction::Check(data) => check(&view(data)?),
        StoreAction::Export { data, format: ExportFormat::Jsonl } => export::jsonl(&view(data)?),
        StoreAction::Delete { what, data } => delete::delete(&what.deletion()?, data),
        StoreAction::Backup { to, data } => copy(&store_of(data)?, to),
        StoreAction::Restore { from, data, verify } => restore_into(from, data, *verify),
    }
}

fn stats(view: &View) -> anyhow::Result<()> {
    let stats = view.stats();
    show::line("family     day         level  files        rows         bytes  bytes a row");
    for one in &stats.families {
        let day = one.day.map_or_else(|| "other".to_owned(), date);
        let each = one.bytes as f64 / one.rows.max(1) as f64;
        show::line(&format!(
            "{:<10} {day:<10}  {:>5}  {:>5}  {:>10}  {:>12}  {each:>11.2}",
            one.family, one.level, one.parts, one.rows, one.bytes
        ));
    }
    let each = stats.bytes as f64 / stats.spans.max(1) as f64;
    show::line(&format!(
        "{} in all, {} spans, {each:.1} bytes of all kinds a span; up to record {} of the log",
        Bytes(stats.bytes),
        stats.spans,
        view.position().0
    ));
    for (what, files) in &stats.deletions {
        show::line(&format!(
            "{what} was deleted; {files} files that hold some of it are still there"
        ));
    }
    Ok(())
}

/// A day since the Unix epoch as `2026-11-22`.
pub(crate) fn date(day: i64) -> String {
    let start = Zone::utc().local(Minute(day.saturating_mul(1440)));
    start.map_or_else(|| "other".to_owned(), |start| start.date().to_string())
}

/// There is one generation of formats: a store cannot be behind.
fn finalize(view: &View) -> anyhow::Result<()> {
    let format = view.format();
    show::line(&format!(
        "the store is written in generation {} of {NEWEST_GENERATION} of the formats, which release \
         {} and later ones can open; nothing is to be done",
        format.generation, format.oldest_release
    ));
    Ok(())
}

fn check(view: &View) -> anyhow::Result<()> {
    let findings = view.check(&mut progress("check"));
    told(&findings)?;
    show::line("every byte is as it was written");
    Ok(())
}

/// An error where there is anything.
fn told(findings: &[Finding]) -> anyhow::Result<()> {
    findings.iter().for_each(|finding| show::line(&finding.what));
    match findings.len() {
        0 => Ok(()),
        count => bail!(
            "{count} files are not as they were written; the server sets them aside when it reads \
             them, a backup has them"
        ),
    }
}

fn copy(from: &SharedFileSystem, to: &Path) -> anyhow::Result<()> {
    let into: SharedFileSystem = RealFileSystem::at(to.to_owned());
    into.create_dir(Path::new(""))
        .with_context(|| format!("cannot make the folder {}", to.display()))?;
    let done = backup(from, &into, &mut progress("backup"))?;
    show::line(&format!(
        "{} files copied, {}; {} were there, {} of an earlier backup were removed; it holds \
         everything up to record {} of the log",
        done.copied_files,
        Bytes(done.copied_bytes),
        done.kept_files,
        done.removed_files,
        done.position
    ));
    Ok(())
}

fn restore_into(from: &Path, data: &DataDir, verify: bool) -> anyhow::Result<()> {
    // No server may begin a store of its own meanwhile.
    let owned = DataFolder::open(&data.data)?;
    let log = owned.path().join(LOG);
    if log.is_dir() && std::fs::read_dir(&log)?.next().is_some() {
        bail!(
            "{} holds a log, which is not of this backup; restore into an empty folder",
            log.display()
        );
    }
    let into: SharedFileSystem = RealFileSystem::at(owned.path().join(STORE));
    into.create_dir(Path::new(""))
        .with_context(|| format!("cannot make a folder in {}", data.data.display()))?;
    let (done, findings) = restore(&folder(from)?, &into, verify, &mut progress("restore"))?;
    told(&findings)?;
    show::line(&format!(
        "{} files, {}; it holds everything up to record {} of the log of then",
        done.copied_files,
        Bytes(done.copied_bytes),
        done.position
    ));
    Ok(())
}
