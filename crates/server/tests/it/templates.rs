//! The life of a dashboard.

use serde_json::{Value, json};

use crate::app::{App, Setup};
use crate::fixed_set;

async fn run(app: &App, field: &str, variables: &Value) -> Value {
    let document = fixed_set::cases().join(format!("graphql/requests/{field}.graphql"));
    let document = std::fs::read_to_string(document).unwrap();
    let answer = app.ask(&document, "everything", variables).await;
    assert!(answer.get("errors").is_none(), "{field}: {answer}");
    answer["data"][field].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dashboards_are_added_changed_and_hidden() {
    let app = App::start(Setup::default()).await;
    let first = "{\"name\":\"first\"}";
    let added = run(&app, "addTemplate", &json!({"setting": {"configuration": first}})).await;
    let id = added["id"].as_str().expect("id").to_owned();
    assert_eq!((&added["status"], &added["message"]), (&json!(true), &Value::Null));
    let shown = json!({"id": id, "configuration": first});
    assert_eq!(run(&app, "getTemplate", &json!({"id": id})).await, shown);
    assert_eq!(run(&app, "getAllTemplates", &json!({})).await, json!([shown]));

    let setting = json!({"id": id, "configuration": "{}"});
    let changed = run(&app, "changeTemplate", &json!({ "setting": setting })).await;
    assert_eq!(changed, json!({"id": id, "status": true, "message": null}));
    assert_eq!(run(&app, "getTemplate", &json!({"id": id})).await["configuration"], "{}");

    let hidden = run(&app, "disableTemplate", &json!({"id": id})).await;
    assert_eq!(hidden, json!({"id": id, "status": true, "message": null}));
    assert_eq!(run(&app, "getAllTemplates", &json!({})).await, json!([]));
    assert_eq!(run(&app, "getTemplate", &json!({"id": id})).await, Value::Null);
    app.stop().await;
}
