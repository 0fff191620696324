//! Everything together.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use skytrail_base::fs::SharedFileSystem;
use skytrail_base::future::BoxFuture;
use skytrail_base::journal::Position;
use skytrail_model::entity::EntityId;
use skytrail_model::template::UiTemplate;
use skytrail_model::time::Minute;
use skytrail_storage::{Entities, FamilyUsage, Tags, Templates};
use tracing::warn;

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::file::Names;
use crate::file::start::{Damage, start};
use crate::file::writer::Writer;
use crate::row::{Row, Table, blob, template};
use crate::tables::{Loading, Tables, now};

/// Bytes of a blob, at most.
pub const MAX_BLOB_BYTES: usize = 16 << 20;

/// Bytes of all blobs together, at most: they are held in memory.
pub const MAX_BLOBS_BYTES: usize = 32 << 20;

/// Blobs, at most.
pub const MAX_BLOBS: usize = 64;

/// Bytes of a blob's name, at most.
pub const MAX_BLOB_NAME_BYTES: usize = 255;

/// Services, instances, endpoints, relations, aliases, tags, dashboards and a few
/// named blobs, in one file.
///
/// All of it is held in memory and read from there. What arrives is in memory at
/// once and in the file with the next [`Self::commit`]; dashboards and blobs are
/// in the file before their call returns. Calls that write wait for the disk and
/// for each other, and belong on a thread that may.
#[derive(Debug)]
pub struct Mutable {
    shared: Arc<Shared>,
    templates: DurableTemplates,
}

/// An opened file.
#[derive(Debug)]
pub struct Opened {
    /// Its content.
    pub mutable: Mutable,
    /// The position of the last commit; 0 where there was none.
    pub position: Position,
    /// What is lost, if the file was damaged.
    pub damage: Option<Damage>,
}

#[derive(Debug)]
struct Shared {
    tables: Tables,
    writer: Mutex<Writer>,
    file_bytes: AtomicU64,
}

impl Mutable {
    /// Opens the file, or begins with none: the first write makes it. A damaged
    /// one is set aside as `…damaged-N`, with a line in the log, and whatever of it
    /// could be read is kept.
    ///
    /// # Errors
    /// `Io` when the disk refuses, `Locked` when another process has the file,
    /// `Version` when a later release wrote it; it is left as it is then.
    pub fn open(fs: SharedFileSystem, path: PathBuf, config: Config) -> Result<Opened> {
        let tables = Tables::new(config.entity_bytes, config.tag_bytes);
        let mut loading = Loading::into(&tables);
        let started = start(Names { fs, path }, config.cache_bytes, &mut loading)?;
        loading.end();
        let (mut writer, damage) = (started.writer, started.damage);
        let position = writer.last().position;
        if damage.as_ref().is_some_and(|damage| damage.kept_rows > 0)
            && let Err(error) = writer.write(position, &[], &tables)
        {
            warn!(%error, "what was kept of the damaged file waits in memory for the next commit");
        }
        let file_bytes = AtomicU64::new(writer.file_bytes());
        let shared = Arc::new(Shared { tables, writer: Mutex::new(writer), file_bytes });
        let templates = DurableTemplates { shared: shared.clone() };
        Ok(Opened { mutable: Self { shared, templates }, position, damage })
    }

    /// Makes everything durable that has arrived, together with the position up to
    /// which it did. Waits for the disk.
    ///
    /// # Errors
    /// `Io` when the disk refuses. Nothing is lost then: the next commit writes it.
    pub fn commit(&self, position: Position) -> Result<()> {
        self.commit_with(position, &[])
    }

    /// The same, together with blobs, all or nothing.
    ///
    /// # Errors
    /// As for [`Self::commit`]; the blobs then are those before. `Invalid` for
    /// blobs that exceed a limit, and then nothing is written.
    pub fn commit_with(&self, position: Position, blobs: &[(&str, &[u8])]) -> Result<()> {
        let shared = &self.shared;
        let mut writer = shared.writer.lock();
        shared.check_blobs(blobs)?;
        writer.absorb(|batch| shared.tables.take_changes(batch));
        shared.write_blobs(&mut writer, position, blobs)
    }

    /// Bytes by name, as they were put last.
    pub fn get_blob(&self, name: &str) -> Option<Arc<[u8]>> {
        self.shared.tables.blobs.read().get(name).cloned()
    }

    /// Puts blobs in the place of those of the same names, all or none, durably.
    /// Waits for the disk.
    ///
    /// # Errors
    /// `Invalid` for what exceeds [`MAX_BLOB_BYTES`], [`MAX_BLOBS_BYTES`],
    /// [`MAX_BLOBS`] or [`MAX_BLOB_NAME_BYTES`]; `Io` when the disk refuses, and
    /// then those before are still there.
    pub fn put_blobs(&self, blobs: &[(&str, &[u8])]) -> Result<()> {
        let shared = &self.shared;
        let mut writer = shared.writer.lock();
        shared.check_blobs(blobs)?;
        let position = writer.last().position;
        shared.write_blobs(&mut writer, position, blobs)
    }

