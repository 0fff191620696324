//! Dashboards and the menu.

use crate::shop::Shop;

#[tokio::test]
async fn dashboards_are_added_changed_and_disabled() {
    let shop = Shop::new();
    let (query, ctx) = (&shop.query, &shop.ctx);
    let added = query.add_template("{\"a\":1}").await.unwrap();
    assert!(added.status);
    let changed = query.change_template(&added.id, "{\"a\":2}").await.unwrap();
    assert!(changed.status);
    let shown = query.get_template(ctx, &added.id).await.unwrap().unwrap();
    assert_eq!(shown.configuration, "{\"a\":2}");
    assert_eq!(query.get_all_templates(ctx).await.unwrap().len(), 1);
    assert!(query.disable_template(&added.id).await.unwrap().status);
    assert!(query.get_all_templates(ctx).await.unwrap().is_empty());
    assert!(query.get_template(ctx, &added.id).await.unwrap().is_none());
    let missing = query.change_template("nothing", "{}").await.unwrap();
    assert_eq!((missing.status, missing.message.is_some()), (false, true));
    let large = query.add_template(&"x".repeat(2 << 20)).await.unwrap();
    assert!(!large.status, "{:?}", large.message);
}

#[tokio::test]
async fn the_menu_activates_what_has_services() {
    let shop = Shop::new();
    let (query, ctx) = (&shop.query, &shop.ctx);
    let active = |items: Vec<skytrail_query::control::MenuItem>| {
        items.into_iter().filter(|item| item.activate).map(|item| item.title).collect::<Vec<_>>()
    };
    assert!(active(query.get_menu_items(ctx).await.unwrap()).is_empty());
    shop.general("web").await;
    assert_eq!(active(query.get_menu_items(ctx).await.unwrap()), ["General Service"]);
}
