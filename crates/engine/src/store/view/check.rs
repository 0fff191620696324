//! Whether every byte of a store is what was written.

use std::path::PathBuf;

use skytrail_mutable::{Config, Mutable};

use super::{Progress, View};
use crate::bytes::Checksum;
use crate::store::folder::{Folder, StoredFile};
use crate::store::manifest::PartEntry;
use crate::store::open::MUTABLE;
use crate::store::save::read_blob;

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which file, and what is wrong with it.
    pub what: String,
}

impl View {
    /// Reads everything. Says how many parts it has read, of all.
    pub fn check(&self, progress: Progress<'_>) -> Vec<Finding> {
        let all = self.manifest.parts.len() as u64;
        let mut found: Vec<Finding> =
            self.damaged.iter().map(|(_, error)| Finding { what: error.to_string() }).collect();
        let mut done = found.len() as u64;
        let mut add = |entry: &PartEntry, file: &StoredFile, read: skytrail_columns::Result<()>| {
            let whole = read.map_err(|error| error.to_string()).and_then(|()| whole(entry, file));
            if let Err(error) = whole {
                found.push(Finding { what: format!("{}: {error}", file.describe()) });
            }
            done += 1;
            progress(done, all);
        };
        for part in &self.version.parts.spans {
            let mut blocks = 0..part.part.len();
            let read = blocks.try_for_each(|number| part.part.block(number)?.rows().map(drop));
            add(&part.entry, &part.file, read);
        }
        for part in &self.version.parts.metrics {
            add(&part.entry, &part.file, part.part.check());
        }
        for part in &self.version.parts.relations {
            add(&part.entry, &part.file, part.part.check());
        }
        for part in &self.version.parts.records {
            add(&part.entry, &part.file, part.part.check());
        }
        found.extend(self.check_blobs());
        found
    }

    fn check_blobs(&self) -> Vec<Finding> {
        let folder = Folder::new(self.fs.clone(), self.manifest.next_file);
        let read = self.manifest.blobs().map(|(blob, of)| read_blob(&folder, blob, of));
        read.filter_map(Result::err).map(|error| Finding { what: error.to_string() }).collect()
    }

    /// Checks what changes in place too, which no other process may have open.
    pub fn check_mutable(&self) -> Option<Finding> {
        let opened = Mutable::open(self.fs.clone(), PathBuf::from(MUTABLE), Config::default());
        match opened {
            Ok(opened) => opened.damage.map(|damage| Finding { what: format!("{damage:?}") }),
            Err(error) => Some(Finding { what: error.to_string() }),
        }
    }
}

/// Whether a file holds the bytes that were written.
fn whole(entry: &PartEntry, file: &StoredFile) -> Result<(), String> {
    let (mut piece, mut sum, mut at) = (vec![0; PIECE], Checksum::default(), 0);
    while at < file.len() {
        piece.truncate(usize::try_from(file.len() - at).map_or(PIECE, |left| left.min(PIECE)));
        file.read(&mut piece, at).map_err(|error| error.to_string())?;
        sum.add(&piece);
        at += piece.len() as u64;
    }
    let is_whole = sum.finish() == entry.checksum;
    is_whole.then_some(()).ok_or_else(|| "its checksum does not match".to_owned())
}
