//! Deletion of a service or a trace. One edit names the parts that hold some of it,
//! from which on nothing of it is answered; the parts are written anew later.
//!
//! What is deleted is what came before the last checkpoint, and no log brings that
//! back. So a part that holds rows of a deletion never gets rows that came later.

use std::collections::BTreeSet;
use std::sync::Arc;

use skytrail_model::entity::EntityId;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::{Edge, EntitySelection, HourMinutes, RelationRead, Visible};

use super::core::Core;
use super::files::Files;
use super::folder::{ENTITIES, StoredFile};
use super::manifest::{BlobEntry, Deletion, MaskEntry};
use super::mask::{self, MOST_DELETIONS, MOST_ENTITIES, entities_as_bytes, ids_of};
use super::state::{Parts, Version};
use crate::bytes::checksum;
use crate::error::{Error, ErrorKind, Result};

/// What a deletion came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deleted {
    /// The last record of the log whose rows it is about.
    pub position: u64,
    /// Files that hold some of it, which are written anew.
    pub files: u64,
}

/// Leaves out what came before the last checkpoint.
///
/// # Errors
/// There are too many deletions, or the disk refuses: then nobody knows whether it
/// is deleted until it is tried again.
pub(crate) fn delete(core: &Core, what: &Deletion) -> Result<Deleted> {
    // No merge mixes rows of a deletion with others meanwhile.
    let _alone = core.merging.lock();
    let (version, position, mut masks) = {
        let manifest = core.manifest.lock();
        let position = manifest.checkpoint.as_ref().map_or(0, |entry| entry.position);
        (core.state.snapshot().version, position, manifest.masks.clone())
    };
    if masks.len() >= MOST_DELETIONS {
        return Err(Error::limit(format!(
            "{MOST_DELETIONS} deletions are still to be done, no more are taken; try again when \
             the log of the server says that one is done"
        )));
    }
    let (entities, file) = match what {
        Deletion::Trace(_) => (None, None),
        Deletion::Service(name) => {
            let (blob, file) = write_entities(core, &entities(core, &version, name)?)?;
            (Some(blob), Some(file))
        }
    };
    let has_names = entities.is_some();
    let mut parts: Vec<u64> = version.parts.entries().map(|entry| entry.number).collect();
    parts.sort_unstable();
    mask::check(&masks, &core.folder)?;
    let is_forgotten = false;
    masks.push(MaskEntry {
        what: what.clone(),
        position,
        parts,
        entities,
        has_names,
        is_forgotten,
    });
    let masked = masked_parts(core, &version, &masks)?;
    let Some(mut mask) = masks.pop() else { return Ok(Deleted::default()) };
    let concerned: BTreeSet<u64> = masked.entries().map(|entry| entry.number).collect();
    let mut deleted = Deleted { position, files: 0 };
    core.edit(&[], file.as_ref(), |manifest, version| {
        let counts = manifest.parts.iter().map(|entry| entry.number);
        // Those that went meanwhile are gone.
        let held: BTreeSet<u64> = counts.filter(|number| concerned.contains(number)).collect();
        version.parts.replace(masked.only(&held));
        deleted.files = held.len() as u64;
        mask.parts = held.into_iter().collect();
        manifest.masks.push(mask);
    })?;
    forget_in_memory(core);
    forget_names(core)?;
    Ok(deleted)
}

/// Lets go of the names of deleted services in memory; the next commit of what changes in place
/// has none of them.
pub(crate) fn forget_in_memory(core: &Core) {
    let mut manifest = core.manifest.lock();
    let are_there = |mask: &&mut MaskEntry| mask.has_names && !mask.is_forgotten;
    for mask in manifest.masks.iter_mut().filter(are_there) {
        if let Deletion::Service(name) = &mask.what {
            core.mutable.forget_service(name);
        }
        mask.is_forgotten = true;
    }
}

/// Makes it durable that names of deleted services are gone, which they are from
/// memory.
///
/// # Errors
/// The disk refuses.
pub(crate) fn forget_names(core: &Core) -> Result<()> {
    let position = {
        let manifest = core.manifest.lock();
        if !manifest.masks.iter().any(|mask| mask.has_names) {
            return Ok(());
        }
        manifest.checkpoint.as_ref().map_or(0, |entry| entry.position)
    };
    let position = skytrail_base::journal::Position(position);
    core.mutable.commit(position).map_err(|error| Error::mutable(&error))?;
    core.edit(&[], None, |manifest, _| {
        manifest.masks.iter_mut().for_each(|mask| mask.has_names = false);
    })
}