    /// Removes entities and aliases last seen before a minute. They leave the file
    /// with the next commit.
    pub fn expire_entities(&self, before: Minute) {
        self.shared.tables.entities.expire(before);
    }

    /// Removes tags of days that began before a minute, likewise.
    pub fn expire_tags(&self, before: Minute) {
        self.shared.tables.tags.expire(before);
    }

    /// Removes everything that names a service, real or conjectured: itself, its instances,
    /// endpoints, relations and aliases. They leave the file with the next commit.
    pub fn forget_service(&self, name: &str) {
        self.shared.tables.entities.forget_service(name);
    }

    /// Ids of the entities that [`Self::forget_service`] would remove.
    pub fn ids_of_service(&self, name: &str) -> Vec<EntityId> {
        self.shared.tables.entities.ids_of_service(name)
    }

    /// What is held, in memory: entities, tags, templates. Answers at once.
    pub fn usage(&self) -> Vec<FamilyUsage> {
        let tables = &self.shared.tables;
        vec![tables.entities.usage(), tables.tags.usage(), tables.templates.usage()]
    }

    /// Bytes of the file after the last write. Answers at once.
    pub fn file_bytes(&self) -> u64 {
        self.shared.file_bytes.load(Ordering::Relaxed)
    }

    /// Services, instances, endpoints, relations and aliases.
    pub fn entities(&self) -> &dyn Entities {
        &self.shared.tables.entities
    }

    /// Searchable tags.
    pub fn tags(&self) -> &dyn Tags {
        &self.shared.tables.tags
    }

    /// Dashboards.
    pub fn templates(&self) -> &dyn Templates {
        &self.templates
    }
}

impl Shared {
    fn write(&self, writer: &mut Writer, position: Position, large: &[(Table, Row)]) -> Result<()> {
        let written = writer.write(position, large, &self.tables);
        self.file_bytes.store(writer.file_bytes(), Ordering::Relaxed);
        written
    }

    fn write_blobs(
        &self,
        writer: &mut Writer,
        position: Position,
        blobs: &[(&str, &[u8])],
    ) -> Result<()> {
        let rows = blobs.iter().map(|(name, bytes)| (Table::Blobs, blob::encode(name, bytes)));
        self.write(writer, position, &rows.collect::<Vec<_>>())?;
        let blobs = blobs.iter().map(|(name, bytes)| ((*name).to_owned(), Arc::from(*bytes)));
        self.tables.blobs.write().extend(blobs);
        Ok(())
    }

    fn check_blobs(&self, blobs: &[(&str, &[u8])]) -> Result<()> {
        let held = self.tables.blobs.read();
        let mut sizes: std::collections::BTreeMap<_, _> =
            held.iter().map(|(name, bytes)| (name.as_str(), bytes.len())).collect();
        for (name, bytes) in blobs {
            check("a name of a blob in bytes", name.len(), MAX_BLOB_NAME_BYTES)?;
            check("blob in bytes", bytes.len(), MAX_BLOB_BYTES)?;
            sizes.insert(name, bytes.len());
        }
        check("number of blobs", sizes.len(), MAX_BLOBS)?;
        check("all blobs in bytes", sizes.values().sum(), MAX_BLOBS_BYTES)
    }

    fn put_template(&self, new: UiTemplate) -> skytrail_storage::Result<()> {
        let mut writer = self.writer.lock();
        self.tables.templates.check(&new)?;
        let position = writer.last().position;
        self.write(&mut writer, position, &[(Table::Templates, template::encode(&new))])?;
        now(self.tables.templates.put(new))
    }
}

fn check(what: &str, is: usize, limit: usize) -> Result<()> {
    if is <= limit {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Invalid, format!("{what}: {is} exceeds the limit of {limit}")))
}

/// Dashboards that are in the file before they are seen.
#[derive(Debug)]
struct DurableTemplates {
    shared: Arc<Shared>,
}

impl Templates for DurableTemplates {
    fn put<'a>(&'a self, template: UiTemplate) -> BoxFuture<'a, skytrail_storage::Result<()>> {
        let shared = self.shared.clone();
        let work = move || shared.put_template(template);
        Box::pin(async move {
            // Threads that wait for disks are the runtime's; without one, this is one.
            let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work() };
            runtime.spawn_blocking(work).await.unwrap_or_else(|error| {
                let text = format!("the template may not have been written: {error}");
                Err(skytrail_storage::Error::new(skytrail_storage::ErrorKind::Unavailable, text))
            })
        })
    }

    fn get<'a>(
        &'a self,
        id: &'a str,
    ) -> BoxFuture<'a, skytrail_storage::Result<Option<UiTemplate>>> {
        self.shared.tables.templates.get(id)
    }

    fn list<'a>(&'a self) -> BoxFuture<'a, skytrail_storage::Result<Vec<UiTemplate>>> {
        self.shared.tables.templates.list()
    }
}
