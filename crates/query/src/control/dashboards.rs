//! Dashboards of the user interface, which are opaque to the server.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use skytrail_model::template::UiTemplate;

use crate::context::Ctx;
use crate::error::{Error, ErrorKind, Result};
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

/// A dashboard as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDashboard {
    /// Id.
    pub id: String,
    /// Grows with every change.
    pub version: i64,
    /// JSON of the user interface.
    pub configuration: String,
}

/// What became of a dashboard that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// It is stored under this version.
    As(i64),
    /// It had been changed meanwhile: this is what is stored.
    Changed(StoredDashboard),
}

fn stored(template: UiTemplate) -> Option<StoredDashboard> {
    (!template.disabled).then_some(StoredDashboard {
        id: template.id,
        version: template.updated_at,
        configuration: template.configuration,
    })
}

fn unknown(id: &str) -> Error {
    let shown: String = id.chars().take(100).collect();
    Error::new(ErrorKind::NotFound, format!("there is no dashboard '{shown}'"))
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
        let (id, configuration) = (new_id(), configuration.to_owned());
        self.put_template(UiTemplate { id, configuration, disabled: false, updated_at: 0 }).await
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
        let _turn = self.changing.lock().await;
        match self.storage.templates().get(id).await? {
            Some(known) => {
                let changed = UiTemplate { configuration: configuration.to_owned(), ..known };
                self.put_template(UiTemplate { disabled: false, ..changed }).await
            }
            None => Ok(TemplateChangeStatus::refused(id, "Can't find the template")),
        }
    }

    /// A dashboard with its version.
    ///
    /// # Errors
    /// `NotFound` for one that is not there or disabled.
    pub async fn stored_dashboard(&self, ctx: &Ctx, id: &str) -> Result<StoredDashboard> {
        ctx.charge(1)?;
        let known = self.storage.templates().get(id).await?.and_then(stored);
        let known = known.ok_or_else(|| unknown(id))?;
        ctx.keep(known.configuration.len())?;
        Ok(known)
    }

    /// Replaces a dashboard, unless its version is another one than `over`; with none, whatever it
    /// is.
    ///
    /// # Errors
    /// `NotFound` for one that is not there or disabled, `Invalid` for what exceeds a limit.
    pub async fn save_dashboard(
        &self,
        id: &str,
        over: Option<i64>,
        configuration: String,
    ) -> Result<Saved> {
        let _turn = self.changing.lock().await;
        let known = self.storage.templates().get(id).await?;
        let known = known.filter(|known| !known.disabled).ok_or_else(|| unknown(id))?;
        if over.is_some_and(|version| version != known.updated_at) {
            return stored(known).map(Saved::Changed).ok_or_else(|| unknown(id));
        }
        let next = self.next_version(&known);
        let template = UiTemplate { configuration, updated_at: next, ..known };
        self.storage.templates().put(template).await.map_err(|error| match error.kind {
            skytrail_storage::ErrorKind::Invalid => Error::invalid(error.context),
            _ => error.into(),
        })?;
        Ok(Saved::As(next))
    }

    /// Versions are times, and grow also where two changes come at once or the clock is set back.
    fn next_version(&self, known: &UiTemplate) -> i64 {
        self.clock.unix_millis().max(known.updated_at.saturating_add(1))
    }

    /// `disableTemplate`: hides a dashboard.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn disable_template(&self, id: &str) -> Result<TemplateChangeStatus> {
        let _turn = self.changing.lock().await;
        match self.storage.templates().get(id).await? {
            Some(known) => self.put_template(UiTemplate { disabled: true, ..known }).await,
            None => Ok(TemplateChangeStatus::refused(id, "Can't find the template")),
        }
    }

    async fn put_template(&self, template: UiTemplate) -> Result<TemplateChangeStatus> {
        let id = template.id.clone();
        let template = UiTemplate { updated_at: self.next_version(&template), ..template };
        match self.storage.templates().put(template).await {
            Ok(()) => Ok(TemplateChangeStatus { id, status: true, message: None }),
            Err(error) if error.kind == skytrail_storage::ErrorKind::Invalid => {
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
