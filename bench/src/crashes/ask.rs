//! Questions to the server, many in a request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::expected::{Party, Subject};
use crate::process::Server;

/// Expressions of a request.
const AT_ONCE: usize = 40;

/// A stretch of time in Unix milliseconds, both minutes included; at most 500 minutes.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// In the first minute.
    pub from: i64,
    /// In the last one.
    pub to: i64,
}

/// A span as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Its segment.
    pub segment: String,
    /// Its number.
    pub span: i64,
    /// Its service.
    pub service: String,
    /// Its operation.
    pub operation: String,
    /// Start and end, Unix milliseconds.
    pub times: (i64, i64),
}

fn moment(millis: i64, form: &str) -> String {
    let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    moment.strftime(form).to_string()
}

fn minutes(stretch: Stretch) -> Value {
    let form = "%Y-%m-%d %H%M";
    let (start, end) = (moment(stretch.from, form), moment(stretch.to, form));
    json!({ "start": start, "end": end, "step": "MINUTE" })
}

/// All spans of some traces, by the order of the ids.
pub async fn traces(server: &Server, ids: &[String]) -> Result<Vec<Vec<Told>>> {
    let mut query = String::from("{ ");
    for (at, id) in ids.iter().enumerate() {
        let id = Value::from(id.as_str());
        let _ = write!(
            query,
            "t{at}: queryTrace(traceId: {id}) {{ spans {{ segmentId spanId serviceCode \
             endpointName startTime endTime }} }} "
        );
    }
    query.push('}');
    let data = server.ask(&query, &json!({})).await.context("cannot ask for traces")?;
    let told = (0..ids.len()).map(|at| {
        let spans = data[format!("t{at}")]["spans"].as_array();
        spans.into_iter().flatten().map(told).collect()
    });
    Ok(told.collect())
}

fn told(span: &Value) -> Told {
    let text = |name: &str| span[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| span[name].as_i64().unwrap_or(-1);
    Told {
        segment: text("segmentId"),
        span: number("spanId"),
        service: text("serviceCode"),
        operation: text("endpointName"),
        times: (number("startTime"), number("endTime")),
    }
}

fn entity(subject: &Subject) -> Value {
    let of = |party: &Party| {
        let mut fields = Map::new();
        fields.insert("serviceName".to_owned(), json!(party.service));
        fields.insert("normal".to_owned(), json!(party.normal));
        fields
    };
    Value::Object(match subject {
        Subject::Service(party) => of(party),
        Subject::Instance(party, name) => {
            let mut fields = of(party);
            fields.insert("serviceInstanceName".to_owned(), json!(name));
            fields
        }
        Subject::Endpoint(party, name) => {
            let mut fields = of(party);
            fields.insert("endpointName".to_owned(), json!(name));
            fields
        }
        Subject::Relation(source, dest) => {
            let mut fields = of(source);
            fields.insert("destServiceName".to_owned(), json!(dest.service));
            fields.insert("destNormal".to_owned(), json!(dest.normal));
            fields
        }
    })
}

/// Values by minute (Unix milliseconds) of some metrics, in their order; minutes
/// without a value, or with 0, are left out.
pub async fn series(
    server: &Server,
    metrics: &[(&str, &Subject)],
    stretch: Stretch,
) -> Result<Vec<BTreeMap<i64, i64>>> {
    let mut all = Vec::with_capacity(metrics.len());
    for some in metrics.chunks(AT_ONCE) {
        let mut head = String::from("query($d: Duration!");
        let mut body = String::new();
        let mut variables = Map::new();
        variables.insert("d".to_owned(), minutes(stretch));
        for (at, (metric, subject)) in some.iter().enumerate() {
            let _ = write!(head, ", $e{at}: Entity!");
            let _ = write!(
                body,
                "m{at}: execExpression(expression: \"{metric}\", entity: $e{at}, duration: $d) \
                 {{ error results {{ values {{ id value }} }} }} "
            );
            variables.insert(format!("e{at}"), entity(subject));
        }
        let query = format!("{head}) {{ {body}}}");
        let data = server.ask(&query, &Value::Object(variables)).await?;
        for (at, (metric, _)) in some.iter().enumerate() {
            all.push(values(&data[format!("m{at}")]).with_context(|| (*metric).to_owned())?);
        }
    }
    Ok(all)
}

fn values(answer: &Value) -> Result<BTreeMap<i64, i64>> {
    ensure!(answer["error"].is_null(), "{}", answer["error"]);
    let values = answer["results"][0]["values"].as_array();
    let mut series = BTreeMap::new();
    for value in values.into_iter().flatten() {
        let Some(text) = value["value"].as_str() else { continue };
        let number: i64 = text.parse().with_context(|| format!("a value is {text}"))?;
        let minute = value["id"].as_str().and_then(|id| id.parse().ok());
        if number != 0 {
            series.insert(minute.context("a value has no time")?, number);
        }
    }
    Ok(series)
}

/// Who called whom, by names.
pub async fn edges(server: &Server, stretch: Stretch) -> Result<BTreeSet<(String, String)>> {
    let form = "%Y-%m-%d %H";
    let (start, end) = (moment(stretch.from, form), moment(stretch.to, form));
    let duration = json!({ "start": start, "end": end, "step": "HOUR" });
    let query = "query($d: Duration!) { getGlobalTopology(duration: $d) { nodes { id name } \
                 calls { source target } } }";
    let data = server.ask(query, &json!({ "d": duration })).await?;
    let topology = &data["getGlobalTopology"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let nodes = topology["nodes"].as_array().into_iter().flatten();
    let names: BTreeMap<_, _> =
        nodes.map(|node| (text(&node["id"]), text(&node["name"]))).collect();
    let name = |id: &Value| names.get(&text(id)).cloned().unwrap_or_else(|| text(id));
    let calls = topology["calls"].as_array().into_iter().flatten();
    Ok(calls.map(|call| (name(&call["source"]), name(&call["target"]))).collect())
}
