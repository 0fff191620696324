//! The requests that real clients send, with their answers about the shop.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use apollo_compiler::ast::{Definition, OperationDefinition};
use apollo_compiler::parser::Parser;
use serde_json::{Map, Value, json};

use crate::client::{post, post_body};
use crate::contract::{CONTRACT, EXTENSIONS};
use crate::fakes::{engine, product};
use crate::samples::Samples;

/// Tests run in the folder of their crate.
const FOLDER: &str = "../../cases/graphql";

/// Set to write the answers anew instead of comparing them.
const BLESS: &str = "SKYTRAIL_BLESS";

fn files() -> Vec<(String, String)> {
    let entries = fs::read_dir(Path::new(FOLDER).join("requests")).expect("folder");
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

/// Ids are made up when a dashboard is stored.
fn without_made_up_ids(field: &str, mut answer: Value) -> Value {
    if field == "addTemplate" {
        answer["data"]["addTemplate"]["id"] = json!("(made up)");
    }
    answer
}

/// Variables and answer of each operation in a file. Every file has a server of its own.
async fn answers(field: &str, text: &str) -> Value {
    let router = product();
    let samples = Samples::load(&router).await;
    let mut cases = Map::new();
    for operation in operations(text) {
        let name = operation.name.as_ref().expect("named operations only").as_str();
        let variables = samples.variables(field, &operation);
        let body = json!({ "query": text, "operationName": name, "variables": variables });
        let (status, answer) = post_body(&router, body.to_string()).await;
        assert_eq!(status, 200, "{field} {name}: {answer}");
        let answer = without_made_up_ids(field, answer);
        cases.insert(name.to_owned(), json!({ "variables": variables, "answer": answer }));
    }
    Value::Object(cases)
}

fn agreed(path: &Path, answered: &Value) -> Value {
    if std::env::var_os(BLESS).is_some() {
        let text = serde_json::to_string_pretty(answered).expect("json");
        fs::write(path, text + "\n").expect("written");
    }
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).expect("json")
}

#[tokio::test]
async fn every_request_has_its_answer() {
    for (field, text) in files() {
        let answered = answers(&field, &text).await;
        let path = PathBuf::from(FOLDER).join("answers").join(format!("{field}.json"));
        let agreed = agreed(&path, &answered);
        assert_eq!(answered, agreed, "{field}; {BLESS}=1 writes answers anew");
    }
}

#[test]
fn only_the_debugger_of_log_rules_is_refused() {
    let mut refused = Vec::new();
    for (field, _) in files() {
        let path = PathBuf::from(FOLDER).join("answers").join(format!("{field}.json"));
        let text = fs::read_to_string(path).expect("answers");
        if text.contains("\"errors\"") {
            refused.push(field);
        }
    }
    assert_eq!(refused, ["test"]);
    assert_eq!(engine().unserved(), Vec::<String>::new());
}

#[test]
fn every_operation_of_the_contract_has_a_request() {
    let roots = CONTRACT.lines().chain(EXTENSIONS.lines()).filter_map(|line| {
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
        getMetricsTTL { metadata minute hour day coldDay diskBytes diskPercent }
        getRecordsTTL { normal trace zipkinTrace log browserErrorLog coldTrace diskBytes }
    }";
    let answer = post(&product(), query, Value::Null).await;
    let expected = json!({"data": {
        "version": "10.3.0",
        "checkHealth": {"score": 0, "details": ""},
        "getTimeInfo": {"timezone": "+0530", "currentTimestamp": 1_795_318_800_000_i64},
        "getMetricsTTL": {
            "metadata": 7, "minute": 7, "hour": 15, "day": 30, "coldDay": -1,
            "diskBytes": 3_298_534_883_328_i64, "diskPercent": null,
        },
        "getRecordsTTL": {
            "normal": 3, "trace": 4, "zipkinTrace": 5, "log": 6, "browserErrorLog": 8,
            "coldTrace": -1, "diskBytes": 3_298_534_883_328_i64,
        },
    }});
    assert_eq!(answer, expected);
}
