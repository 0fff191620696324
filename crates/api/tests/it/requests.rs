//! The requests that real clients send are valid and answered.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use apollo_compiler::ast::{Definition, OperationDefinition, Type};
use apollo_compiler::parser::Parser;
use axum::Router;
use serde_json::{Map, Value, json};

use crate::client::{post, post_body};
use crate::contract::INTROSPECTION;
use crate::fakes::{engine, product};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/graphql/requests");

/// Input types and enums of the schema, to make variables from.
struct Inputs(BTreeMap<String, Value>);

impl Inputs {
    async fn load(router: &Router) -> Self {
        let answer = post(router, INTROSPECTION, Value::Null).await;
        let types = answer["data"]["__schema"]["types"].as_array().cloned();
        let types = types.expect("types").into_iter();
        Self(
            types
                .map(|definition| (definition["name"].as_str().expect("name").into(), definition))
                .collect(),
        )
    }

    fn sample(&self, ty: &Type) -> Value {
        match ty {
            Type::Named(name) | Type::NonNullNamed(name) => self.named(name),
            Type::List(item) | Type::NonNullList(item) => json!([self.sample(item)]),
        }
    }

    fn reference(&self, reference: &Value) -> Value {
        match reference["kind"].as_str() {
            Some("NON_NULL") => self.reference(&reference["ofType"]),
            Some("LIST") => json!([self.reference(&reference["ofType"])]),
            _ => self.named(reference["name"].as_str().expect("name")),
        }
    }

    fn named(&self, name: &str) -> Value {
        match name {
            "Duration" => {
                json!({"start": "2026-11-22 0900", "end": "2026-11-22 0915", "step": "MINUTE"})
            }
            "String" => json!("x"),
            "ID" => json!("eA==.1"),
            "Int" | "Long" => json!(1),
            "Boolean" => json!(false),
            _ => self.defined(&self.0[name]),
        }
    }

    fn defined(&self, definition: &Value) -> Value {
        if let Some(values) = definition["enumValues"].as_array() {
            return values[0]["name"].clone();
        }
        let fields = definition["inputFields"].as_array().expect("input");
        let fields = fields.iter().map(|field| {
            let name = field["name"].as_str().expect("name");
            (name.to_owned(), self.reference(&field["type"]))
        });
        Value::Object(fields.collect::<Map<_, _>>())
    }

    fn variables(&self, operation: &OperationDefinition) -> Value {
        let variables = operation.variables.iter();
        let variables = variables.map(|variable| {
            let name = variable.name.to_string();
            (name, self.sample(&variable.ty))
        });
        Value::Object(variables.collect())
    }
}

