//! What the commands work on.

use std::path::Path;

use anyhow::bail;
use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::real::RealFileSystem;
use skytrail_engine::store::view::View;

use crate::cli::DataDir;
use crate::data::STORE;
use crate::show;

/// The folder of the store of a data folder.
pub(super) fn store_of(data: &DataDir) -> anyhow::Result<SharedFileSystem> {
    folder(&data.data.join(STORE))
}

/// A folder that is there.
pub(super) fn folder(path: &Path) -> anyhow::Result<SharedFileSystem> {
    if !path.is_dir() {
        bail!("there is no folder {}; --data names the data folder of the server", path.display());
    }
    Ok(RealFileSystem::at(path.to_owned()))
}

/// The store of a data folder as it is now.
pub(super) fn view(data: &DataDir) -> anyhow::Result<View> {
    Ok(View::open(&store_of(data)?)?)
}

/// Says how far a command is, where somebody watches.
pub(super) fn progress(what: &'static str) -> impl FnMut(u64, u64) {
    move |done, all| show::progress(&format!("{what}: {done} of {all} files"))
}
