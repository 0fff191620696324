//! Dashboards.

use std::collections::BTreeMap;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::template::UiTemplate;

use crate::error::{Error, ErrorKind, Result};
use crate::spi::Templates;

const MAX_TEMPLATES: usize = 2_000;
const MAX_CONFIGURATION_BYTES: usize = 1 << 20;

#[derive(Debug, Default)]
pub(super) struct MemoryTemplates {
    by_id: RwLock<BTreeMap<String, UiTemplate>>,
}

impl MemoryTemplates {
    pub(super) fn usage(&self) -> (u64, u64) {
        let templates = self.by_id.read();
        let bytes: usize = templates.values().map(|one| one.configuration.len()).sum();
        (templates.len() as u64, bytes as u64)
    }

    pub(super) fn copy(&self) -> Self {
        Self { by_id: RwLock::new(self.by_id.read().clone()) }
    }

    fn put_now(&self, template: UiTemplate) -> Result<()> {
        let bytes = template.configuration.len();
        if bytes > MAX_CONFIGURATION_BYTES {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!(
                    "configuration of {bytes} bytes exceeds the limit of {MAX_CONFIGURATION_BYTES}"
                ),
            ));
        }
        let mut templates = self.by_id.write();
        if templates.len() >= MAX_TEMPLATES && !templates.contains_key(&template.id) {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!(
                    "there are {MAX_TEMPLATES} templates already, the limit; delete some first"
                ),
            ));
        }
        templates.insert(template.id.clone(), template);
        Ok(())
    }
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
