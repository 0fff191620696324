//! Dashboards.

use skytrail_model::template::UiTemplate;

use super::data::open;
use super::harness::{Check, Harness, checks};
use crate::error::{ErrorKind, Result};

pub(super) const CHECKS: &[Check] = checks!("templates":
    they_come_by_id,
    a_second_put_replaces,
    configurations_are_at_most_a_mebibyte,
    there_are_at_most_two_thousand,
    they_survive_a_crash,
);

fn template(id: &str, configuration: &str) -> UiTemplate {
    let (id, configuration) = (id.to_owned(), configuration.to_owned());
    UiTemplate { id, configuration, disabled: false, updated_at: 7 }
}

async fn they_come_by_id(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let templates = opened.store().templates();
    assert_eq!((templates.get("a").await?, templates.list().await?), (None, vec![]));
    for id in ["b", "a", "B"] {
        templates.put(template(id, "{}")).await?;
    }
    let wanted = ["B", "a", "b"].map(|id| template(id, "{}"));
    assert_eq!(templates.list().await?, wanted);
    assert_eq!(templates.get("a").await?, Some(template("a", "{}")));
    assert_eq!(templates.get("c").await?, None);
    Ok(())
}

async fn a_second_put_replaces(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let templates = opened.store().templates();
    templates.put(template("a", "{}")).await?;
    let newer = UiTemplate { disabled: true, updated_at: 9, ..template("a", "{\"x\":1}") };
    templates.put(newer.clone()).await?;
    assert_eq!(templates.list().await?, [newer]);
    Ok(())
}

async fn configurations_are_at_most_a_mebibyte(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let templates = opened.store().templates();
    let largest = template("a", &"x".repeat(1 << 20));
    templates.put(largest.clone()).await?;
    let refused = templates.put(template("a", &"x".repeat((1 << 20) + 1))).await;
    assert_eq!(refused.map_err(|error| error.kind), Err(ErrorKind::Invalid));
    assert_eq!(templates.get("a").await?, Some(largest), "the old one stays");
    Ok(())
}

async fn there_are_at_most_two_thousand(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let templates = opened.store().templates();
    for number in 0..2_000 {
        templates.put(template(&format!("{number:04}"), "{}")).await?;
    }
    let refused = templates.put(template("one more", "{}")).await;
    assert_eq!(refused.map_err(|error| error.kind), Err(ErrorKind::Invalid));
    templates.put(template("0007", "{\"x\":1}")).await?;
    let all = templates.list().await?;
    assert_eq!(all.len(), 2_000);
    assert_eq!(all.get(7), Some(&template("0007", "{\"x\":1}")));
    Ok(())
}

async fn they_survive_a_crash(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    opened.store().templates().put(template("a", "{}")).await?;
    let reopened = opened.crash().await?;
    let templates = reopened.store().templates();
    assert_eq!(templates.list().await?, [template("a", "{}")]);
    Ok(())
}
