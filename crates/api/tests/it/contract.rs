//! The schema that clients see is the one of the protocol, to the letter, and the listed extensions.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::client::post;
use crate::fakes::product;

pub(crate) const CONTRACT: &str = include_str!("../../../../cases/graphql/contract.txt");

/// What is offered beyond the protocol.
pub(crate) const EXTENSIONS: &str = include_str!("../../../../cases/graphql/extensions.txt");

/// The introspection that code generators and editors send.
pub(crate) const INTROSPECTION: &str = "
query IntrospectionQuery {
  __schema {
    description
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    types { ...FullType }
    directives {
      name description isRepeatable locations
      args(includeDeprecated: true) { ...InputValue }
    }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL
  fields(includeDeprecated: true) {
    name description
    args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef }
    isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name } } } } } } } } }
}";

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn type_text(reference: &Value) -> String {
    match text(&reference["kind"]) {
        "NON_NULL" => format!("{}!", type_text(&reference["ofType"])),
        "LIST" => format!("[{}]", type_text(&reference["ofType"])),
        _ => text(&reference["name"]).to_owned(),
    }
}

fn input_text(input: &Value) -> String {
    let default = input["defaultValue"].as_str();
    let default = default.map(|value| format!(" = {value}"));
    let (name, reference) = (text(&input["name"]), type_text(&input["type"]));
    format!("{name}: {reference}{}", default.unwrap_or_default())
}

fn lines_of(definition: &Value) -> Vec<String> {
    let owner = text(&definition["name"]);
    let mut lines = Vec::new();
    if text(&definition["kind"]) == "SCALAR" {
        lines.push(format!("scalar {owner}"));
    }
    for field in list(&definition["fields"]) {
        let arguments: Vec<_> = list(&field["args"]).map(input_text).collect();
        let arguments = match arguments.join(", ") {
            joined if joined.is_empty() => joined,
            joined => format!("({joined})"),
        };
        let (name, reference) = (text(&field["name"]), type_text(&field["type"]));
        lines.push(format!("{owner}.{name}{arguments}: {reference}"));
    }
    for input in list(&definition["inputFields"]) {
        lines.push(format!("{owner}.{}", input_text(input)));
    }
    for value in list(&definition["enumValues"]) {
        lines.push(format!("{owner}.{}", text(&value["name"])));
    }
    lines
}

#[tokio::test]
async fn the_schema_is_the_contract_with_the_listed_extensions() {
    let answer = post(&product(), INTROSPECTION, Value::Null).await;
    assert!(answer.get("errors").is_none(), "{}", answer["errors"]);
    let own = ["Boolean", "Float", "ID", "Int", "String"];
    let types = list(&answer["data"]["__schema"]["types"]).filter(|definition| {
        let name = text(&definition["name"]);
        !name.starts_with("__") && !own.contains(&name)
    });
    let served: BTreeSet<String> = types.flat_map(lines_of).collect();
    let agreed = CONTRACT.lines().chain(EXTENSIONS.lines()).map(str::to_owned);
    let agreed: BTreeSet<String> = agreed.collect();
    let missing: Vec<_> = agreed.difference(&served).collect();
    let surplus: Vec<_> = served.difference(&agreed).collect();
    assert!(missing.is_empty(), "missing: {missing:#?}");
    assert!(surplus.is_empty(), "surplus: {surplus:#?}");
}

#[test]
fn the_lists_are_sorted_and_have_no_line_in_common() {
    let mut all = BTreeSet::new();
    for list in [CONTRACT, EXTENSIONS] {
        assert!(list.lines().is_sorted());
        for line in list.lines() {
            assert!(all.insert(line), "{line} twice");
        }
    }
}

#[tokio::test]
async fn everything_that_clients_see_is_described() {
    let answer = post(&product(), INTROSPECTION, Value::Null).await;
    for definition in list(&answer["data"]["__schema"]["types"]) {
        let name = text(&definition["name"]);
        let root = matches!(name, "Query" | "Mutation");
        assert!(definition["description"].is_string(), "type {name}");
        for field in list(&definition["fields"]).filter(|_| root) {
            let field_name = text(&field["name"]);
            assert!(field["description"].is_string(), "{name}.{field_name}");
        }
    }
}

#[tokio::test]
async fn one_type_can_be_asked_for_beside_data() {
    let query = r#"{ __typename version __type(name: "Step") { enumValues { name } } }"#;
    let answer = post(&product(), query, Value::Null).await;
    let text = answer.to_string();
    let expected = r#"{"data":{"__type":{"enumValues":[{"name":"DAY"},{"name":"HOUR"},{"name":"MINUTE"},{"name":"SECOND"}]},"__typename":"Query","version":"10.3.0"}}"#;
    assert_eq!(text, expected);
}
