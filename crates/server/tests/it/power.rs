//! The whole product, and power that fails: on a simulated disk at any moment, and
//! on real files, of which images are made as a crash might leave them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use skytrail_base::fs::real::RealFileSystem;
use skytrail_base::fs::sim::{Call, Dice, Operation, SimFileSystem, Watch, Watched};
use skytrail_base::fs::{File, FileSystem};

use crate::app::{App, Setup};
use crate::disk::{Disk, folder};
use crate::fixed_set::{self, Message};
use crate::metrics;

/// Segments of one request: ten messages in all.
const AT_ONCE: usize = 3;

/// Crashes in a row of one disk.
const LIVES: u64 = 4;

fn on(fs: Arc<dyn FileSystem>) -> Setup {
    Setup { disk: Some(Disk { fs, forgets_messages: false }), ..Setup::default() }
}

/// How many are tried: more for who sets the variable.
fn told(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Runs one process of the product, which ends at once when this does.
fn process<T>(life: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build().unwrap();
    let result = runtime.block_on(life);
    runtime.shutdown_background();
    result
}

/// One life: what came before again, now and then, then what is still to be sent,
/// and checkpoints. Says how many messages are acknowledged.
async fn live(setup: Setup, messages: &[Message], dice: &mut Dice, mut sent: usize) -> usize {
    let Some(app) = App::try_start(setup).await else { return sent };
    for _ in 0..6 {
        match dice.below(4) {
            0 if sent > 0 => drop(app.try_send(&messages[dice.below(sent as u64) as usize]).await),
            1 => drop(app.try_checkpoint().await),
            _ if sent < messages.len() => match app.try_send(&messages[sent]).await {
                true => sent += 1,
                // Who sends it hears nothing, and goes on to send it.
                false => break,
            },
            _ => {}
        }
    }
    sent
}

/// What is there after the last crash: first with what was never acknowledged, then
/// with everything again.
async fn complaints(setup: Setup, messages: &[Message], sent: usize) -> Vec<String> {
    let app = App::start(setup).await;
    app.send_all(&messages[sent..]).await;
    let mut complaints = metrics::complaints(&app, &metrics::table()).await;
    app.send_all(messages).await;
    complaints.extend(metrics::complaints(&app, &metrics::table()).await);
    complaints
}

#[test]
fn a_crash_at_any_moment_changes_no_answer() {
    let messages = fixed_set::messages(AT_ONCE);
    let mut images = 0;
    for seed in 0..told("SKYTRAIL_PATHS", 6) {
        let mut dice = Dice::new(seed);
        let mut disk = SimFileSystem::with_seed(seed);
        let mut sent = 0;
        for _ in 0..LIVES {
            disk.stop_after(disk.operations() + dice.below(90));
            let setup = Setup { shards: 1 + dice.below(3) as u16, ..on(disk.clone()) };
            sent = process(live(setup, &messages, &mut dice, sent));
            disk = if dice.below(8) == 0 { disk.killed() } else { disk.crash(dice.throw()) };
            images += 1;
        }
        let found = process(complaints(on(disk), &messages, sent));
        assert!(found.is_empty(), "seed {seed}, {sent} acknowledged:\n{}", found.join("\n"));
    }
    eprintln!("{images} images of the whole product");
}

/// A checkpoint that loses which messages came before it counts them twice.
#[test]
fn messages_that_a_checkpoint_forgets_are_noticed() {
    let messages = fixed_set::messages(AT_ONCE);
    for forgets_messages in [false, true] {
        let disk = SimFileSystem::new();
        process(async {
            let app = App::start(on(disk.clone())).await;
            app.send_all(&messages).await;
            app.checkpoint().await;
        });
        let disk = Disk { fs: disk.crash(7), forgets_messages };
        let setup = Setup { disk: Some(disk), ..Setup::default() };
        let found = process(complaints(setup, &messages, messages.len()));
        assert_eq!(!found.is_empty(), forgets_messages, "{}", found.join("\n"));
    }
}

/// Something that was done to real files.
struct Done {
    operation: Operation,
    path: PathBuf,
    to: Option<PathBuf>,
    handle: Option<u64>,
    bytes: Vec<u8>,
    offset: u64,
}

/// Writes down everything that changes what a crash leaves.
#[derive(Default)]
struct Recorder {
    done: Mutex<Vec<Done>>,
}

impl Watch for Recorder {
    fn done(&self, call: &Call<'_>, result: &io::Result<()>) {
        if result.is_ok() {
            self.done.lock().push(Done {
                operation: call.operation,
                path: call.path.to_owned(),
                to: call.to.map(Path::to_owned),
                handle: call.handle,
                bytes: call.bytes.to_vec(),
                offset: call.offset,
            });
        }
    }
}

/// Does again what was done up to a moment, on a disk that can crash.
fn again(done: &[Done]) -> Arc<SimFileSystem> {
    let disk = SimFileSystem::new();
    let mut files: BTreeMap<u64, Arc<dyn File>> = BTreeMap::new();
    for one in done {
        let file = || files.get(&one.handle.unwrap()).unwrap();
        match one.operation {
            Operation::Create => {
                drop(files.insert(one.handle.unwrap(), disk.create(&one.path).unwrap()))
            }
            Operation::Open => {
                drop(files.insert(one.handle.unwrap(), disk.open(&one.path).unwrap()))
            }
            Operation::Rename => disk.rename(&one.path, one.to.as_ref().unwrap()).unwrap(),
            Operation::Remove => disk.remove(&one.path).unwrap(),
            Operation::CreateDir => disk.create_dir(&one.path).unwrap(),
            Operation::RemoveDir => disk.remove_dir(&one.path).unwrap(),
            Operation::SyncDir => disk.sync_dir(&one.path).unwrap(),
            Operation::Write => file().write_at(&one.bytes, one.offset).unwrap(),
            Operation::Sync => file().sync().unwrap(),
            Operation::SetLen => file().set_len(one.offset).unwrap(),
            Operation::List | Operation::Read | Operation::Lock => {}
        }
    }
    disk
}

/// A run on real files: what was done, and after how much of it each message was
/// acknowledged.
fn recorded(messages: &[Message]) -> (Vec<Done>, Vec<usize>) {
    let data = tempfile::tempdir().unwrap();
    let recorder = Arc::new(Recorder::default());
    let fs = Watched::new(RealFileSystem::at(data.path().to_owned()), recorder.clone());
    let acknowledged = process(async {
        let app = App::start(on(fs)).await;
        let mut acknowledged = Vec::new();
        for (number, message) in messages.iter().enumerate() {
            app.send(message).await;
            acknowledged.push(recorder.done.lock().len());
            if number % 3 == 2 {
                app.checkpoint().await;
            }
        }
        app.checkpoint().await;
        acknowledged
    });
    // What is still running writes into nothing that counts.
    (std::mem::take(&mut *recorder.done.lock()), acknowledged)
}

#[test]
fn images_of_real_files_hold_what_was_acknowledged() {
    let messages = fixed_set::messages(AT_ONCE);
    let (done, acknowledged) = recorded(&messages);
    let images = told("SKYTRAIL_FILES", 12);
    for image in 0..images {
        // From the first acknowledgement on there is something to be lost.
        let from = acknowledged[0] as u64;
        let moment = from + (done.len() as u64 - from) * image / images;
        let left = tempfile::tempdir().unwrap();
        let crashed = again(&done[..moment as usize]).crash(image);
        crashed.copy_to(&*RealFileSystem::at(left.path().to_owned())).unwrap();
        let sent = acknowledged.iter().filter(|at| **at as u64 <= moment).count();
        let setup = Setup { disk: Some(folder(left.path().to_owned())), ..Setup::default() };
        let found = process(complaints(setup, &messages, sent));
        let what =
            format!("image {image}, after {moment} calls of {}, {sent} acknowledged", done.len());
        assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
    }
    eprintln!("{images} images of real files, of {} calls", done.len());
}
