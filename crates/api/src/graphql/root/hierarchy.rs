//! The same thing seen from several layers. Relations between layers come from rules that this
//! version does not have, so that there are none.

use skytrail_query::metadata::LayerLevel;

use super::Sources;
use super::empty::Fixed::{self, Nothing, Object};
use super::empty::fixed;
use crate::graphql::{Context, FieldError, Root, answer, object};

const NO_RELATIONS: Fixed = Object(&[("relations", Nothing)]);

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("getServiceHierarchy", |_, _| fixed(NO_RELATIONS)),
    Root::new("getInstanceHierarchy", |_, _| fixed(NO_RELATIONS)),
    Root::new("listLayerLevels", |c, _| answer(list_layer_levels(c))),
];

async fn list_layer_levels(c: &Context<Sources>) -> Result<&'static [LayerLevel], FieldError> {
    Ok(c.sources.query.list_layer_levels())
}

object!(LayerLevel as it {
    "layer" => it.layer,
    "level" => it.level,
});
