//! Limits let real clients pass and stop the rest before any work is done.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};
use skytrail_api::graphql::{
    Answer, Arguments, Context, FieldError, Limits, Out, Root, Tables, Written, answer,
};

use crate::client::{only_code, post};
use crate::fakes::{product, with};

/// An expression result that repeats the expression and the service it was asked for.
struct Echo(String);

impl Answer for Echo {
    fn write(&self, out: Out<'_>) -> Written {
        out.object(&|field| match field.name() {
            "type" => field.put("SINGLE_VALUE"),
            "results" | "labels" => field.list::<&str>([]),
            "error" => field.put(&self.0),
            _ => field.unknown(),
        })
    }
}

async fn expression(_: &Context<()>, arguments: Arguments) -> Result<Echo, FieldError> {
    let expression: String = arguments.get("expression")?;
    let entity: Map<String, Value> = arguments.get("entity")?;
    Ok(Echo(format!("{expression} of {}", entity["serviceName"])))
}

static ECHO: Tables<()> = Tables {
    query: &[&[Root::new("execExpression", |context, arguments| {
        answer(expression(context, arguments))
    })]],
    mutation: &[],
};

const WIDGET: &str = "{
    type
    results {
      metric { labels { key value } }
      values {
        name: id value refId: traceID
        owner {
          scope serviceID serviceName normal
          serviceInstanceID serviceInstanceName endpointID endpointName
        }
      }
    }
    error
  }";

/// The request by which booster-ui colours a topology: every metric of every node, aliased.
fn topology_page(nodes: usize, metrics: &[&str]) -> (String, Value) {
    let mut declared = String::from("$duration: Duration!");
    let mut fields = String::new();
    let mut variables = json!({
        "duration": {"start": "2026-11-22 0900", "end": "2026-11-22 0930", "step": "MINUTE"},
    });
    for (index, metric) in metrics.iter().enumerate() {
        write!(declared, ",$expression{index}: String!").expect("memory");
        variables[format!("expression{index}")] = json!(metric);
    }
    for node in 0..nodes {
        write!(declared, ",$entity{node}: Entity!").expect("memory");
        variables[format!("entity{node}")] =
            json!({"serviceName": format!("service-{node}"), "normal": true});
        for index in 0..metrics.len() {
            write!(
                fields,
                " expression{node}{index}: execExpression(expression: $expression{index}, \
                 entity: $entity{node}, duration: $duration){WIDGET}"
            )
            .expect("memory");
        }
    }
    (format!("query queryData({declared}) {{{fields}}}"), variables)
}

#[tokio::test]
async fn a_topology_of_200_nodes_passes() {
    let router = with(Arc::new(()), &ECHO, Limits::default());
    let metrics = ["service_cpm", "service_sla", "service_resp_time", "service_apdex"];
    let (query, variables) = topology_page(200, &metrics);
    let answer = post(&router, &query, variables).await;
    assert!(answer.get("errors").is_none(), "{}", answer["errors"]);
    let data = answer["data"].as_object().expect("data");
    assert_eq!(data.len(), 800);
    let last = &data["expression1993"]["error"];
    assert_eq!(last, "service_apdex of \"service-199\"");
}

#[tokio::test]
async fn a_document_of_2001_aliases_is_refused() {
    let field = |index| format!("a{index}: getTimeInfo {{ timezone }} ");
    let query: String = (0..2001).map(field).collect();
    let answer = post(&product(), &format!("{{ {query} }}"), Value::Null).await;
    assert_eq!(only_code(&answer), "LIMIT_EXCEEDED");
    assert!(answer.get("data").is_none());
    let message = answer["errors"][0]["message"].as_str().expect("message");
    assert!(message.contains("exceeds the limit of 2000"), "{message}");
}

