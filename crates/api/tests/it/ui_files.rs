//! The files of the UI.

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use skytrail_api::ui::File;
use skytrail_api::{Deps, router};
use skytrail_base::web_origin::WebOrigins;
use tower::ServiceExt;

use crate::fakes::{deps, engine};

static FILES: &[File] = &[
    File {
        path: "index.html",
        media: "text/html; charset=utf-8",
        hash: "0a",
        plain: b"<!doctype html>",
        gzip: None,
        brotli: None,
    },
    File {
        path: "assets/main-abc.js",
        media: "text/javascript; charset=utf-8",
        hash: "0b",
        plain: b"plain",
        gzip: Some(b"gz"),
        brotli: Some(b"br"),
    },
    File {
        path: "favicon.svg",
        media: "image/svg+xml",
        hash: "0c",
        plain: b"<svg/>",
        gzip: None,
        brotli: None,
    },
];

fn served(files: &'static [File]) -> Router {
    router(Deps { files, ..deps(engine(), WebOrigins::default(), &[]) })
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

async fn get(files: &'static [File], path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("request");
    let response = served(files).oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("body").to_bytes();
    let body = String::from_utf8(body.to_vec()).expect("utf-8");
    Answer { status: parts.status, headers: parts.headers, body }
}

const PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml");

#[tokio::test]
async fn every_page_is_the_index_and_may_run_no_strange_script() {
    for path in ["/", "/overview", "/trace?id=1.2.3", "/anything-at-all"] {
        let answer = get(FILES, path, &[PAGE]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "<!doctype html>"));
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert_eq!(answer.header("etag"), "\"0a\"");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        let policy = answer.header("content-security-policy");
        for part in
            ["script-src 'self';", "object-src 'none'", "require-trusted-types-for 'script'"]
        {
            assert!(policy.contains(part), "{policy}");
        }
    }
    let answer = get(FILES, "/overview", &[("accept", "application/json")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = get(FILES, "/a/b", &[PAGE]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "pages have one part");
    let answer = get(FILES, "/healthcheck", &[PAGE]).await;
    assert_eq!(answer.header("content-type"), "application/json", "other routes stay");
}

#[tokio::test]
async fn files_come_in_the_form_that_the_client_takes() {
    let path = "/assets/main-abc.js";
    for (accepted, body, encoding, tag) in [
        ("gzip, deflate, br", "br", "br", "\"0b-br\""),
        ("gzip;q=0.5", "gz", "gzip", "\"0b-gzip\""),
        ("br;q=0, gzip", "gz", "gzip", "\"0b-gzip\""),
        ("br;q=0", "plain", "", "\"0b\""),
        ("", "plain", "", "\"0b\""),
    ] {
        let answer = get(FILES, path, &[("accept-encoding", accepted)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, body), "{accepted}");
        assert_eq!((answer.header("content-encoding"), answer.header("etag")), (encoding, tag));
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        let asked = [("accept-encoding", accepted), ("if-none-match", tag)];
        let again = get(FILES, path, &asked).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(again.header("etag"), tag);
    }
    let other = get(FILES, path, &[("if-none-match", "\"0b-br\"")]).await;
    assert_eq!(other.status, StatusCode::OK, "that is another form");
    assert_eq!(get(FILES, "/favicon.svg", &[]).await.body, "<svg/>");
    assert_eq!(get(FILES, "/assets/none.js", &[PAGE]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_server_without_its_ui_says_how_to_build_it() {
    for path in ["/", "/overview"] {
        let answer = get(&[], path, &[PAGE]).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert!(answer.body.contains("npm run build"), "{}", answer.body);
    }
}
