//! Sees every call and knows what it belongs to; at the one that is chosen, it lets
//! the disk fail.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{self, Call, Operation, SimFileSystem, Watch};

use super::table::{Cell, Fault, Step};

/// What the process is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Starting,
    Appending,
    Saving,
    Merging,
    Expiring,
    Deleting,
    BackingUp,
}

#[derive(Debug)]
struct Plan {
    cell: Cell,
    /// Calls of the step that pass first.
    skip: u64,
    /// Whether the call passes at which the machine stops.
    is_done_first: bool,
    /// Calls that fail.
    times: u64,
}

#[derive(Debug)]
struct Seen {
    doing: Doing,
    plan: Option<Plan>,
    hit: Option<Cell>,
    /// Files of the log with frames that are not synced.
    framed: BTreeSet<u64>,
}

/// Who sees it.
pub(super) struct Scene {
    disk: Arc<SimFileSystem>,
    seen: Mutex<Seen>,
}

impl Scene {
    pub(super) fn new(disk: Arc<SimFileSystem>) -> Arc<Self> {
        let (plan, hit, framed) = (None, None, BTreeSet::new());
        let seen = Seen { doing: Doing::Starting, plan, hit, framed };
        Arc::new(Self { disk, seen: Mutex::new(seen) })
    }

    /// Lets the fault of a cell come at its step, `skip` calls later.
    pub(super) fn plan(&self, cell: Cell, skip: u64, is_done_first: bool, times: u64) {
        self.seen.lock().plan = Some(Plan { cell, skip, is_done_first, times });
    }

    pub(super) fn doing(&self, doing: Doing) {
        self.seen.lock().doing = doing;
    }

    /// The cell of the plan, once it came about.
    pub(super) fn hit(&self) -> Option<Cell> {
        self.seen.lock().hit
    }

    /// Room for everything again.
    pub(super) fn relieve(&self) {
        self.disk.set_capacity(4 << 30);
    }

    fn fail(&self, plan: &Plan, call: &Call<'_>) {
        let (operation, path) = (call.operation, call.path.to_string_lossy());
        let inject = |error| {
            let fault = sim::Fault { times: plan.times, error, ..sim::Fault::of(operation, &path) };
            self.disk.inject(fault);
        };
        match plan.cell.1 {
            Fault::Refused => inject(ErrorKind::PermissionDenied),
            Fault::Unsynced => inject(ErrorKind::TimedOut),
            Fault::Full => {
                inject(ErrorKind::StorageFull);
                if let Ok(space) = self.disk.space() {
                    self.disk.set_capacity(space.total - space.free);
                }
            }
            _ => self.disk.stop_after(self.disk.operations() + u64::from(plan.is_done_first)),
        }
    }
}

/// Whether a fault can come at a call.
fn is_possible(fault: Fault, operation: Operation) -> bool {
    let is_sync = matches!(operation, Operation::Sync | Operation::SyncDir);
    match fault {
        Fault::Refused => !is_sync,
        Fault::Full => matches!(operation, Operation::Write | Operation::Create),
        Fault::Unsynced => is_sync,
        _ => true,
    }
}

impl Seen {
    fn step(&mut self, call: &Call<'_>) -> Step {
        if self.doing == Doing::Starting {
            return Step::Start;
        }
        if call.path.starts_with("log") {
            return self.of_log(call);
        }
        let is_writer = std::thread::current().name() == Some("store");
        match self.doing {
            Doing::Merging => Step::Merge,
            Doing::Expiring => Step::Expiry,
            Doing::Deleting => Step::Deletion,
            Doing::BackingUp => Step::Backup,
            Doing::Saving if is_writer => of_checkpoint(call.path),
            _ => Step::Flush,
        }
    }

    fn of_log(&mut self, call: &Call<'_>) -> Step {
        let Some(handle) = call.handle else { return Step::Segment };
        let is_frame = call.operation == Operation::Write && call.bytes.starts_with(b"WREC");
        if is_frame {
            self.framed.insert(handle);
        }
        let is_of_frames = call.operation == Operation::Sync && self.framed.remove(&handle);
        if is_frame || is_of_frames { Step::Group } else { Step::Segment }
    }

    /// The plan, if this is its moment.
    fn due(&mut self, call: &Call<'_>) -> Option<Plan> {
        let step = self.step(call);
        let plan = self.plan.as_mut()?;
        let (wanted, fault) = plan.cell;
        if wanted != step || !is_possible(fault, call.operation) {
            return None;
        }
        if plan.skip > 0 {
            plan.skip -= 1;
            return None;
        }
        self.hit = Some(plan.cell);
        self.plan.take()
    }
}

fn of_checkpoint(path: &Path) -> Step {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name {
        name if name.starts_with("mutable") => Step::Mutable,
        // The folder is synced right before the manifest is written, and right after.
        "manifest" | "manifest.new" | "store" => Step::Manifest,
        _ => Step::Parts,
    }
}

impl Watch for Scene {
    fn instead(&self, call: &Call<'_>) -> Option<io::Result<()>> {
        let due = self.seen.lock().due(call)?;
        self.fail(&due, call);
        None
    }
}
