//! Dashboards of the user interface, which are opaque to the server.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use skytrail_model::template::UiTemplate;
use skytrail_storage::ErrorKind;

use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;

/// A dashboard (protocol `DashboardConfiguration`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardConfiguration {
    /// Id.
    pub id: String,
    /// JSON of the user interface.
    pub configuration: String,
}

/// What became of a change (protocol `TemplateChangeStatus`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateChangeStatus {
    /// Id of the dashboard.
    pub id: String,
    /// Whether it was changed.
    pub status: bool,
    /// Why not.
    pub message: Option<String>,
}

impl TemplateChangeStatus {
    fn refused(id: &str, message: impl Into<String>) -> Self {
        Self { id: id.to_owned(), status: false, message: Some(message.into()) }
    }
}

fn shown(template: UiTemplate) -> Option<DashboardConfiguration> {
    (!template.disabled).then_some(DashboardConfiguration {
        id: template.id,
        configuration: template.configuration,
    })
}

/// A random id in the form of a UUID of version 4.
fn new_id() -> String {
    // Each state is seeded by the operating system.
    let random = || RandomState::new().build_hasher().finish();
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

impl Query {
    /// `getTemplate`: a dashboard; none when it is not there or disabled.
    ///
    /// # Errors
    /// When the store fails; so with all operations here.
    pub async fn get_template(
        &self,
        ctx: &Ctx,
        id: &str,
    ) -> Result<Option<DashboardConfiguration>> {
        ctx.charge(1)?;
        Ok(self.storage.templates().get(id).await?.and_then(shown))
    }

    /// `getAllTemplates`: all that are not disabled, by id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get_all_templates(&self, ctx: &Ctx) -> Result<Vec<DashboardConfiguration>> {
        let templates = self.storage.templates().list().await?;
        ctx.charge(templates.len())?;
        Ok(templates.into_iter().filter_map(shown).collect())
    }

    /// `addTemplate`: keeps a dashboard under a new id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_template(&self, configuration: &str) -> Result<TemplateChangeStatus> {
        self.put_template(new_id(), configuration.to_owned(), false).await
    }

    /// `changeTemplate`: replaces a dashboard, which is enabled by that.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change_template(
        &self,
        id: &str,
        configuration: &str,
    ) -> Result<TemplateChangeStatus> {
        match self.storage.templates().get(id).await? {
            Some(_) => self.put_template(id.to_owned(), configuration.to_owned(), false).await,
            None => Ok(TemplateChangeStatus::refused(id, "Can't find the template")),
        }
    }

    /// `disableTemplate`: hides a dashboard.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn disable_template(&self, id: &str) -> Result<TemplateChangeStatus> {
        match self.storage.templates().get(id).await? {
            Some(known) => self.put_template(known.id, known.configuration, true).await,
            None => Ok(TemplateChangeStatus::refused(id, "Can't find the template")),
        }
    }

    async fn put_template(
        &self,
        id: String,
        configuration: String,
        disabled: bool,
    ) -> Result<TemplateChangeStatus> {
        let updated_at = self.clock.unix_millis();
        let template = UiTemplate { id: id.clone(), configuration, disabled, updated_at };
        match self.storage.templates().put(template).await {
            Ok(()) => Ok(TemplateChangeStatus { id, status: true, message: None }),
            Err(error) if error.kind == ErrorKind::Invalid => {
                Ok(TemplateChangeStatus::refused(&id, error.context))
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::new_id;

    #[test]
    fn ids_are_distinct_and_look_like_uuids() {
        let (one, other) = (new_id(), new_id());
        assert_ne!(one, other);
        let groups: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_eq!(&one[14..15], "4");
    }
}
