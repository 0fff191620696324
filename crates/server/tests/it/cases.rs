//! GraphQL documents with variables, and their golden answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::app::App;
use crate::fixed_set;

/// Set to write answers anew instead of comparing them.
const BLESS: &str = "SKYTRAIL_BLESS";

/// Documents whose operations have no data here: they answer empty, or refuse.
/// `addTemplate` answers another id every time and is looked at elsewhere.
const WITHOUT_CASES: &[&str] = &[
    "addTemplate",
    "analysisEBPFProfilingResult",
    "createAsyncProfilerTask",
    "createEBPFNetworkProfiling",
    "createEBPFProfilingFixedTimeTask",
    "createPprofTask",
    "createProfileTask",
    "estimateProcessScale",
    "getAlarm",
    "getProcess",
    "getProcessTopology",
    "getProcessTopologyByName",
    "getProfileTaskList",
    "getProfileTaskLogs",
    "getProfileTaskSegments",
    "getSegmentsProfileAnalyze",
    "keepEBPFNetworkProfiling",
    "listContainers",
    "listProcesses",
    "ondemandPodLogs",
    "queryAlarmTagAutocompleteKeys",
    "queryAlarmTagAutocompleteValues",
    "queryAlarms",
    "queryAsyncProfilerAnalyze",
    "queryAsyncProfilerTaskList",
    "queryAsyncProfilerTaskProgress",
    "queryBrowserErrorLogs",
    "queryContinuousProfilingMonitoringInstances",
    "queryContinuousProfilingServiceTargets",
    "queryEBPFProfilingSchedules",
    "queryEBPFProfilingTasks",
    "queryEvents",
    "queryLogTagAutocompleteKeys",
    "queryLogTagAutocompleteValues",
    "queryLogs",
    "queryLogsByName",
    "queryPprofAnalyze",
    "queryPprofTaskList",
    "queryPprofTaskProgress",
    "queryPrepareCreateEBPFProfilingTaskData",
    "searchBrowserService",
    "searchBrowserServices",
    "setContinuousProfilingPolicy",
    "test",
];

/// One question.
pub(crate) struct Case {
    /// `<document>.<operation>`, with `.<variant>` where an operation is asked
    /// in more than one way.
    pub(crate) name: String,
    document: String,
    operation: String,
    variables: Value,
}

fn folder(name: &str) -> PathBuf {
    fixed_set::cases().join("graphql").join(name)
}

/// Names of the files of a folder, without their ending.
fn stems(name: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder(name)).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files.map(|file| file.unwrap().path()).filter(|path| path.is_file()).map(stem).collect()
}

fn operations(document: &str) -> BTreeSet<&str> {
    let starts = document
        .lines()
        .filter_map(|line| line.strip_prefix("query ").or_else(|| line.strip_prefix("mutation ")));
    let end = |c: char| !c.is_alphanumeric() && c != '_';
    starts.filter_map(|start| start.split(end).next()).collect()
}

/// Every case, in the order of names.
pub(crate) fn all() -> Vec<Case> {
    stems("variables").iter().flat_map(|name| of_document(name)).collect()
}

fn of_document(name: &str) -> Vec<Case> {
    let document = folder("requests").join(format!("{name}.graphql"));
    let document = std::fs::read_to_string(document).unwrap();
    let variables = folder("variables").join(format!("{name}.json"));
    let variables = std::fs::read_to_string(variables).unwrap();
    let variables: BTreeMap<String, Value> = serde_json::from_str(&variables).unwrap();
    let case = |(case, variables): (String, Value)| Case {
        name: format!("{name}.{case}"),
        document: document.clone(),
        operation: case.split('.').next().unwrap().to_owned(),
        variables,
    };
    variables.into_iter().map(case).collect()
}

/// The answers to some cases.
pub(crate) async fn ask<'a>(
    app: &App,
    cases: impl IntoIterator<Item = &'a Case>,
) -> BTreeMap<String, Value> {
    let mut answers = BTreeMap::new();
    for case in cases {
        let answer = app.ask(&case.document, &case.operation, &case.variables).await;
        answers.insert(case.name.clone(), answer);
    }
    answers
}

fn path(name: &str) -> PathBuf {
    folder("answers").join("fixed").join(format!("{name}.json"))
}

fn agreed(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(path(name)).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Says which answers are not the agreed ones.
fn differences(answers: &BTreeMap<String, Value>) -> Vec<String> {
    let differs = |(name, answer): (&String, &Value)| {
        let agreed = agreed(name);
        let shown = agreed.as_ref().map_or_else(|| "no file".to_owned(), Value::to_string);
        (agreed.as_ref() != Some(answer))
            .then(|| format!("{name}\n  agreed:   {shown}\n  answered: {answer}"))
    };
    answers.iter().filter_map(differs).collect()
}

/// Compares with the golden answers, or writes them.
pub(crate) fn check(answers: &BTreeMap<String, Value>, what: &str) {
    let differences = differences(answers);
    assert!(
        differences.is_empty(),
        "{what}: {} of {} answers differ; {BLESS}=1 writes them anew\n{}",
        differences.len(),
        answers.len(),
        differences.join("\n")
    );
}

/// Writes the answers if the environment asks for it.
pub(crate) fn bless(answers: &BTreeMap<String, Value>) {
    if std::env::var_os(BLESS).is_none() {
        return;
    }
    std::fs::create_dir_all(folder("answers").join("fixed")).unwrap();
    for (name, answer) in answers {
        if agreed(name).as_ref() != Some(answer) {
            eprintln!("blessed {name}");
            let text = serde_json::to_string_pretty(answer).unwrap();
            std::fs::write(path(name), text + "\n").unwrap();
        }
    }
}

#[test]
fn every_operation_with_data_has_a_case() {
    let mut missing = Vec::new();
    for name in stems("requests") {
        if WITHOUT_CASES.contains(&name.as_str()) {
            continue;
        }
        let document = folder("requests").join(format!("{name}.graphql"));
        let document = std::fs::read_to_string(document).unwrap();
        let cases = of_document(&name);
        let asked: BTreeSet<&str> = cases.iter().map(|case| case.operation.as_str()).collect();
        let known = operations(&document);
        missing.extend(known.difference(&asked).map(|operation| format!("{name}.{operation}")));
        let unknown: Vec<_> = asked.difference(&known).collect();
        assert!(unknown.is_empty(), "{name} has no operations {unknown:?}");
    }
    assert!(missing.is_empty(), "without a case: {missing:?}");
}

#[test]
fn every_answer_belongs_to_a_case() {
    let cases: BTreeSet<String> = all().into_iter().map(|case| case.name).collect();
    let answers: BTreeSet<String> = stems("answers/fixed");
    assert_eq!(answers, cases);
}
