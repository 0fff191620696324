//! What the ports say to whoever comes with a browser or curl.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::process::Server;
use crate::wire;

fn request(method: Method, path: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    request.header("content-type", "application/json").body(Body::from("{}")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_lets_a_browser_guess_what_it_is() {
    let server = Server::start(&["api.auth.token=secret"]);
    for (address, method, path, status) in [
        (server.rest, Method::POST, "/graphql", StatusCode::UNAUTHORIZED),
        (server.rest, Method::GET, "/healthcheck", StatusCode::OK),
        (server.rest, Method::GET, "/status/config/ttl", StatusCode::UNAUTHORIZED),
        (server.rest, Method::POST, "/v3/segments", StatusCode::BAD_REQUEST),
        (server.rest, Method::GET, "/v3/segments", StatusCode::METHOD_NOT_ALLOWED),
        (server.rest, Method::GET, "/nowhere", StatusCode::NOT_FOUND),
        (server.telemetry, Method::GET, "/metrics", StatusCode::OK),
        (server.telemetry, Method::GET, "/nowhere", StatusCode::NOT_FOUND),
    ] {
        let answer = wire::ask(address, request(method.clone(), path)).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        let header = answer.headers.get("x-content-type-options");
        assert_eq!(header.map(|value| value.as_bytes()), Some(&b"nosniff"[..]), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_is_where_it_can_be_reached() {
    let server = Server::start(&[]);
    let answer = wire::ask(server.rest, request(Method::GET, "/status/cluster/nodes")).await;
    let answer: Value = serde_json::from_str(&answer.text).unwrap();
    let node = json!({ "host": "127.0.0.1", "port": server.grpc.port(), "self": true });
    assert_eq!(answer, json!({ "nodes": [node] }));
}
