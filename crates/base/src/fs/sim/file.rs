//! A handle of a simulated file.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

use super::bytes::SECTOR;
use super::disk::{Disk, HandleId};
use super::fault::Operation;
use super::names::Id;
use crate::fs::File;

#[derive(Debug)]
pub(super) struct SimFile {
    disk: Arc<Mutex<Disk>>,
    id: Id,
    handle: HandleId,
    path: PathBuf,
    is_direct: bool,
}

impl SimFile {
    pub(super) fn new(disk: Arc<Mutex<Disk>>, (id, handle): (Id, HandleId), path: PathBuf) -> Self {
        Self { disk, id, handle, path, is_direct: false }
    }

    /// One that takes whole sectors only.
    pub(super) fn direct(mut self) -> Self {
        self.is_direct = true;
        self
    }

    /// Not the error of a disk that takes no such blocks: who asks for it has a mistake.
    fn check(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let places = [bytes.as_ptr().addr(), bytes.len(), offset as usize];
        if self.is_direct && places.iter().any(|place| !place.is_multiple_of(SECTOR)) {
            return Err(io::Error::other("not in whole sectors"));
        }
        Ok(())
    }

    fn attempt<T>(
        &self,
        operation: Operation,
        work: impl FnOnce(&mut Disk, Option<io::Error>) -> io::Result<T>,
    ) -> io::Result<T> {
        self.disk.lock().attempt(operation, (&self.path, None), work)
    }
}

impl File for SimFile {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.check(into, offset)?;
        self.attempt(Operation::Read, |disk, fault| {
            fault.map_or(Ok(()), Err)?;
            let bytes = disk.bytes(self.id)?;
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let rest = bytes.get(start..).unwrap_or_default();
            let read = rest.len().min(into.len());
            into.iter_mut().zip(rest).for_each(|(into, byte)| *into = *byte);
            Ok(read)
        })
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.check(bytes, offset)?;
        self.attempt(Operation::Write, |disk, fault| disk.write(self.id, bytes, offset, fault))
    }

    fn sync(&self) -> io::Result<()> {
        self.attempt(Operation::Sync, |disk, fault| disk.sync(self.id, fault))
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.lock().bytes(self.id)?.len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.attempt(Operation::SetLen, |disk, fault| {
            fault.map_or(Ok(()), Err)?;
            disk.set_len(self.id, len)
        })
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.attempt(Operation::Lock, |disk, fault| {
            fault.map_or(Ok(()), Err)?;
            disk.try_lock(self.id, self.handle)
        })
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        self.disk.lock().close(self.id, self.handle);
    }
}
