//! Tests of the layers, against the real defaults.

use serde_json::json;

use super::{Layers, Origin};
use crate::cli::Sources;

fn read(file: Option<&str>, environment: &[(&str, &str)], set: &[&str]) -> Result<Layers, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("skytrail.yaml");
    let config = file.map(|text| {
        std::fs::write(&path, text).unwrap();
        path.clone()
    });
    let set = set.iter().map(|one| (*one).to_owned()).collect();
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let read = Layers::read(&Sources { config, set }, environment);
    let (layers, problems) = read.map_err(|error| error.to_string())?;
    if problems.is_empty() { Ok(layers) } else { Err(problems.join("\n")) }
}

fn value(layers: &Layers, key: &str) -> (serde_json::Value, Origin) {
    let found = layers.iter().find(|(known, ..)| *known == key);
    found.map(|(_, value, origin)| (value.clone(), origin.clone())).unwrap()
}

#[test]
fn later_layers_win_and_every_value_knows_where_it_came_from() {
    let file = "ingest:\n  grpc:\n    port: 1\n    host: 127.0.0.2\napi:\n  rest:\n    port: 2\n";
    let environment = [("SKYTRAIL_API_REST_PORT", "3"), ("SW_CORE_REST_PORT", "4"), ("HOME", "x")];
    let layers = read(Some(file), &environment, &["ingest.grpc.port=5"]).unwrap();
    assert_eq!(value(&layers, "ingest.grpc.port"), (json!(5), Origin::CommandLine));
    assert_eq!(value(&layers, "ingest.grpc.host").0, json!("127.0.0.2"));
    let ours = Origin::Environment("SKYTRAIL_API_REST_PORT".to_owned());
    assert_eq!(value(&layers, "api.rest.port"), (json!(3), ours));
    assert_eq!(value(&layers, "telemetry.port"), (json!(1234), Origin::Default));
}

#[test]
fn names_of_skywalking_are_understood() {
    let environment = [("SW_CORE_REST_PORT", "4"), ("SW_STORAGE", "memory")];
    let layers = read(None, &environment, &[]).unwrap();
    assert_eq!(value(&layers, "api.rest.port").0, json!(4));
    assert_eq!(value(&layers, "storage.selector").0, json!("memory"));
}

#[test]
fn every_problem_is_reported_with_the_nearest_name() {
    let file = "ingest:\n  grcp:\n    port: 1\napi:\n  rest:\n    port: many\n";
    let error = read(Some(file), &[("SKYTRAIL_API_REST_PROT", "1")], &["nonsense"]).unwrap_err();
    for part in [
        "ingest.grcp.port",
        "did you mean ingest.grpc.port?",
        "api.rest.port",
        "takes a number, not 'many'",
        "environment SKYTRAIL_API_REST_PROT sets no key; did you mean SKYTRAIL_API_REST_PORT?",
        "--set nonsense: write it as key=value",
    ] {
        assert!(error.contains(part), "{part} is not in:\n{error}");
    }
}

#[test]
fn secrets_are_masked_wherever_they_are_shown() {
    let layers = read(None, &[], &["ingest.auth.token=hunter2"]).unwrap();
    let dump = format!("{:?}", layers.dump());
    assert!(!layers.print().contains("hunter2") && !dump.contains("hunter2"));
    assert!(layers.print().contains("ingest.auth.token: ******"));
}

#[test]
fn a_section_without_keys_sets_nothing_and_nothing_is_no_text() {
    let layers = read(Some("ingest:\n  grpc:\napi: {}\n"), &[], &[]).unwrap();
    assert_eq!(value(&layers, "ingest.grpc.port").1, Origin::Default);
    let error = read(Some("ingest:\n  auth:\n    token:\n"), &[], &[]).unwrap_err();
    assert!(
        error.contains("ingest.auth.token") && error.contains("write \"\" for none"),
        "{error}"
    );
}

#[test]
fn the_defaults_are_those_of_the_parts() {
    let config = crate::config::Config::from_layers(&Layers::defaults().unwrap()).unwrap();
    assert_eq!(config.ingest, skytrail_ingest::Config::default());
    assert_eq!(config.analysis, skytrail_analysis::Config::default());
    assert_eq!(skytrail_query::Config::from(config.query), skytrail_query::Config::default());
    let limits = skytrail_api::graphql::Limits::default();
    assert_eq!(config.api.graphql.max_depth, limits.depth);
    assert_eq!(config.api.graphql.max_aliases, limits.aliases);
    assert_eq!(config.api.graphql.max_cost, limits.cost);
    assert_eq!(config.api.graphql.timeout.as_duration(), limits.deadline);
}
