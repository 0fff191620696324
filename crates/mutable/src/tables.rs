//! What is held in memory, and how it becomes rows and comes back from them.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::{Mutex, RwLock};
use skytrail_model::entity::EntityRecord;
use skytrail_model::template::UiTemplate;
use skytrail_model::time::Minute;
use skytrail_storage::memory::{Changes, MemoryEntities, MemoryTags, MemoryTemplates};
use skytrail_storage::{TagKind, TagRead, TagSighting, Tags, Templates};

use crate::file::load::Sink;
use crate::file::transaction::{Batch, Source};
use crate::row::{Row, Table, alias, blob, entity, tag, template};

/// Rows that are taken from memory under one lock, so that nobody waits long.
const PART: usize = 8_192;

/// Rounds of parts beside those that the rows take, before all is taken at once:
/// whoever changes rows meanwhile does not keep others from being taken.
const MORE_ROUNDS: u64 = 4;

/// Bytes by name.
pub(crate) type Blobs = BTreeMap<String, Arc<[u8]>>;

/// The tables.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) entities: MemoryEntities,
    pub(crate) tags: MemoryTags,
    pub(crate) templates: MemoryTemplates,
    pub(crate) blobs: RwLock<Blobs>,
    /// Days that the file has tags of.
    days: Mutex<BTreeSet<Minute>>,
}

impl Tables {
    pub(crate) fn new(entity_bytes: usize, tag_bytes: usize) -> Self {
        Self {
            entities: MemoryEntities::new(entity_bytes),
            tags: MemoryTags::new(tag_bytes),
            templates: MemoryTemplates::default(),
            blobs: RwLock::default(),
            days: Mutex::default(),
        }
    }

    /// Takes everything that changed since it was taken last.
    pub(crate) fn take_changes(&self, batch: &mut Batch) {
        let rows = self.entities.usage().rows;
        drain(
            rows,
            |most| self.entities.take_changes(most),
            |changes| {
                changes
                    .gone
                    .iter()
                    .for_each(|id| batch.add(Table::Entities, entity::key(*id), None));
                changes
                    .put
                    .iter()
                    .for_each(|record| put(batch, Table::Entities, entity::encode(record)));
            },
        );
        drain(
            rows,
            |most| self.entities.take_alias_changes(most),
            |changes| {
                let keys = changes.gone.iter();
                let keys =
                    keys.map(|gone| alias::key(&gone.address, &gone.service, &gone.instance));
                keys.for_each(|key| batch.add(Table::Aliases, key, None));
                changes.put.iter().for_each(|one| put(batch, Table::Aliases, alias::encode(one)));
            },
        );
        let mut days = self.days.lock();
        drain(
            self.tags.usage().rows,
            |most| self.tags.take_changes(most),
            |changes| {
                for day in &changes.gone {
                    batch.remove_all(Table::Tags, tag::day_prefix(*day));
                    days.remove(day);
                }
                for sighting in &changes.put {
                    put(batch, Table::Tags, tag::encode(sighting));
                    days.insert(sighting.day);
                }
            },
        );
    }

    fn tag_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for day in self.days.lock().iter() {
            for kind in [TagKind::Trace, TagKind::Log, TagKind::Alarm] {
                let read = |key| TagRead { kind, key, from: *day, to: *day, limit: usize::MAX };
                let list = |key| now(self.tags.list(&read(key))).unwrap_or_default();
                for key in list(None) {
                    let values = list(Some(key.clone())).into_iter();
                    rows.extend(values.map(|value| {
                        tag::encode(&TagSighting { kind, key: key.clone(), value, day: *day })
                    }));
                }
            }
        }
        rows
    }
}

impl Source for Tables {
    fn begin(&self) {
        self.take_changes(&mut Batch::default());
    }

    fn rows(&self, table: Table) -> Vec<Row> {
        match table {
            Table::State => Vec::new(),
            Table::Entities => self.entities.written_anew().iter().map(entity::encode).collect(),
            Table::Aliases => {
                self.entities.aliases_written_anew().iter().map(alias::encode).collect()
            }
            Table::Tags => self.tag_rows(),
            Table::Templates => {
                let templates = now(self.templates.list()).unwrap_or_default();
                templates.iter().map(template::encode).collect()
            }
            Table::Blobs => {
                self.blobs.read().iter().map(|(name, bytes)| blob::encode(name, bytes)).collect()
            }
        }
    }
}

fn put(batch: &mut Batch, table: Table, (key, payload): Row) {
    batch.add(table, key, Some(payload));
}

/// Takes parts until there are none.
fn drain<R, K>(
    rows: u64,
    take: impl Fn(usize) -> Changes<R, K>,
    mut give: impl FnMut(&Changes<R, K>),
) {
    for _ in 0..rows / PART as u64 + MORE_ROUNDS {
        let changes = take(PART);
        give(&changes);
        if !changes.has_more {
            return;
        }
    }
    give(&take(usize::MAX));
}

/// The end of a future of memory, which waits for nobody: it is there at once or
/// after it gave way to others.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
        std::thread::yield_now();
    }
}

/// Puts rows of the file into the tables, some at a time.
#[derive(Debug)]
pub(crate) struct Loading<'a> {
    tables: &'a Tables,
    entities: Vec<EntityRecord>,
    tags: Vec<TagSighting>,
}

impl<'a> Loading<'a> {
    pub(crate) fn into(tables: &'a Tables) -> Self {
        Self { tables, entities: Vec::new(), tags: Vec::new() }
    }

    /// Puts the rest in.
    pub(crate) fn end(&mut self) {
        self.tables.entities.load(std::mem::take(&mut self.entities));
        self.tables.tags.load(std::mem::take(&mut self.tags));
    }
}

impl Sink for Loading<'_> {
    fn take(&mut self, table: Table, key: &[u8], payload: &[u8]) -> bool {
        let tables = self.tables;
        let is_read = match table {
            Table::State => None,
            Table::Entities => {
                entity::decode(key, payload).map(|record| self.entities.push(record))
            }
            Table::Aliases => {
                alias::decode(key, payload).map(|alias| tables.entities.load_aliases(vec![alias]))
            }
            Table::Tags => tag::decode(key, payload).map(|sighting| {
                tables.days.lock().insert(sighting.day);
                self.tags.push(sighting);
            }),
            Table::Templates => template::decode(key, payload)
                .map(|template: UiTemplate| tables.templates.load(vec![template])),
            Table::Blobs => blob::decode(key, payload).map(|(name, bytes)| {
                tables.blobs.write().insert(name, bytes);
            }),
        };
        if self.entities.len() + self.tags.len() >= PART {
            self.end();
        }
        is_read.is_some()
    }
}