#[tokio::test]
async fn a_document_of_2001_leaves_at_the_root_is_refused() {
    let field = |index| format!("a{index}: version ");
    let query: String = (0..2000).map(field).collect();
    let answer = post(&product(), &format!("{{ {query} }}"), Value::Null).await;
    assert_eq!(answer["data"].as_object().map(Map::len), Some(2000));
    let answer = post(&product(), &format!("{{ {query} version }}"), Value::Null).await;
    assert_eq!(only_code(&answer), "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn depth_beyond_20_is_refused() {
    let menu = |depth: usize| {
        let inner = "subItems { ".repeat(depth) + "title" + &" }".repeat(depth);
        format!("{{ getMenuItems {{ {inner} }} }}")
    };
    let answer = post(&product(), &menu(18), Value::Null).await;
    assert!(answer.get("errors").is_none(), "20 deep passes: {answer}");
    let answer = post(&product(), &menu(19), Value::Null).await;
    assert_eq!(only_code(&answer), "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn introspection_cannot_be_multiplied() {
    let mut fields = String::new();
    for index in 0..60 {
        write!(fields, " a{index}: types {{ name }}").expect("memory");
    }
    let answer = post(&product(), &format!("{{ __schema {{{fields}}} }}"), Value::Null).await;
    assert_eq!(only_code(&answer), "LIMIT_EXCEEDED");
    let nested =
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    let answer = post(&product(), nested, Value::Null).await;
    assert_eq!(only_code(&answer), "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn brackets_without_end_are_refused() {
    let answer = post(&product(), &"{a".repeat(20_000), Value::Null).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "PARSE_FAILED");
    let cycle = "{ ...F } fragment F on Query { ...F }";
    let answer = post(&product(), cycle, Value::Null).await;
    assert_eq!(only_code(&answer), "VALIDATION_FAILED");
}

struct Long(usize);

impl Answer for Long {
    fn write(&self, out: Out<'_>) -> Written {
        out.list(std::iter::repeat_n("x".repeat(1000), self.0))
    }
}

async fn costly(context: &Context<()>, _: Arguments) -> Result<Long, FieldError> {
    context.ctx.budget.take(400)?;
    Ok(Long(40))
}

static COSTLY: Tables<()> = Tables {
    query: &[&[
        Root::new("queryLogTagAutocompleteKeys", |context, arguments| {
            answer(costly(context, arguments))
        }),
        Root::new("listLayers", |context, arguments| answer(costly(context, arguments))),
    ]],
    mutation: &[],
};

#[tokio::test]
async fn fields_of_one_request_share_its_budget() {
    let limits = Limits { cost: 1000, ..Limits::default() };
    let router = with(Arc::new(()), &COSTLY, limits);
    let duration = r#"{ start: "2026-11-22", end: "2026-11-22", step: DAY }"#;
    let field = format!("queryLogTagAutocompleteKeys(duration: {duration})");
    let answer =
        post(&router, &format!("{{ a: {field} b: {field} c: {field} }}"), Value::Null).await;
    assert_eq!(only_code(&answer), "COST_EXCEEDED");
    assert_eq!(answer["errors"][0]["path"], json!(["c"]));
    assert_eq!(answer["data"]["a"].as_array().map(Vec::len), Some(40));
    assert_eq!(answer["data"]["c"], Value::Null);
}

#[tokio::test]
async fn an_answer_beyond_its_bytes_is_not_sent() {
    let limits =
        Limits { answer_bytes: 30_000, deadline: Duration::from_secs(5), ..Limits::default() };
    let router = with(Arc::new(()), &COSTLY, limits);
    let answer = post(&router, "{ listLayers }", Value::Null).await;
    assert_eq!(only_code(&answer), "TOO_LARGE");
    assert!(answer.get("data").is_none());
}

/// Values that resolvers gave and nobody has dropped yet.
#[derive(Default)]
struct Live {
    now: AtomicUsize,
    most: AtomicUsize,
    asked: AtomicUsize,
}

struct Held(Arc<Live>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Answer for Held {
    fn write(&self, out: Out<'_>) -> Written {
        Long(10).write(out)
    }
}

async fn held(context: &Context<Live>, _: Arguments) -> Result<Held, FieldError> {
    let live = Arc::clone(&context.sources);
    live.asked.fetch_add(1, Ordering::Relaxed);
    context.ctx.budget.take(10)?;
    let now = live.now.fetch_add(1, Ordering::Relaxed) + 1;
    live.most.fetch_max(now, Ordering::Relaxed);
    Ok(Held(live))
}

static HELD: Tables<Live> = Tables {
    query: &[&[Root::new("listLayers", |context, arguments| answer(held(context, arguments)))]],
    mutation: &[],
};

fn often(count: usize) -> String {
    let fields: Vec<String> = (0..count).map(|number| format!("a{number}: listLayers")).collect();
    format!("{{ {} }}", fields.join(" "))
}

#[tokio::test]
async fn what_a_field_came_to_is_written_before_the_next_one_is_asked() {
    let live = Arc::new(Live::default());
    let limits = Limits { cost: 1000, ..Limits::default() };
    let router = with(Arc::clone(&live), &HELD, limits);
    let answer = post(&router, &often(100), Value::Null).await;
    assert_eq!(answer["data"].as_object().map(serde_json::Map::len), Some(100));
    assert_eq!(answer["data"]["a99"].as_array().map(Vec::len), Some(10));
    let asked = live.asked.load(Ordering::Relaxed);
    assert_eq!(asked, 101, "the first that outgrew the small share was asked again, at no cost");
    assert_eq!(live.most.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn once_an_answer_is_too_long_nothing_more_is_asked() {
    let live = Arc::new(Live::default());
    let limits = Limits { answer_bytes: 35_000, ..Limits::default() };
    let router = with(Arc::clone(&live), &HELD, limits);
    let answer = post(&router, &often(100), Value::Null).await;
    assert_eq!(only_code(&answer), "TOO_LARGE");
    assert_eq!(live.asked.load(Ordering::Relaxed), 4);
}
