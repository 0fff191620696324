//! `/ui/session`: a browser shows the token once and gets a cookie for it.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::header::{CACHE_CONTROL, REFERER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::body::read;
use super::error::{Code, Failure};
use crate::auth::{Access, Denied};
use crate::session::Session;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    token: String,
}

/// The handlers of `/ui/session`; they ask for no token themselves.
pub(crate) fn route(access: &Arc<Access>) -> MethodRouter {
    let (state, begin, end) = (Arc::clone(access), Arc::clone(access), Arc::clone(access));
    get(move |request: Request| {
        let access = Arc::clone(&state);
        async move { tell(&access, &request.into_parts().0).unwrap_or_else(refused) }
    })
    .post(move |request: Request| {
        let access = Arc::clone(&begin);
        async move { start(&access, request).await.unwrap_or_else(refused) }
    })
    .delete(move |request: Request| {
        let access = Arc::clone(&end);
        async move { stop(&access, &request.into_parts().0).unwrap_or_else(refused) }
    })
}

fn refused(failure: Failure) -> Response {
    failure.into_response()
}

/// Whether a token is needed, and whether this client may ask. A session that has come to its
/// second half is renewed.
fn tell(access: &Access, request: &Parts) -> Result<Response, Failure> {
    access.check_host(request)?;
    let is_required = !access.token.is_empty();
    let is_ok = match access.check(request) {
        Ok(()) => true,
        Err(Denied::Token) => false,
        Err(denied) => return Err(denied.into()),
    };
    let body = Json(serde_json::json!({ "required": is_required, "ok": is_ok }));
    let mut response = ([(CACHE_CONTROL, "no-store")], body).into_response();
    if is_required && access.sessions.of(&request.headers) == Session::Ageing {
        set(&mut response, &access.sessions.begin(&path(&request.headers)));
    }
    Ok(response)
}

async fn start(access: &Access, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    access.check_host(&parts)?;
    let shown: Shown = read(&parts.headers, body, "token").await?;
    let is_it = || access.token.is(shown.token.trim().as_bytes());
    if !access.token.is_empty() && !access.weigh(&parts, is_it)? {
        return Err(Failure::new(Code::Unauthenticated, "the token is wrong"));
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if !access.token.is_empty() {
        set(&mut response, &access.sessions.begin(&path(&parts.headers)));
    }
    Ok(response)
}

fn stop(access: &Access, request: &Parts) -> Result<Response, Failure> {
    access.check_host(request)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set(&mut response, &access.sessions.end(&path(&request.headers)));
    Ok(response)
}

fn set(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = cookie.parse() {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
}

/// The folder of the page that asks, as its browser sees it: behind a proxy the server itself does
/// not know what stands before its paths.
fn path(headers: &HeaderMap) -> String {
    let referrer = headers.get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let behind_host = referrer.split_once("://").and_then(|(_, rest)| rest.get(rest.find('/')?..));
    let path = behind_host.unwrap_or("/").split(['?', '#']).next().unwrap_or("/");
    let folder = path.rfind('/').and_then(|last| path.get(..=last)).unwrap_or("/");
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte);
    match folder.bytes().all(is_fit) {
        true => folder.to_owned(),
        false => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::REFERER;

    use super::path;

    #[test]
    fn a_cookie_belongs_to_the_folder_of_the_page() {
        for (referrer, folder) in [
            ("http://localhost:12800/overview?from=1", "/"),
            ("https://apm.example.com/apm/overview", "/apm/"),
            ("https://apm.example.com/a/b/trace?id=/x/y", "/a/b/"),
            ("https://apm.example.com", "/"),
            ("https://apm.example.com/a;Domain=evil/x", "/"),
            ("", "/"),
        ] {
            let headers: HeaderMap = [(REFERER, referrer.parse().unwrap())].into_iter().collect();
            assert_eq!(path(&headers), folder, "{referrer}");
        }
        assert_eq!(path(&HeaderMap::new()), "/");
    }
}
