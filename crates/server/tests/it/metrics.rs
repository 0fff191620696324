//! Metric values worked out by hand.

use serde_json::{Value, json};

use crate::app::{App, Setup};
use crate::fixed_set;

/// What percentiles may be off by, of the true value.
const PERCENTILE_ERROR: f64 = 0.02;

const QUERY: &str = "query ($expression: String!, $entity: Entity!, $duration: Duration!) {
  execExpression(expression: $expression, entity: $entity, duration: $duration) {
    error
    results { values { value } }
  }
}";

/// One line of `cases/metrics/fixed.txt`.
pub(crate) struct Row {
    line: String,
    metric: String,
    entity: Value,
    step: String,
    time: String,
    value: Expected,
}

enum Expected {
    /// To the digit.
    Exactly(String),
    /// Within the bound of percentiles.
    About(f64),
    /// No value.
    Nothing,
}

/// The table.
pub(crate) fn table() -> Vec<Row> {
    let path = fixed_set::cases().join("metrics/fixed.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(row).collect()
}

fn row(line: &str) -> Row {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let [metric, entity, step, time, value] = fields[..] else { panic!("five fields: {line}") };
    let value = match (value, value.strip_prefix('~')) {
        ("-", _) => Expected::Nothing,
        (_, Some(about)) => Expected::About(about.parse().unwrap()),
        _ => Expected::Exactly(value.to_owned()),
    };
    Row {
        line: line.to_owned(),
        metric: metric.to_owned(),
        entity: entity_of(entity),
        step: step.to_owned(),
        time: time.to_owned(),
        value,
    }
}

/// `web`, `web @ web-1`, `web # GET:/buy`, and two of them around ` -> `.
fn entity_of(text: &str) -> Value {
    let mut entity = json!({});
    let (source, dest) = text.split_once(" -> ").map_or((text, None), |(a, b)| (a, Some(b)));
    let names = |text: &str| {
        let (service, instance) = match text.split_once(" @ ") {
            Some((service, instance)) => (service, Some(instance.to_owned())),
            None => (text, None),
        };
        let (service, endpoint) = match service.split_once(" # ") {
            Some((service, endpoint)) => (service, Some(endpoint.to_owned())),
            None => (service, None),
        };
        let normal = !service.starts_with('~');
        (service.trim_start_matches('~').to_owned(), normal, instance, endpoint)
    };
    let (service, normal, instance, endpoint) = names(source);
    entity["serviceName"] = json!(service);
    entity["normal"] = json!(normal);
    entity["serviceInstanceName"] = json!(instance);
    entity["endpointName"] = json!(endpoint);
    if let Some((service, normal, instance, endpoint)) = dest.map(names) {
        entity["destServiceName"] = json!(service);
        entity["destNormal"] = json!(normal);
        entity["destServiceInstanceName"] = json!(instance);
        entity["destEndpointName"] = json!(endpoint);
    }
    entity
}

impl Row {
    /// What is wrong with an answer.
    fn complaint(&self, answer: &Value) -> Option<String> {
        let found = answer.pointer("/data/execExpression/results/0/values/0/value");
        let found = found.and_then(Value::as_str);
        let is_right = match &self.value {
            Expected::Exactly(value) => found == Some(value),
            Expected::Nothing => found.is_none() && answer.get("errors").is_none(),
            Expected::About(value) => found
                .and_then(|found| found.parse::<f64>().ok())
                .is_some_and(|found| (found - value).abs() <= value * PERCENTILE_ERROR),
        };
        (!is_right).then(|| format!("{}\n    answered {found:?}: {answer}", self.line))
    }
}

/// What is wrong with what the product answers.
pub(crate) async fn complaints(app: &App, table: &[Row]) -> Vec<String> {
    let mut complaints = Vec::new();
    for row in table {
        let duration = json!({"start": row.time, "end": row.time, "step": row.step});
        let variables =
            json!({"expression": row.metric, "entity": row.entity, "duration": duration});
        complaints.extend(row.complaint(&app.ask(QUERY, "", &variables).await));
    }
    complaints
}

/// Compares what the product answers with the table.
pub(crate) async fn check(app: &App, table: &[Row], what: &str) {
    let complaints = complaints(app, table).await;
    assert!(
        complaints.is_empty(),
        "{what}: {} of {} values are wrong\n{}",
        complaints.len(),
        table.len(),
        complaints.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_the_ones_worked_out_by_hand() {
    let app = App::start(Setup::default()).await;
    app.send_all(&fixed_set::messages(100)).await;
    let table = table();
    assert!(table.len() > 100, "{} values", table.len());
    check(&app, &table, "live").await;
    app.stop().await;
}
