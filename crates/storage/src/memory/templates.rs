//! Dashboards.

use std::collections::BTreeMap;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::template::UiTemplate;

use crate::error::{Error, ErrorKind, Result};
use crate::spi::{FamilyUsage, Templates};

const MAX_TEMPLATES: usize = 2_000;
const MAX_CONFIGURATION_BYTES: usize = 1 << 20;

/// Of all together: they count for nothing else's limit.
const MAX_TOTAL_BYTES: usize = 32 << 20;

/// Dashboards within the limits of [`Templates::put`].
///
/// A backend that keeps them elsewhere too loads what it has with [`Self::load`],
/// and before it writes one it asks [`Self::check`].
#[derive(Debug, Default)]
pub struct MemoryTemplates {
    by_id: RwLock<BTreeMap<String, UiTemplate>>,
}

/// Bytes of a template: its id, which is the key too, and its configuration.
fn cost(template: &UiTemplate) -> usize {
    2 * template.id.len() + template.configuration.len()
}

fn total(templates: &BTreeMap<String, UiTemplate>) -> usize {
    templates.values().map(cost).sum()
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

impl MemoryTemplates {
    /// How much is held.
    pub fn usage(&self) -> FamilyUsage {
        let templates = self.by_id.read();
        FamilyUsage {
            name: "templates",
            rows: templates.len() as u64,
            bytes: total(&templates) as u64,
            limit_bytes: MAX_TOTAL_BYTES as u64,
            evicted: 0,
            expired: 0,
        }
    }

    pub(super) fn copy(&self) -> Self {
        Self { by_id: RwLock::new(self.by_id.read().clone()) }
    }

    /// Adds templates that were accepted before.
    pub fn load(&self, templates: Vec<UiTemplate>) {
        let templates = templates.into_iter().map(|template| (template.id.clone(), template));
        self.by_id.write().extend(templates);
    }

    /// Whether [`Templates::put`] would accept one now.
    ///
    /// # Errors
    /// `Invalid` for what exceeds a limit.
    pub fn check(&self, template: &UiTemplate) -> Result<()> {
        check(&self.by_id.read(), template)
    }

    fn put_now(&self, template: UiTemplate) -> Result<()> {
        let mut templates = self.by_id.write();
        check(&templates, &template)?;
        templates.insert(template.id.clone(), template);
        Ok(())
    }
}

/// Nothing is ever deleted, disabled ones neither: room is made by putting
/// something smaller in the place of what is there.
fn check(templates: &BTreeMap<String, UiTemplate>, template: &UiTemplate) -> Result<()> {
    let bytes = template.configuration.len();
    if bytes > MAX_CONFIGURATION_BYTES {
        return Err(refused(format!(
            "configuration of {bytes} bytes exceeds the limit of {MAX_CONFIGURATION_BYTES}"
        )));
    }
    let replaced = templates.get(&template.id).map(cost);
    if templates.len() >= MAX_TEMPLATES && replaced.is_none() {
        return Err(refused(format!(
            "there are {MAX_TEMPLATES} templates already, the limit; disabled ones count: change \
             one that is no longer needed instead"
        )));
    }
    let bytes = total(templates) + cost(template) - replaced.unwrap_or(0);
    if bytes > MAX_TOTAL_BYTES && replaced.is_none_or(|before| cost(template) > before) {
        return Err(refused(format!(
            "all templates together would have {bytes} bytes, the limit is {MAX_TOTAL_BYTES}; \
             disabled ones count: change one that is no longer needed to a smaller configuration"
        )));
    }
    Ok(())
}

impl Templates for MemoryTemplates {
    fn put<'a>(&'a self, template: UiTemplate) -> BoxFuture<'a, Result<()>> {
        Box::pin(std::future::ready(self.put_now(template)))
    }

    fn get<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<UiTemplate>>> {
        Box::pin(std::future::ready(Ok(self.by_id.read().get(id).cloned())))
    }

    fn list<'a>(&'a self) -> BoxFuture<'a, Result<Vec<UiTemplate>>> {
        Box::pin(std::future::ready(Ok(self.by_id.read().values().cloned().collect())))
    }
}

#[cfg(test)]
mod tests {
    use skytrail_model::template::UiTemplate;

    use super::{MAX_CONFIGURATION_BYTES, MAX_TOTAL_BYTES, MemoryTemplates};

    fn template(n: usize, bytes: usize) -> UiTemplate {
        let configuration = "x".repeat(bytes);
        UiTemplate { id: format!("t{n}"), configuration, disabled: false, updated_at: 0 }
    }

    #[test]
    fn all_together_are_bounded_and_the_way_out_is_to_change_one() {
        let templates = MemoryTemplates::default();
        // The ids leave no room for one more of the largest.
        let fitting = MAX_TOTAL_BYTES / MAX_CONFIGURATION_BYTES - 1;
        for n in 0..fitting {
            templates.put_now(template(n, MAX_CONFIGURATION_BYTES)).unwrap();
        }
        let large = || template(fitting, MAX_CONFIGURATION_BYTES);
        let error = templates.put_now(large()).unwrap_err();
        assert!(error.context.contains("change one"), "{error:?}");
        assert!(templates.usage().bytes <= MAX_TOTAL_BYTES as u64);
        let smaller = template(0, 10);
        templates.put_now(smaller).unwrap();
        templates.put_now(large()).unwrap();
        assert!(templates.usage().bytes <= MAX_TOTAL_BYTES as u64);
    }
}
