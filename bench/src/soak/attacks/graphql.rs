//! Questions that cost more to answer than to ask.

use std::fmt::Write;
use std::time::Duration;

use serde_json::json;

use crate::soak::random::Random;
use crate::soak::target::{Reply, Target};
use crate::wire::http::post_json;

/// A question may run 30 s; an attacker waits a little longer.
const PATIENCE: Duration = Duration::from_secs(40);

async fn post(target: &Target, body: &str) -> Reply {
    match post_json(target.rest, "/graphql", body, PATIENCE).await {
        Ok(answer) if answer.status == 200 && answer.body.contains("\"errors\"") => Reply::Refused,
        Ok(answer) => Reply::of_http(answer.status),
        Err(error) if error.to_string().contains("connect") => Reply::Unreachable,
        Err(_) => Reply::Silent,
    }
}

async fn ask(target: &Target, query: &str) -> Reply {
    post(target, &json!({ "query": query }).to_string()).await
}

/// Selections within selections.
pub(super) async fn depth(target: Target, mut random: Random) -> Reply {
    let depths = [15, 25, 1000, 100_000];
    let depth = random.pick(&depths).copied().unwrap_or(0);
    let query = match random.below(3) {
        0 => format!("{}x{}", "{ a ".repeat(depth), "}".repeat(depth)),
        1 => {
            let (open, close) = ("ofType { ".repeat(depth), "} ".repeat(depth));
            format!("{{ __schema {{ types {{ fields {{ type {{ {open} name {close} }} }} }} }} }}")
        }
        _ => format!("query($a: {}Int{}) {{ version }}", "[".repeat(depth), "]".repeat(depth)),
    };
    ask(&target, &query).await
}

/// One field under very many names.
pub(super) async fn aliases(target: Target, mut random: Random) -> Reply {
    let counts = [1500, 3000, 100_000];
    let count = random.pick(&counts).copied().unwrap_or(0);
    let field = match random.below(3) {
        0 => "version",
        1 => "listServices(layer: \"GENERAL\") { id name }",
        _ => "getMenuItems { title }",
    };
    let mut query = String::from("{ ");
    for number in 0..count {
        let _ = write!(query, "a{number}: {field} ");
    }
    query.push('}');
    ask(&target, &query).await
}

/// Fragments that double with every level, or contain themselves.
pub(super) async fn fragments(target: Target, mut random: Random) -> Reply {
    let mut query = String::from("{ ...f0 } ");
    if random.below(2) == 0 {
        query.push_str("fragment f0 on Query { ...f1 } fragment f1 on Query { ...f0 version }");
        return ask(&target, &query).await;
    }
    let levels = 10 + random.below(40);
    for level in 0..levels {
        let next = level + 1;
        let _ = write!(
            query,
            "fragment f{level} on Query {{ a{level}: version ...f{next} ...f{next} ...f{next} }} "
        );
    }
    let _ = write!(query, "fragment f{levels} on Query {{ version }}");
    ask(&target, &query).await
}

/// Huge texts, directives by the thousand, control characters.
pub(super) async fn texts(target: Target, mut random: Random) -> Reply {
    let query = match random.below(4) {
        0 => format!("{{ listServices(layer: \"{}\") {{ id }} }}", "x".repeat(5 << 20)),
        1 => format!("{{ version {} }}", "@include(if: true) ".repeat(20_000)),
        2 => format!(
            "{{ queryTrace(traceId: \"{}\") {{ spans {{ spanId }} }} }}",
            "🦀\\u0000".repeat(20_000)
        ),
        _ => String::from_utf8_lossy(&random.bytes(10_000)).into_owned(),
    };
    ask(&target, &query).await
}

/// Bodies that are no JSON, too much of it, or too deep.
pub(super) async fn json(target: Target, mut random: Random) -> Reply {
    let body = match random.below(6) {
        0 => "[".repeat(200_000),
        1 => format!(
            "{{\"query\":\"{{version}}\",\"variables\":{}1{}}}",
            "{\"a\":".repeat(100_000),
            "}".repeat(100_000)
        ),
        2 => format!("[{}]", vec!["{\"query\":\"{version}\"}"; 10_000].join(",")),
        3 => "{\"query\":\"\\ud800 { version }\"}".to_owned(),
        4 => "{\"query\":{\"a\":1},\"variables\":\"x\",\"operationName\":7}".to_owned(),
        _ => String::from_utf8_lossy(&random.bytes(5000)).into_owned(),
    };
    post(&target, &body).await
}

/// The words of the metrics language, in any order.
const WORDS: &[&str] = &[
    "service_cpm",
    "avg(",
    "sum(",
    "top_n(",
    "relabels(",
    "aggregate_labels(",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    ">",
    "<=",
    "==",
    "{p='50,99'}",
    "{",
    "}",
    "'",
    "1",
    "0",
    "-1",
    "99999999999999999999",
    "1e400",
    "sort_values(",
    "baseline(",
    "is_present(",
    "trend(",
    "view_as_seq([",
    "]",
    "service_percentile",
    "bool",
    "des",
    "\u{0}",
    "ä",
];

/// Expressions: garbage, parentheses within parentheses, very long ones.
pub(super) async fn expressions(target: Target, mut random: Random) -> Reply {
    let expression = match random.below(4) {
        0 => format!("{}service_cpm{}", "(".repeat(50_000), ")".repeat(50_000)),
        1 => vec!["service_cpm"; 50_000].join("+"),
        2 => format!("{}service_cpm", "-".repeat(50_000)),
        _ => {
            let count = random.below(60);
            let words = (0..count).filter_map(|_| random.pick(WORDS).copied());
            words.collect::<Vec<_>>().join(" ")
        }
    };
    evaluate(&target, &expression, "2026-01-05 1000", "2026-01-05 1100", "MINUTE").await
}

/// Time ranges of centuries, minute by minute, backwards, or of no calendar.
pub(super) async fn durations(target: Target, mut random: Random) -> Reply {
    let times = [
        "0000-01-01 0000",
        "1970-01-01 0000",
        "9999-12-31 2359",
        "2026-02-30 2561",
        "2026-01-05 1000",
        "2026-01-05",
        "-1",
        "",
        "99999999999-01-01",
    ];
    let steps = ["MINUTE", "HOUR", "DAY", "SECOND", "CENTURY"];
    let mut one = |of: &[&'static str]| random.pick(of).copied().unwrap_or_default();
    let (start, end, step) = (one(&times), one(&times), one(&steps));
    evaluate(&target, "top_n(service_cpm, 999999999, des)", start, end, step).await
}

async fn evaluate(target: &Target, expression: &str, start: &str, end: &str, step: &str) -> Reply {
    let query = "query($e: String!, $d: Duration!) { execExpression(expression: $e, entity: \
                 {serviceName: \"orders-edge\", normal: true}, duration: $d) { error results { values \
                 { id value } } } }";
    let duration = json!({ "start": start, "end": end, "step": step });
    let body = json!({ "query": query, "variables": { "e": expression, "d": duration } });
    post(target, &body.to_string()).await
}