fn files() -> Vec<(String, String)> {
    let entries = fs::read_dir(Path::new(FOLDER)).expect("folder");
    let files = entries.map(|entry| {
        let path = entry.expect("entry").path();
        let name = path.file_stem().expect("stem").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("text"))
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

fn operations(text: &str) -> Vec<OperationDefinition> {
    let document = Parser::new().parse_ast(text, "request").expect("syntax");
    let definitions = document.definitions.into_iter();
    definitions
        .filter_map(|definition| match definition {
            Definition::OperationDefinition(operation) => Some(operation.as_ref().clone()),
            _ => None,
        })
        .collect()
}

/// What stays unanswered, with the reason told to the client.
fn may_refuse() -> BTreeSet<String> {
    let unserved = engine().unserved().into_iter();
    let mut fields: BTreeSet<String> = unserved
        .filter_map(|path| path.split_once('.').map(|(_, field)| field.to_owned()))
        .collect();
    fields.insert("test".to_owned());
    fields
}

#[tokio::test]
async fn every_request_is_answered_or_refused_by_name() {
    let router = product();
    let inputs = Inputs::load(&router).await;
    let refused = may_refuse();
    for (field, text) in files() {
        for operation in operations(&text) {
            let name = operation.name.as_ref().expect("named operations only");
            let body = json!({
                "query": text,
                "operationName": name.as_str(),
                "variables": inputs.variables(&operation),
            });
            let (status, answer) = post_body(&router, body.to_string()).await;
            assert_eq!(status, 200, "{field} {name}: {answer}");
            if refused.contains(&field) {
                for error in answer["errors"].as_array().expect("errors") {
                    assert_eq!(error["extensions"]["code"], "NOT_SUPPORTED", "{field} {name}");
                }
            } else {
                assert!(answer.get("errors").is_none(), "{field} {name}: {answer}");
                assert!(answer["data"].is_object(), "{field} {name}: {answer}");
            }
        }
    }
}

#[test]
fn every_operation_of_the_contract_has_a_request() {
    let contract = include_str!("../../../../cases/graphql/contract.txt");
    let roots = contract.lines().filter_map(|line| {
        let (owner, rest) = line.split_once('.')?;
        let end = rest.find(['(', ':'])?;
        matches!(owner, "Query" | "Mutation").then(|| rest[..end].to_owned())
    });
    let asked: BTreeSet<String> = files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(asked, roots.collect());
}

#[tokio::test]
async fn operations_without_data_answer_empty() {
    let router = product();
    let query = r#"
        query ($duration: Duration!, $paging: Pagination!) {
          getAlarm(duration: $duration, paging: $paging) { msgs { id } }
          supportQueryLogsByKeywords
          queryLogs(condition: { paging: $paging }) { errorReason logs { content } }
          listProcesses(duration: $duration, instanceId: "a") { id }
          getProcess(processId: "a") { id }
          estimateProcessScale(serviceId: "a", labels: [])
          queryPprofAnalyze(request: { taskId: "t", instanceIds: [] }) { tree { elements { id } } }
        }"#;
    let variables = json!({
        "duration": {"start": "2026-11-22", "end": "2026-11-22", "step": "DAY"},
        "paging": {"pageSize": 10},
    });
    let answer = post(&router, query, variables).await;
    let expected = json!({"data": {
        "getAlarm": {"msgs": []},
        "supportQueryLogsByKeywords": false,
        "queryLogs": {"errorReason": null, "logs": []},
        "listProcesses": [],
        "getProcess": null,
        "estimateProcessScale": 0,
        "queryPprofAnalyze": {"tree": null},
    }});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_profile_that_cannot_be_taken_says_so() {
    let query = r#"
        mutation {
          createPprofTask(pprofTaskCreationRequest: {
            serviceId: "a", serviceInstanceIds: [], events: CPU
          }) { code errorReason id }
          keepEBPFNetworkProfiling(taskId: "t") { status errorReason }
        }"#;
    let answer = post(&product(), query, Value::Null).await;
    let reason = "profiling is not supported by this version";
    let expected = json!({"data": {
        "createPprofTask": {"code": "ARGUMENT_ERROR", "errorReason": reason, "id": null},
        "keepEBPFNetworkProfiling": {"status": false, "errorReason": reason},
    }});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn the_server_tells_about_itself() {
    let query = "{
        version checkHealth { score details } getTimeInfo { timezone currentTimestamp }
        getMetricsTTL { metadata minute hour day coldDay }
        getRecordsTTL { normal trace zipkinTrace log browserErrorLog coldTrace }
    }";
    let answer = post(&product(), query, Value::Null).await;
    let expected = json!({"data": {
        "version": "10.3.0",
        "checkHealth": {"score": 0, "details": ""},
        "getTimeInfo": {"timezone": "+0530", "currentTimestamp": 1_700_000_000_123_i64},
        "getMetricsTTL": {"metadata": 7, "minute": 7, "hour": 15, "day": 30, "coldDay": -1},
        "getRecordsTTL": {
            "normal": 3, "trace": 4, "zipkinTrace": 5, "log": 6, "browserErrorLog": 8,
            "coldTrace": -1,
        },
    }});
    assert_eq!(answer, expected);
}
