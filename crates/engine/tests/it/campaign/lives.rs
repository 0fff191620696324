//! Lives of one disk, each ended by a crash.

use std::sync::Arc;

use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::sim::{Dice, Loss, SimFileSystem, Watched};
use skytrail_model::time::Minute;

use super::process::{Deleted, Kind, Process, SERVICES, What, backed_up, minute_of, shared};
use super::scene::{Doing, Scene};
use super::table::{Cell, Fault, Step, Table};
use crate::lies::{Lie, Lying};
use crate::store::crashes::{START, block_on};

/// Lives in a row of one disk.
const LIVES: u64 = 5;

/// Things that are done in a life.
const ACTIONS: u64 = 16;

/// What is known from outside.
#[derive(Debug)]
struct Known {
    /// The last step that was acknowledged, and the last that was sent.
    acknowledged: u64,
    sent: u64,
    /// What is older went, or is to go if the disk refused to let it.
    before: Minute,
    is_refused: bool,
    deleted: Deleted,
    /// What could not be deleted: nobody knows.
    deleting: Option<What>,
    /// Position of the last backup that was done.
    backup: Option<u64>,
}

/// One disk through several lives; how many images there were of each cell.
pub(super) fn history(seed: u64, lie: Option<Lie>) -> Result<Table, String> {
    let (mut dice, mut table) = (Dice::new(seed), Table::default());
    let mut disk = SimFileSystem::with_seed(seed);
    let mut known = Known {
        acknowledged: 0,
        sent: 0,
        before: START,
        is_refused: false,
        deleted: Deleted::new(),
        deleting: None,
        backup: None,
    };
    for life in 0..LIVES {
        // Every cell in turn, and in every life.
        let cell = Table::cell(seed * LIVES + life + seed * LIVES / Table::CELLS);
        let scene = Scene::new(disk.clone());
        let skip = dice.below(if cell.0 == Step::Start { 20 } else { 7 });
        scene.plan(cell, skip, dice.below(2) == 0, 1 + dice.below(3));
        let fs = seen(&disk, &scene, lie);
        let lived = block_on(live(&fs, &scene, &mut known, &mut dice, cell));
        lived.map_err(|wrong| format!("life {life}, {cell:?}: {wrong}"))?;
        table.count(scene.hit());
        disk = after(&disk, &scene, &mut dice);
        if cell.1 == Fault::Again {
            disk = again(&disk, &mut dice, lie)?;
        }
    }
    let scene = Scene::new(disk.clone());
    let fs = seen(&disk, &scene, lie);
    let last = block_on(live(&fs, &scene, &mut known, &mut dice, Table::cell(0)));
    last.map(|()| table).map_err(|wrong| format!("at the end: {wrong}"))
}

/// The disk as a process sees it.
fn seen(disk: &Arc<SimFileSystem>, scene: &Arc<Scene>, lie: Option<Lie>) -> SharedFileSystem {
    let fs: SharedFileSystem = match lie {
        Some(lie) => Watched::new(shared(disk), Lying::new(disk.clone(), lie)),
        None => shared(disk),
    };
    Watched::new(fs, scene.clone())
}

/// What the crash leaves.
fn after(disk: &SimFileSystem, scene: &Scene, dice: &mut Dice) -> Arc<SimFileSystem> {
    scene.relieve();
    match scene.hit() {
        Some((_, Fault::Killed)) => disk.killed(),
        Some((_, Fault::Lost)) => disk.crash_losing(Loss::Everything, dice.throw()),
        Some((_, Fault::Reordered)) => disk.crash_losing(Loss::Reordered, dice.throw()),
        Some((_, Fault::Torn)) => disk.crash_losing(Loss::Torn, dice.throw()),
        _ => disk.crash(dice.throw()),
    }
}

/// The next process starts, and the power fails before it is done.
fn again(
    disk: &Arc<SimFileSystem>,
    dice: &mut Dice,
    lie: Option<Lie>,
) -> Result<Arc<SimFileSystem>, String> {
    disk.stop_after(disk.operations() + dice.below(25));
    let scene = Scene::new(disk.clone());
    let kind = Kind { is_small: dice.below(2) == 0, has_services: true };
    match block_on(Process::start(seen(disk, &scene, lie), kind)) {
        Err(wrong) if !wrong.starts_with("refused") => Err(format!("again: {wrong}")),
        _ => Ok(disk.crash(dice.throw())),
    }
}

