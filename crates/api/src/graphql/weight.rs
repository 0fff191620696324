//! What the arguments of root fields come to once variables are put in: each use of a variable is
//! a copy of its value, so a short document can ask for a lot of memory.

use std::collections::HashMap;

use apollo_compiler::ast::Value;
use apollo_compiler::executable::Field;
use apollo_compiler::response::JsonMap;
use apollo_compiler::response::serde_json_bytes::Value as Json;

/// Bytes that a value takes beside its text, its share of a list or an object included.
const VALUE: usize = 256;

/// Bytes of the arguments of all fields.
pub(crate) fn weigh(fields: &[&Field], variables: &JsonMap) -> usize {
    let known: HashMap<&str, usize> =
        variables.iter().map(|(name, value)| (name.as_str(), json(value))).collect();
    let values = fields.iter().flat_map(|field| &field.arguments);
    sum(values.map(|argument| literal(&argument.value, &known)))
}

/// Nesting is bounded by the limit of the parser.
fn literal(value: &Value, variables: &HashMap<&str, usize>) -> usize {
    match value {
        Value::Variable(name) => variables.get(name.as_str()).copied().unwrap_or(VALUE),
        Value::String(text) => VALUE.saturating_add(text.len()),
        Value::List(values) => {
            VALUE.saturating_add(sum(values.iter().map(|value| literal(value, variables))))
        }
        Value::Object(members) => {
            VALUE.saturating_add(sum(members.iter().map(|(_, value)| literal(value, variables))))
        }
        Value::Null | Value::Enum(_) | Value::Int(_) | Value::Float(_) | Value::Boolean(_) => VALUE,
    }
}

/// Nesting is bounded by the limit of the JSON parser.
fn json(value: &Json) -> usize {
    let inside = match value {
        Json::String(text) => text.as_str().len(),
        Json::Array(values) => sum(values.iter().map(json)),
        Json::Object(members) => sum(members.values().map(json)),
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    };
    VALUE.saturating_add(inside)
}

fn sum(sizes: impl Iterator<Item = usize>) -> usize {
    sizes.fold(0, usize::saturating_add)
}
