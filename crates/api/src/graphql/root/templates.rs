//! Menu and dashboards of the web UI.

use serde::Deserialize;
use skytrail_query::control::{DashboardConfiguration, MenuItem, TemplateChangeStatus};

use super::Sources;
use crate::graphql::{Arguments, Context, FieldError, Root, answer, object};

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("getTemplate", |c, a| answer(get_template(c, a))),
    Root::new("getAllTemplates", |c, _| answer(get_all_templates(c))),
    Root::new("getMenuItems", |c, _| answer(get_menu_items(c))),
];

pub(super) static MUTATION: &[Root<Sources>] = &[
    Root::new("addTemplate", |c, a| answer(add_template(c, a))),
    Root::new("changeTemplate", |c, a| answer(change_template(c, a))),
    Root::new("disableTemplate", |c, a| answer(disable_template(c, a))),
];

/// `NewDashboardSetting`.
#[derive(Deserialize)]
struct NewForm {
    configuration: String,
}

/// `DashboardSetting`.
#[derive(Deserialize)]
struct ChangedForm {
    id: String,
    configuration: String,
}

async fn get_template(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Option<DashboardConfiguration>, FieldError> {
    Ok(c.sources.query.get_template(&c.ctx, &a.get::<String>("id")?).await?)
}

async fn get_all_templates(
    c: &Context<Sources>,
) -> Result<Vec<DashboardConfiguration>, FieldError> {
    Ok(c.sources.query.get_all_templates(&c.ctx).await?)
}

async fn get_menu_items(c: &Context<Sources>) -> Result<Vec<MenuItem>, FieldError> {
    Ok(c.sources.query.get_menu_items(&c.ctx).await?)
}

async fn add_template(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<TemplateChangeStatus, FieldError> {
    let NewForm { configuration } = a.get("setting")?;
    Ok(c.sources.query.add_template(&configuration).await?)
}

async fn change_template(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<TemplateChangeStatus, FieldError> {
    let ChangedForm { id, configuration } = a.get("setting")?;
    Ok(c.sources.query.change_template(&id, &configuration).await?)
}

async fn disable_template(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<TemplateChangeStatus, FieldError> {
    Ok(c.sources.query.disable_template(&a.get::<String>("id")?).await?)
}

object!(DashboardConfiguration as it {
    "id" => it.id,
    "configuration" => it.configuration,
});

object!(TemplateChangeStatus as it {
    "id" => it.id,
    "status" => it.status,
    "message" => it.message,
});

object!(MenuItem as it {
    "title" => it.title,
    "icon" => it.icon,
    "layer" => it.layer,
    "activate" => it.activate,
    "subItems" => it.sub_items,
    "description" => it.description,
    "documentLink" => it.document_link,
    "i18nKey" => it.i18n_key,
});