/// One life: starts, compares, goes on until the disk stops or all is done.
async fn live(
    fs: &SharedFileSystem,
    scene: &Scene,
    known: &mut Known,
    dice: &mut Dice,
    cell: Cell,
) -> Result<(), String> {
    let is_small = cell.0 == Step::Flush || dice.below(3) == 0;
    let Some(mut process) = started(fs, scene, is_small).await? else { return Ok(()) };
    let Known { acknowledged, sent, .. } = *known;
    if !(acknowledged..=sent).contains(&process.applied) {
        let found = process.applied;
        return Err(format!("step {found} is the last, {acknowledged} to {sent} were to be"));
    }
    (known.acknowledged, known.sent) = (process.applied, process.applied);
    check_backup(fs, known)?;
    if !process.expire(known.before).await {
        return Ok(());
    }
    known.is_refused = false;
    // What nobody knows is done again.
    if let Some(what) = known.deleting {
        delete(&process, scene, known, what).await;
        if known.deleting.is_some() {
            return Ok(());
        }
    }
    process.check(known.before, &known.deleted).await?;
    for _ in 0..ACTIONS {
        act(&mut process, scene, known, dice, cell).await;
        if dice.below(4) == 0 {
            scene.relieve();
        }
    }
    let is_open = known.is_refused || known.deleting.is_some();
    if is_open { Ok(()) } else { process.check(known.before, &known.deleted).await }
}

/// Starts a process; a disk that refuses is asked again. None once it has stopped.
async fn started(
    fs: &SharedFileSystem,
    scene: &Scene,
    is_small: bool,
) -> Result<Option<Process>, String> {
    scene.doing(Doing::Starting);
    let kind = Kind { is_small, has_services: true };
    for _ in 0..5 {
        match Process::start(fs.clone(), kind).await {
            Ok(process) => return Ok(Some(process)),
            Err(wrong) if wrong.starts_with("refused") => scene.relieve(),
            Err(wrong) => return Err(wrong),
        }
    }
    let has_stopped = fs.sync_dir(std::path::Path::new("")).is_err();
    if has_stopped {
        Ok(None)
    } else {
        Err("the disk takes everything, and it does not start".into())
    }
}

fn check_backup(fs: &SharedFileSystem, known: &mut Known) -> Result<(), String> {
    let found = backed_up(fs, known.backup)?;
    if found < known.backup {
        return Err(format!("the backup is of {found:?}, and was of {:?}", known.backup));
    }
    known.backup = found;
    Ok(())
}

/// Does one thing, often the one that the cell is about.
async fn act(
    process: &mut Process,
    scene: &Scene,
    known: &mut Known,
    dice: &mut Dice,
    (step, _): Cell,
) {
    let wanted = match step {
        Step::Parts | Step::Mutable | Step::Manifest => Doing::Saving,
        Step::Merge => Doing::Merging,
        Step::Expiry => Doing::Expiring,
        Step::Deletion => Doing::Deleting,
        Step::Backup => Doing::BackingUp,
        Step::Group | Step::Segment | Step::Flush | Step::Start => Doing::Appending,
    };
    let doing = match dice.below(13) {
        0 | 1 => Doing::Saving,
        2 => Doing::Merging,
        3 => Doing::Expiring,
        4 => Doing::BackingUp,
        5 => Doing::Deleting,
        6..9 => wanted,
        _ => Doing::Appending,
    };
    scene.doing(doing);
    match doing {
        Doing::Saving => drop(process.save().await),
        Doing::Merging => process.merge().await,
        Doing::Expiring => expire(process, known, dice).await,
        Doing::BackingUp => known.backup = process.backup().or(known.backup),
        Doing::Deleting => {
            let any = match dice.below(5 + SERVICES) {
                number @ 0..5 => What::Trace(number),
                number => What::Service(number % SERVICES),
            };
            delete(process, scene, known, known.deleting.unwrap_or(any)).await;
        }
        Doing::Starting | Doing::Appending => {
            let again = (dice.below(3) == 0).then(|| 1 + dice.below(process.applied.max(1)));
            let again = again.filter(|number| *number <= process.applied);
            let (sent, acknowledged) = process.send(1 + dice.below(4), again).await;
            (known.sent, known.acknowledged) = (known.sent.max(sent), acknowledged);
        }
    }
}

/// Deletes what is in parts, which is everything if the checkpoint succeeds.
async fn delete(process: &Process, scene: &Scene, known: &mut Known, what: What) {
    scene.doing(Doing::Saving);
    let is_saved = process.save().await;
    scene.doing(Doing::Deleting);
    if is_saved && process.delete(what).await {
        known.deleted.insert(what, process.applied);
        known.deleting = None;
    } else if is_saved {
        known.deleting = Some(what);
    }
}

async fn expire(process: &Process, known: &mut Known, dice: &mut Dice) {
    let newest = minute_of(process.applied);
    let before = newest.plus(-(dice.below(4) as i64)).max(known.before);
    known.before = before;
    known.is_refused = !process.expire(before).await;
}
