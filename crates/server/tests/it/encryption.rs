//! TLS on every port.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::Value;
use skytrail_demo::client::{self, Options, Tls};
use tempfile::TempDir;

use crate::process::{PORTS, Server, complaint, path, run};
use crate::wire;

/// A certificate for `localhost`, and its key, as files.
struct Certificate {
    folder: TempDir,
    pem: String,
}

impl Certificate {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let pem = made.cert.pem();
        std::fs::write(folder.path().join("server.pem"), &pem).unwrap();
        std::fs::write(folder.path().join("server.key"), made.signing_key.serialize_pem()).unwrap();
        Self { folder, pem }
    }

    /// `--set` for both files.
    fn settings(&self) -> [String; 2] {
        let file = |name: &str| path(&self.folder.path().join(name)).to_owned();
        [
            format!("server.tls.certificate_file={}", file("server.pem")),
            format!("server.tls.key_file={}", file("server.key")),
        ]
    }
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_port_speaks_tls_and_nothing_else() {
    let certificate = Certificate::new();
    let [cert, key] = certificate.settings();
    let server = Server::start(&[&cert, &key, "server.time_zone=UTC"]);
    let pem = certificate.pem.as_bytes();
    for (address, path) in [(server.rest, "/healthcheck"), (server.telemetry, "/metrics")] {
        let answer = wire::ask_encrypted(address, pem, get(path)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }

    // The agents' port, with the demo client.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let base = i64::try_from(now.as_millis()).unwrap() / 60_000 * 60_000;
    let tls = |authorities: &str| Tls {
        authorities: authorities.as_bytes().to_vec(),
        domain: Some("localhost".to_owned()),
    };
    let options = |tls| Options {
        address: server.grpc.to_string(),
        once_fixed: Some(base),
        tls,
        ..Options::default()
    };
    let sent = client::run(options(Some(tls(&certificate.pem))), std::future::pending());
    let sent = sent.await.unwrap();
    assert_eq!((sent.segments.made, sent.segments.failed()), (15, 0), "{sent}");

    let body = r#"{"query": "{ listServices(layer: \"GENERAL\") { name } }"}"#;
    let request = Request::post("/graphql").header("content-type", "application/json");
    let answer =
        wire::ask_encrypted(server.rest, pem, request.body(Body::from(body)).unwrap()).await;
    let services: Value = serde_json::from_str(&answer.text).unwrap();
    let services = services["data"]["listServices"].as_array().unwrap().clone();
    assert!(services.iter().any(|service| service["name"] == "orders"), "{services:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_trusts_another_certificate_sends_nothing() {
    let certificate = Certificate::new();
    let [cert, key] = certificate.settings();
    let server = Server::start(&[&cert, &key]);
    for authorities in [Some(Certificate::new().pem), None] {
        let tls = authorities.map(|authorities| Tls {
            authorities: authorities.into_bytes(),
            domain: Some("localhost".to_owned()),
        });
        let options = Options {
            address: server.grpc.to_string(),
            duration: Some(std::time::Duration::from_millis(300)),
            tls,
            ..Options::default()
        };
        let sent = client::run(options, std::future::pending()).await.unwrap();
        assert_eq!((sent.segments.acknowledged, sent.reports.acknowledged), (0, 0), "{sent}");
    }
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let certificate = Certificate::new();
    let other = Certificate::new();
    let data = tempfile::tempdir().unwrap();
    let start = |cert: &str, key: &str| {
        let mut arguments = vec!["serve", "--data", path(data.path()), "--set", cert];
        arguments.extend(["--set", key]);
        for port in PORTS {
            arguments.extend(["--set", port]);
        }
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(1));
        complaint(&output)
    };
    let [cert, key] = certificate.settings();
    let [_, other_key] = other.settings();
    let said = start(&cert, &other_key);
    assert!(said.contains("ST-1004") && said.contains("is not the key of"), "{said}");
    let said = start("server.tls.certificate_file=/nowhere.pem", &key);
    assert!(said.contains("ST-1004") && said.contains("/nowhere.pem"), "{said}");
    let said = start(&cert, "server.tls.key_file=");
    assert!(said.contains("certificate_file and key_file go together"), "{said}");
}
