//! Instances.

use skytrail_model::entity::{Entity, EntityRecord, ServiceRef};
use skytrail_model::id;
use skytrail_model::scope::Scope;
use skytrail_storage::{EntityFilter, EntityQuery};

use crate::context::Ctx;
use crate::entity::parse_service;
use crate::error::Result;
use crate::query::Query;
use crate::time::Duration;

/// The property that tells the language of an agent.
const LANGUAGE: &str = "language";

/// An instance (protocol `ServiceInstance`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceInstance {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it reported about itself, its language aside.
    pub attributes: Vec<Attribute>,
    /// Language of its agent.
    pub language: Language,
    /// Its id again.
    pub instance_uuid: String,
}

/// A property of an instance (protocol `Attribute`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// Language of an agent (protocol `Language`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Not told, or one that the protocol does not know.
    #[default]
    Unknown,
    /// Java.
    Java,
    /// .NET.
    Dotnet,
    /// Node.js.
    Nodejs,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// Go.
    Go,
    /// Lua.
    Lua,
    /// PHP.
    Php,
}

impl Language {
    /// From what agents report.
    pub(super) fn of(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "java" => Self::Java,
            ".net" | "dotnet" => Self::Dotnet,
            "nodejs" | "node.js" => Self::Nodejs,
            "python" => Self::Python,
            "ruby" => Self::Ruby,
            "go" => Self::Go,
            "lua" => Self::Lua,
            "php" => Self::Php,
            _ => Self::Unknown,
        }
    }

    /// The protocol's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Java => "JAVA",
            Self::Dotnet => "DOTNET",
            Self::Nodejs => "NODEJS",
            Self::Python => "PYTHON",
            Self::Ruby => "RUBY",
            Self::Go => "GO",
            Self::Lua => "LUA",
            Self::Php => "PHP",
        }
    }
}

fn instance(record: EntityRecord) -> Option<ServiceInstance> {
    let Entity::Instance(child) = &record.entity else { return None };
    let id = id::child_id(&child.service, &child.name);
    let language = record.properties.iter().find(|(name, _)| name == LANGUAGE);
    let language = language.map_or(Language::Unknown, |(_, value)| Language::of(value));
    let properties = record.properties.into_iter().filter(|(name, _)| name != LANGUAGE);
    Some(ServiceInstance {
        instance_uuid: id.clone(),
        id,
        name: child.name.clone(),
        attributes: properties.map(|(name, value)| Attribute { name, value }).collect(),
        language,
    })
}

impl Query {
    /// `listInstances`: the instances of a service that lived in a range, by
    /// name.
    ///
    /// # Errors
    /// `Invalid` for a wrong id or range, `TooLarge` for more instances than
    /// are listed.
    pub async fn list_instances(
        &self,
        ctx: &Ctx,
        duration: &Duration,
        service_id: &str,
    ) -> Result<Vec<ServiceInstance>> {
        let window = duration.window(&self.zone)?;
        let service: ServiceRef = parse_service("serviceId", service_id)?;
        let query = EntityQuery {
            scope: Scope::ServiceInstance,
            filters: vec![
                EntityFilter::Service(service.id()),
                EntityFilter::SeenSince(window.first),
                EntityFilter::FirstSeenBy(window.end),
            ],
            limit: self.config.max_listed,
        };
        let records = self.list_entities(ctx, &query).await?;
        let mut instances: Vec<_> = records.into_iter().filter_map(instance).collect();
        instances.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(instances)
    }

    /// `getInstance`: an instance by id; none when it is not known.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get_instance(
        &self,
        ctx: &Ctx,
        instance_id: &str,
    ) -> Result<Option<ServiceInstance>> {
        let Some(child) = id::parse_child(instance_id) else { return Ok(None) };
        ctx.charge(1)?;
        let records = self.storage.entities().get(&[Entity::Instance(child).id()]).await?;
        Ok(records.into_iter().next().and_then(instance))
    }
}
