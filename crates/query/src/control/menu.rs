//! The menu of the user interface.

use skytrail_model::layer::{Layer, LayerSet};

use super::menu_table::{Entry, MENU};
use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;

/// A menu item (protocol `MenuItem`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// What is shown.
    pub title: &'static str,
    /// Name of an icon of the user interface.
    pub icon: Option<&'static str>,
    /// Layer whose services it leads to; empty for a group.
    pub layer: &'static str,
    /// Whether there is data: a service of the layer, or of one in the group.
    pub activate: bool,
    /// Items of a group.
    pub sub_items: Vec<Self>,
    /// What it leads to.
    pub description: Option<&'static str>,
    /// Where to read more.
    pub document_link: Option<&'static str>,
    /// Key of the translations of title and description.
    pub i18n_key: Option<&'static str>,
}

impl Query {
    /// `getMenuItems`: the whole menu; only what has data is activated.
    ///
    /// # Errors
    /// As [`Query::list_services`].
    pub async fn get_menu_items(&self, ctx: &Ctx) -> Result<Vec<MenuItem>> {
        let layers = self.list_layers(ctx).await?;
        let layers = layers.into_iter().filter_map(Layer::from_name).map(LayerSet::of);
        let seen = layers.fold(LayerSet::default(), LayerSet::union);
        Ok(MENU.iter().map(|entry| item(entry, seen)).collect())
    }
}

fn item(entry: &Entry, seen: LayerSet) -> MenuItem {
    let sub_items: Vec<_> = entry.entries.iter().map(|entry| item(entry, seen)).collect();
    let has_data = Layer::from_name(entry.layer).is_some_and(|layer| seen.contains(layer));
    MenuItem {
        title: entry.title,
        icon: (!entry.icon.is_empty()).then_some(entry.icon),
        layer: entry.layer,
        activate: has_data || sub_items.iter().any(|item| item.activate),
        sub_items,
        description: Some(entry.description),
        document_link: None,
        i18n_key: Some(entry.key),
    }
}

#[cfg(test)]
mod tests {
    use skytrail_model::layer::{Layer, LayerSet};

    use super::{Entry, MENU, item};

    #[test]
    fn only_what_has_data_is_activated() {
        let seen = LayerSet::of(Layer::GENERAL).union(LayerSet::of(Layer::BROWSER));
        let items: Vec<_> = MENU.iter().map(|entry| item(entry, seen)).collect();
        let active: Vec<_> = items.iter().filter(|i| i.activate).map(|i| i.title).collect();
        assert_eq!(active, ["General Service", "Browser"]);
        let general: Vec<_> = items[0].sub_items.iter().map(|i| i.activate).collect();
        assert_eq!(general, [true, false, false, false]);
    }

    #[test]
    fn every_item_is_a_group_or_a_known_layer() {
        fn check(entry: &Entry) {
            let is_layer = Layer::from_name(entry.layer).is_some();
            assert!(is_layer == entry.entries.is_empty(), "{}", entry.title);
            assert!(!entry.description.is_empty() && !entry.key.is_empty());
            entry.entries.iter().for_each(check);
        }
        MENU.iter().for_each(check);
    }
}
