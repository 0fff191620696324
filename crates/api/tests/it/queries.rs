//! Answers over the shop: what goes wrong, and what goes beyond the protocol.

use serde_json::{Value, json};
use skytrail_api::graphql::Limits;
use skytrail_base::metrics::Registry;
use skytrail_base::web_origin::WebOrigins;

use crate::client::{only_code, post};
use crate::fakes::{engine_within, over, product};

fn minutes() -> Value {
    json!({"start": "2026-11-22 0900", "end": "2026-11-22 0903", "step": "MINUTE"})
}

const EXPRESSIONS: &str = r#"
    query ($duration: Duration!, $entity: Entity!) {
      good: execExpression(expression: "sum(service_cpm)", entity: $entity, duration: $duration) {
        type results { values { value } } error
      }
      bad: execExpression(expression: "sum(", entity: $entity, duration: $duration) {
        type results { values { value } } error
      }
      listLayers
    }"#;

#[tokio::test]
async fn one_faulty_expression_leaves_the_rest_of_the_page() {
    let entity = json!({"serviceName": "shop", "normal": true});
    let variables = json!({"duration": minutes(), "entity": entity});
    let answer = post(&product(), EXPRESSIONS, variables).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let good =
        json!({"type": "SINGLE_VALUE", "results": [{"values": [{"value": "5"}]}], "error": null});
    assert_eq!(answer["data"]["good"], good);
    assert_eq!(answer["data"]["bad"]["results"], json!([]));
    assert!(answer["data"]["bad"]["error"].is_string(), "{answer}");
}

#[tokio::test]
async fn an_expression_that_costs_too_much_says_so_in_its_answer() {
    let registry = Registry::default();
    let limits = Limits { cost: 1, ..Limits::default() };
    let router = over(engine_within(limits, &registry), WebOrigins::default(), &[]);
    let entity = json!({"serviceName": "shop", "normal": true});
    let query = EXPRESSIONS.replace("listLayers", "listMetrics { name }");
    let answer = post(&router, &query, json!({"duration": minutes(), "entity": entity})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let error = answer["data"]["good"]["error"].as_str().expect("error");
    assert!(error.starts_with("COST_EXCEEDED: request reads more than 1 "), "{error}");
    let counted = "skytrail_graphql_errors_total{code=\"COST_EXCEEDED\"} 1";
    assert!(registry.encode().contains(counted), "{}", registry.encode());
}

#[tokio::test]
async fn a_wrong_argument_is_told_with_its_path() {
    let query = r#"query ($duration: Duration!) {
        topology: getServiceTopology(serviceId: "nothing", duration: $duration) { calls { id } }
        version
    }"#;
    let answer = post(&product(), query, json!({"duration": minutes()})).await;
    assert_eq!(only_code(&answer), "INVALID_ARGUMENT");
    assert_eq!(answer["errors"][0]["path"], json!(["topology"]));
    assert_eq!(answer["data"], json!({"topology": null, "version": "10.3.0"}));
}

#[tokio::test]
async fn a_range_is_read_as_its_step_wants_it() {
    let query =
        "query ($duration: Duration!) { queryTraceTagAutocompleteKeys(duration: $duration) }";
    let ask = async |start: &str, step: &str| {
        let duration = json!({"start": start, "end": start, "step": step});
        post(&product(), query, json!({"duration": duration})).await
    };
    let keys = json!({"queryTraceTagAutocompleteKeys": ["http.method", "status_code"]});
    for (start, step) in [
        ("2026-11-22", "DAY"),
        ("2026-11-22 09", "HOUR"),
        ("2026-11-22 0900", "MINUTE"),
        ("2026-11-22 090000", "SECOND"),
    ] {
        assert_eq!(ask(start, step).await["data"], keys, "{step}");
    }
    assert_eq!(only_code(&ask("2026-11-22 09", "MINUTE").await), "INVALID_ARGUMENT");
}

#[tokio::test]
async fn dashboards_are_kept_changed_and_hidden() {
    let router = product();
    let run = async |query: &str, id: &str| post(&router, query, json!({"id": id})).await;
    let add = r#"mutation { addTemplate(setting: {configuration: "{1}"}) { id status message } }"#;
    let added = run(add, "").await;
    assert_eq!(added["data"]["addTemplate"]["status"], true, "{added}");
    let id = added["data"]["addTemplate"]["id"].as_str().expect("id").to_owned();
    let change = r#"mutation ($id: String!) {
        changeTemplate(setting: {id: $id, configuration: "{2}"}) { status }
    }"#;
    assert_eq!(run(change, &id).await["data"]["changeTemplate"]["status"], true);
    let get = "query ($id: String!) { getTemplate(id: $id) { configuration } }";
    assert_eq!(run(get, &id).await["data"]["getTemplate"]["configuration"], "{2}");
    let hide = "mutation ($id: String!) { disableTemplate(id: $id) { status message } }";
    assert_eq!(run(hide, &id).await["data"]["disableTemplate"]["status"], true);
    assert_eq!(run(get, &id).await["data"]["getTemplate"], Value::Null);
    let unknown = run(hide, "nothing").await;
    assert_eq!(unknown["data"]["disableTemplate"]["status"], false);
    assert!(unknown["data"]["disableTemplate"]["message"].is_string());
}

const SEARCH: &str = "query ($condition: TraceSearchCondition!) {
    searchTraces(condition: $condition) {
      traces { traceId segmentId serviceName endpointName duration isError } next complete
    }
  }";

async fn search(condition: Value) -> Value {
    let answer = post(&product(), SEARCH, json!({"condition": condition})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["searchTraces"].clone()
}

fn segments(page: &Value) -> Vec<&str> {
    let found = page["traces"].as_array().expect("traces").iter();
    found.map(|trace| trace["segmentId"].as_str().expect("id")).collect()
}

#[tokio::test]
async fn a_search_needs_no_service() {
    let post = [json!({"key": "http.method", "value": "POST"})];
    let page = search(json!({"duration": minutes(), "tags": post})).await;
    assert_eq!(segments(&page), ["segment-3"]);
    let statement = search(json!({"duration": minutes(), "keyword": "FROM ORDERS"})).await;
    assert_eq!(segments(&statement), ["segment-1"]);
    let named = search(json!({"spanId": "segment-2"})).await;
    assert_eq!(named["traces"][0]["traceId"], "trace-1");
    let failed = search(json!({"duration": minutes(), "state": "ERROR"})).await;
    assert_eq!(
        failed["traces"],
        json!([{
            "traceId": "trace-2", "segmentId": "segment-3", "serviceName": "shop",
            "endpointName": "GET:/orders", "duration": 240, "isError": true,
        }])
    );
}

#[tokio::test]
async fn pages_follow_one_another_by_cursor() {
    let mut found = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let condition = json!({
            "duration": minutes(), "order": "BY_DURATION", "limit": 1, "cursor": cursor,
        });
        let page = search(condition).await;
        assert_eq!(page["complete"], true);
        found.extend(segments(&page).into_iter().map(str::to_owned));
        cursor = page["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(found, ["segment-3", "segment-1", "segment-2"]);
}
