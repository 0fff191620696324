//! Ports with a token.

use axum::body::Body;
use http::{Request, StatusCode};
use prost::Message;
use prost_types::FileDescriptorSet;

use crate::process::Server;
use crate::wire::{self, Grpc};

/// UNAUTHENTICATED.
const REFUSED: Option<&str> = Some("16");

/// The path of every method that the wire contracts list.
fn methods() -> Vec<String> {
    let set = FileDescriptorSet::decode(skytrail_proto::FILE_DESCRIPTOR_SET).unwrap();
    let mut paths = Vec::new();
    for file in &set.file {
        let package = file.package().to_owned();
        for service in &file.service {
            let dot = if package.is_empty() { "" } else { "." };
            let methods = service.method.iter();
            paths.extend(
                methods
                    .map(|method| format!("/{package}{dot}{}/{}", service.name(), method.name())),
            );
        }
    }
    paths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_of_the_agents_asks_for_the_token() {
    let server = Server::start(&["ingest.auth.token=secret"]);
    let mut grpc = Grpc::connect(server.grpc).await;
    let methods = methods();
    assert!(methods.len() > 40, "{methods:?}");
    for path in &methods {
        for token in [None, Some("Secret"), Some("secret2"), Some("")] {
            let answer = grpc.call(path, token).await;
            assert_eq!(answer.grpc_status(), REFUSED, "{path} with {token:?}");
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        }
        // What it says to a call without a message differs; it is another thing in any case.
        let answer = grpc.call(path, Some("secret")).await;
        assert!(answer.grpc_status().is_some(), "{path}: {}", answer.status);
        assert_ne!(answer.grpc_status(), REFUSED, "{path} with the token");
    }
    // Who asks whether the server is there has no token.
    let health = grpc.call("/grpc.health.v1.Health/Check", None).await;
    assert_ne!(health.grpc_status(), REFUSED);
}

fn post(path: &str, header: Option<(&str, &str)>, body: &'static str) -> Request<Body> {
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.body(Body::from(body)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_of_agents_and_clients_ask_for_their_own_tokens() {
    let server = Server::start(&["ingest.auth.token=secret", "api.auth.token=other"]);
    let asked = [
        ("/v3/segments", "authentication", "secret", "[]"),
        ("/v3/segment", "authentication", "secret", "{}"),
        ("/v3/management/reportProperties", "authentication", "secret", "{}"),
        ("/v3/management/keepAlive", "authentication", "secret", "{}"),
        ("/v3/logs", "authentication", "secret", "[]"),
        ("/browser/perfData", "authentication", "secret", "{}"),
        ("/graphql", "authorization", "Bearer other", r#"{"query":"{ version }"}"#),
    ];
    for (path, header, token, body) in asked {
        let wrong = if header == "authorization" { "Bearer secret" } else { "other" };
        for shown in [None, Some((header, wrong)), Some((header, ""))] {
            let answer = wire::ask(server.rest, post(path, shown, body)).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} with {shown:?}");
        }
        let answer = wire::ask(server.rest, post(path, Some((header, token)), body)).await;
        assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    for path in ["/debugging/config/dump", "/status/config/ttl", "/status/cluster/nodes"] {
        let answer = wire::ask(server.rest, get(path)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let health = wire::ask(server.rest, get("/healthcheck")).await;
    assert_eq!(health.status, StatusCode::OK, "health is open");
    let secrets = Request::get("/debugging/config/dump").header("authorization", "Bearer other");
    let dump = wire::ask(server.rest, secrets.body(Body::empty()).unwrap()).await;
    assert_eq!(dump.status, StatusCode::OK);
    assert!(!dump.text.contains("Bearer") && !dump.text.contains("secret"), "{}", dump.text);
}
