//! Deletes from the store of a server that runs, by a request, or of one that does not.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail, ensure};
use skytrail_engine::store::Deletion;
use skytrail_engine::store::view;
use skytrail_engine::{Error, ErrorKind};

use super::opened::store_of;
use crate::cli::{DataDir, DeletionArgs};
use crate::data::DataFolder;
use crate::requests::{Answer, Request, Requests, Waiting};
use crate::show;

/// How long a server that runs may take: it makes a checkpoint first.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often it is looked for its answer.
const LOOK: Duration = Duration::from_millis(100);

/// Bytes of a name or an id, at most.
const MOST_BYTES: usize = 4 << 10;

impl DeletionArgs {
    /// What is to be deleted.
    pub(super) fn deletion(&self) -> anyhow::Result<Deletion> {
        let (what, text) = match (&self.service, &self.trace) {
            (Some(name), None) => (Deletion::Service(name.clone()), name),
            (None, Some(id)) => (Deletion::Trace(id.clone()), id),
            _ => bail!("either --service or --trace names what is deleted"),
        };
        ensure!(!text.is_empty(), "--service and --trace must not be empty");
        ensure!(
            text.len() <= MOST_BYTES,
            "--service and --trace may have {MOST_BYTES} bytes, this one has {}",
            text.len()
        );
        Ok(what)
    }
}

/// Deletes, or has it done.
pub(super) fn delete(what: &Deletion, data: &DataDir) -> anyhow::Result<()> {
    let store = store_of(data)?;
    let (requests, request) = (Requests::of(&data.data), Request::Delete(what.clone()));
    match DataFolder::try_open(&data.data)? {
        Ok(_owned) => {
            // What the log holds comes back when it is replayed, so it is left to the server; and
            // first, so that after a crash in between the server deletes both.
            let waiting = requests.leave(&request)?;
            let done = view::delete(&store, what).map_err(|error| {
                let _ = waiting.take();
                undone(&error)
            })?;
            show::line(&format!(
                "nothing of {what} in the store is answered any more; {} files that hold some of \
                 it are written anew when the server runs, which deletes what its log holds of it \
                 before it takes anything",
                done.files
            ));
            Ok(())
        }
        Err(_) => {
            let waiting = requests.leave(&request)?;
            show::progress("the server is asked");
            answer(&waiting, &data.data)
        }
    }
}

fn undone(error: &Error) -> anyhow::Error {
    match error.kind {
        ErrorKind::Io => anyhow!("it may be deleted or not; delete it again: {error}"),
        _ => anyhow!("nothing was deleted: {error}"),
    }
}

fn answer(waiting: &Waiting, data: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match waiting.answered()? {
            Some(Answer::Done(done)) => {
                show::line(&done);
                return Ok(());
            }
            Some(Answer::Failed(why)) => bail!(why),
            None => thread::sleep(LOOK),
        }
    }
    bail!(
        "the process that uses {} has not answered within {} s; its log says whether it has deleted \
         anything",
        data.display(),
        PATIENCE.as_secs()
    )
}
