//! What the binary says about its configuration, and where it refuses to start.

use std::net::TcpListener;

use crate::process::{PORTS, Server, complaint, path, printed, run, skytrail};

/// Ends badly and says all of `parts`.
fn refused(arguments: &[&str], parts: &[&str]) {
    let output = run(arguments);
    let said = complaint(&output);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    for part in parts {
        assert!(said.contains(part), "'{part}' is not in:\n{said}");
    }
}

#[test]
fn the_printed_defaults_are_a_complete_file() {
    let defaults = run(&["config", "default"]);
    assert!(defaults.status.success());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skytrail.yaml");
    std::fs::write(&file, &defaults.stdout).unwrap();
    let checked = run(&["config", "check", "--config", path(&file)]);
    assert!(checked.status.success(), "{}", complaint(&checked));
    // A value of the file is shown as such; nothing is missing from it.
    let shown = printed(&run(&["config", "print", "--config", path(&file)]));
    let origin = format!("# file {}", path(&file));
    for line in shown.lines() {
        assert!(line.ends_with(&origin), "not in the file: {line}");
    }
}

#[test]
fn every_value_is_printed_with_its_origin_and_secrets_are_not() {
    let shown = run(&["config", "print", "--set", "ingest.auth.token=hunter2"]);
    let shown = printed(&shown);
    assert!(shown.contains("ingest.grpc.port: 11800"), "{shown}");
    assert!(shown.contains("# --set") && shown.contains("# default"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_misspelt_key_is_refused_with_the_nearest_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skytrail.yaml");
    std::fs::write(&file, "version: 1\ningest:\n  grcp:\n    port: 1\n").unwrap();
    let parts = ["ST-1001", "ingest.grcp.port", "did you mean ingest.grpc.port?"];
    refused(&["config", "check", "--config", path(&file)], &parts);
    let data = folder.path().join("data");
    refused(&["serve", "--config", path(&file), "--data", path(&data)], &parts);
    assert!(!data.exists(), "nothing was started");
    refused(
        &["config", "check", "--config", "/nowhere/skytrail.yaml"],
        &["/nowhere/skytrail.yaml"],
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skytrail.yaml");
    let wrong = "ingest:\n  grcp:\n    port: 1\n  batch:\n    pace: soon\n    max_size: 1\n\
                 analysis:\n  slow:\n    database_ms: {mysql: quick}\nquery:\n  max_listed: 0\n";
    std::fs::write(&file, wrong).unwrap();
    refused(
        &["config", "check", "--config", path(&file), "--set", "storage.record_ttl=3 weeks"],
        &[
            "ingest.grcp.port",
            "ingest.batch.pace: 'soon' is no duration",
            "ingest.batch.max_size: 1B is not between",
            "analysis.slow.database_ms.mysql",
            "query.max_listed: is 0",
            "storage.record_ttl: '3 weeks' is no duration",
        ],
    );
}

#[test]
fn values_out_of_bounds_name_their_key() {
    refused(
        &["config", "check", "--set", "server.time_zone=Mars/Olympus"],
        &["server.time_zone", "Mars/Olympus"],
    );
    refused(&["config", "check", "--set", "version=2"], &["version"]);
    refused(&["config", "check", "--set", "ingest.grpc.port=many"], &["ingest.grpc.port"]);
}

#[test]
fn a_port_that_is_taken_is_named_with_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let data = tempfile::tempdir().unwrap();
    let set = format!("api.rest.port={port}");
    let mut arguments = vec!["serve", "--data", path(data.path()), "--set", &set];
    for set in PORTS.into_iter().filter(|set| !set.starts_with("api.rest")) {
        arguments.extend(["--set", set]);
    }
    refused(&arguments, &["ST-1002", &format!("127.0.0.1:{port}"), "api.rest.port"]);
}

#[test]
fn a_data_folder_has_one_process() {
    let server = Server::start(&[]);
    let mut arguments = vec!["serve", "--data", path(server.data.path())];
    for set in PORTS {
        arguments.extend(["--set", set]);
    }
    refused(&arguments, &["ST-1005", path(server.data.path()), "--data"]);
}

#[test]
fn ports_that_others_can_reach_need_a_token() {
    let data = tempfile::tempdir().unwrap();
    for (key, token) in [
        ("ingest.grpc.host", "ingest.auth.token"),
        ("api.rest.host", "api.auth.token"),
        ("telemetry.host", "telemetry.host"),
    ] {
        let set = format!("{key}=0.0.0.0");
        let arguments = ["serve", "--data", path(data.path()), "--set", &set];
        refused(&arguments, &["ST-1003", key, token, "server.allow_open"]);
    }
    // With a token the agents' port may be open; with one of two the REST port may not.
    let open = ["config", "check", "--set", "ingest.grpc.host=0.0.0.0"];
    let token = ["--set", "ingest.auth.token=secret"];
    assert!(run(&[&open[..], &token].concat()).status.success());
    let open = ["config", "check", "--set", "api.rest.host=0.0.0.0"];
    refused(&[&open[..], &token].concat(), &["ST-1003"]);
    let allowed = ["--set", "server.allow_open=true"];
    assert!(run(&[&open[..], &allowed].concat()).status.success());
}

#[test]
fn a_store_that_forgets_says_so() {
    let server = Server::start(&["storage.selector=memory"]);
    server.wait_for("everything is forgotten when the process ends");
}

#[test]
fn ports_and_storage_have_the_names_that_skywalking_gives_them() {
    let mut command = skytrail(&["config", "print"]);
    command.env("SW_CORE_REST_PORT", "4").env("SW_CORE_GRPC_PORT", "5");
    command.env("SKYTRAIL_API_REST_PORT", "6");
    let shown = printed(&command.output().unwrap());
    let line = |key: &str| {
        let line = shown.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("ingest.grpc.port"), "ingest.grpc.port: 5 # environment SW_CORE_GRPC_PORT");
    assert_eq!(line("api.rest.port"), "api.rest.port: 6 # environment SKYTRAIL_API_REST_PORT");
}