/// The parts of a version that hold something of the last of some masks, as they
/// are read from now on.
fn masked_parts(core: &Core, version: &Version, masks: &[MaskEntry]) -> Result<Parts> {
    let (folder, cache, catalogue) = (&core.folder, &core.cache, &core.catalogue);
    let (last, before) = masks
        .split_last()
        .map_or((&[][..], &[][..]), |(last, before)| (std::slice::from_ref(last), before));
    let of_last = Files { folder, cache, catalogue, masks: last };
    let of_all = Files { folder, cache, catalogue, masks };
    let mut masked = Parts::default();
    for entry in version.parts.entries() {
        let has_others = before.iter().any(|mask| mask.parts.contains(&entry.number));
        let opened = || -> Result<Parts> {
            let mut one = Parts::default();
            of_last.masked(version, entry, &mut one)?;
            if has_others && one.entries().next().is_some() {
                one = Parts::default();
                of_all.masked(version, entry, &mut one)?;
            }
            Ok(one)
        };
        match opened() {
            // It is set aside, and left out of answers as a whole.
            Err(error) if error.kind == ErrorKind::Corrupt => core.suspects.add(entry, &error),
            opened => masked.extend(opened?),
        }
    }
    Ok(masked)
}

/// All entities of a service that are known by name or by what they called.
fn entities(core: &Core, version: &Version, name: &str) -> Result<Vec<EntityId>> {
    let services = ids_of(name);
    let mut entities = Entities::new(MOST_ENTITIES);
    let known = services.into_iter().chain(core.mutable.ids_of_service(name));
    entities.extend(known);
    for scope in [Scope::ServiceRelation, Scope::ServiceInstanceRelation, Scope::EndpointRelation] {
        let read = RelationRead {
            scope,
            touching: EntitySelection::these(services.to_vec()),
            from: Minute(i64::MIN / 2),
            to: Minute(i64::MAX / 2),
            visible: Visible::All,
        };
        let mut take = |edge: &Edge, _: HourMinutes| {
            let ends = [(edge.source_service, edge.source), (edge.dest_service, edge.dest)];
            let own = ends.iter().filter(|(service, _)| services.contains(service));
            entities.extend(own.map(|(_, end)| *end).chain([edge.relation]))
        };
        for part in &version.parts.relations {
            core.suspects.judge(part, part.part.read(&read, &|_| true, &mut take))?;
        }
    }
    entities.all(name)
}

/// Entities of one service, up to a limit.
struct Entities {
    found: BTreeSet<EntityId>,
    most: usize,
    are_too_many: bool,
}

impl Entities {
    fn new(most: usize) -> Self {
        Self { found: BTreeSet::new(), most, are_too_many: false }
    }

    /// Whether there may be more.
    fn extend(&mut self, entities: impl IntoIterator<Item = EntityId>) -> bool {
        for entity in entities {
            if self.found.len() < self.most {
                self.found.insert(entity);
            } else if !self.found.contains(&entity) {
                self.are_too_many = true;
            }
        }
        !self.are_too_many
    }

    /// All of them: a service is deleted as a whole or not at all.
    fn all(self, name: &str) -> Result<Vec<EntityId>> {
        if self.are_too_many {
            return Err(Error::limit(format!(
                "the service '{name}' has more than {} instances, endpoints and relations, which \
                 are more than can be deleted at once; what is too old goes by itself",
                self.most
            )));
        }
        Ok(self.found.into_iter().collect())
    }
}

fn write_entities(core: &Core, entities: &[EntityId]) -> Result<(BlobEntry, Arc<StoredFile>)> {
    let bytes = entities_as_bytes(entities);
    let written = || {
        let mut file = core.folder.create(ENTITIES)?;
        file.write(&bytes)?;
        file.finish()
    };
    let file = written().map_err(|error| Error::io("cannot write what is deleted", error))?;
    let (number, checksum) = (file.number(), checksum(&bytes, 0));
    let entry = BlobEntry { number, bytes: bytes.len() as u64, checksum };
    Ok((entry, Arc::new(file)))
}

#[cfg(test)]
mod tests {
    use skytrail_model::entity::EntityId;

    use super::Entities;
    use crate::error::ErrorKind;

    #[test]
    fn a_service_with_too_many_entities_is_refused_and_not_deleted_in_part() {
        let mut entities = Entities::new(3);
        assert!(entities.extend([1, 2, 3, 2, 1].map(EntityId)));
        let all = |entities: Entities| entities.all("shop");
        let mut more = Entities::new(3);
        assert!(more.extend([1, 2].map(EntityId)));
        assert!(!more.extend([3, 4].map(EntityId)), "no more is looked for");
        let error = all(more).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit);
        assert!(error.context.contains("'shop' has more than 3"), "{error}");
        assert_eq!(all(entities).unwrap(), [1, 2, 3].map(EntityId));
    }
}
