//! Disks that let a program look as if it had a mistake in it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Call, Operation, SimFileSystem, Watch};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// Clients are answered before the log is synced.
    AnswersBeforeSync,
    /// No folder is ever synced.
    ForgetsFolders,
    /// A manifest gets its name before its bytes are durable.
    RenamesBeforeSync,
    /// A part counts before its bytes are durable.
    ForgetsParts,
    /// A record of what a file of the log was used for before is taken for one of now.
    TakesStaleRecords,
}

/// A disk on which it looks so.
pub(super) struct Lying {
    disk: Arc<SimFileSystem>,
    lie: Lie,
}

impl Lying {
    pub(super) fn new(disk: Arc<SimFileSystem>, lie: Lie) -> Arc<Self> {
        Arc::new(Self { disk, lie })
    }

    /// Too late. The disk may have stopped, too.
    fn sync_manifest(&self, folder: &Path) {
        let synced = self.disk.open(&folder.join("manifest")).and_then(|file| file.sync());
        drop(synced);
    }

    /// Makes the first old frame behind those that were written look like the next one.
    fn freshen(&self, call: &Call<'_>) -> io::Result<()> {
        let bytes = self.disk.read_all(call.path)?;
        let (generation, salt) = (u64_at(&bytes, 16), u64_at(&bytes, 48));
        let begin = call.offset as usize;
        let written = begin + call.bytes.len();
        let last = (begin..written).step_by(8).rfind(|at| is_frame(&bytes, *at)).unwrap_or(begin);
        let stale = (written..bytes.len() - 512).step_by(8).find(|at| {
            let fits = at + frame_len(&bytes, *at) <= bytes.len() - 512;
            is_frame(&bytes, *at) && u64_at(&bytes, at + 8) != generation && fits
        });
        let Some(at) = stale else { return Ok(()) };
        let mut frame = bytes[at..at + frame_len(&bytes, at)].to_vec();
        let next = u64_at(&bytes, last + 16) + 1;
        frame[8..16].copy_from_slice(&generation.to_le_bytes());
        frame[16..24].copy_from_slice(&next.to_le_bytes());
        frame[24..32].copy_from_slice(&bytes[last + 24..last + 32]);
        let sum = xxh3_64_with_seed(&frame[64..], salt);
        frame[48..56].copy_from_slice(&sum.to_le_bytes());
        let sum = xxh3_64_with_seed(&frame[..56], salt);
        frame[56..64].copy_from_slice(&sum.to_le_bytes());
        self.disk.open(call.path)?.write_at(&frame, at as u64)
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn is_frame(bytes: &[u8], at: usize) -> bool {
    bytes[at..].starts_with(b"WREC")
}

fn frame_len(bytes: &[u8], at: usize) -> usize {
    (64 + u64_at(bytes, at + 4) as u32 as usize).next_multiple_of(8)
}

fn is_of(call: &Call<'_>, extension: &str) -> bool {
    call.path.extension().is_some_and(|one| one == extension)
}

impl Watch for Lying {
    fn instead(&self, call: &Call<'_>) -> Option<io::Result<()>> {
        let is_left_out = match (self.lie, call.operation) {
            (Lie::AnswersBeforeSync, Operation::Sync) => is_of(call, "wal"),
            (Lie::ForgetsFolders, Operation::SyncDir) => true,
            (Lie::RenamesBeforeSync, Operation::Sync) => call.path.ends_with("manifest.new"),
            (Lie::ForgetsParts, Operation::Sync) => is_of(call, "spans"),
            _ => false,
        };
        is_left_out.then_some(Ok(()))
    }

    fn done(&self, call: &Call<'_>, result: &io::Result<()>) {
        let is_frames = call.operation == Operation::Write && call.bytes.starts_with(b"WREC");
        match self.lie {
            _ if result.is_err() => {}
            Lie::RenamesBeforeSync if call.operation == Operation::SyncDir => {
                self.sync_manifest(call.path);
            }
            Lie::TakesStaleRecords if is_frames => self.freshen(call).unwrap_or_default(),
            _ => {}
        }
    }
}
