//! Agents that report to this server.

use skytrail_model::entity::{Entity, EntityRecord};
use skytrail_model::id;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::{EntityFilter, EntityQuery};

use super::instance::Language;
use super::service::RECORD_BYTES;
use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;

/// Agents of an answer, at most: those that were seen last.
const MOST: usize = 1_000;

/// Minutes after which an agent that says nothing is none any more: a day.
const SILENT: i64 = 1_440;

/// Keys of the version of an agent, however its agent spells it.
const VERSIONS: [&str; 3] = ["agent_version", "agent.version", "version"];

/// An agent: what reports as an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Name of its service.
    pub service: String,
    /// Id of its service.
    pub service_id: String,
    /// Name of its instance.
    pub instance: String,
    /// Id of its instance.
    pub instance_id: String,
    /// Language, in capitals; empty if it was not told.
    pub language: String,
    /// Version of the agent.
    pub version: Option<String>,
    /// When it last told that it lives, milliseconds since the Unix epoch.
    pub last_seen: i64,
}

impl Query {
    /// Agents that were seen on the last day, the last one first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn agents(&self, ctx: &Ctx) -> Result<Vec<Agent>> {
        let since = Minute::of_nanos(self.clock.unix_nanos()).plus(-SILENT);
        let filters = vec![EntityFilter::SeenSince(since)];
        let query = EntityQuery { scope: Scope::ServiceInstance, filters, limit: MOST };
        ctx.charge_examined(self.storage.entities().examined(&query))?;
        let (records, is_cut) = self.storage.entities().list(&query).await?;
        ctx.keep(records.len().saturating_mul(RECORD_BYTES))?;
        if is_cut {
            ctx.note_incomplete();
        }
        Ok(records.iter().filter_map(agent).collect())
    }
}

fn agent(record: &EntityRecord) -> Option<Agent> {
    let Entity::Instance(child) = &record.entity else { return None };
    Some(Agent {
        service: child.service.name.clone(),
        service_id: id::service_id(&child.service),
        instance: child.name.clone(),
        instance_id: id::entity_id(&record.entity),
        language: language(record).map(spelled).unwrap_or_default(),
        version: version(record).map(str::to_owned),
        last_seen: record.last_seen.start_millis(),
    })
}

/// The language of an agent, as it was sent.
pub(crate) fn language(record: &EntityRecord) -> Option<&str> {
    property(record, &["language"])
}

/// A language as the protocol spells it; one that it does not know in capitals.
pub(crate) fn spelled(language: &str) -> String {
    match Language::of(language) {
        Language::Unknown => language.to_uppercase(),
        known => known.name().to_owned(),
    }
}

/// The version of an agent.
pub(crate) fn version(record: &EntityRecord) -> Option<&str> {
    property(record, &VERSIONS)
}

/// The version of what runs in an instance.
pub(crate) fn release(record: &EntityRecord) -> Option<&str> {
    property(record, &["service.version"])
}

fn property<'a>(record: &'a EntityRecord, keys: &[&str]) -> Option<&'a str> {
    let of = |key: &&str| {
        let found = record.properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value.as_str())
    };
    keys.iter().find_map(of)
}
