//! Who may ask: the token that clients share with the server, sessions of browsers that have
//! shown it, and pages that came by a name that is not the server's.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use skytrail_base::secret::Secret;
use skytrail_base::web_host::{WebHosts, is_loopback};

use crate::graphql::Code;
use crate::guesses::Guesses;
use crate::session::{Session, Sessions};
use crate::ui;

/// Header that agents and older clients send the bare token in.
const AUTHENTICATION: &str = "authentication";

/// Browsers say with it where a request comes from.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Characters of a host that an error repeats.
const SHOWN: usize = 100;

/// Under which names browsers may come.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// Names besides those of this machine, and origins besides the server's own.
    pub allowed: WebHosts,
    /// Whether other names are refused. A server that asks for no token and listens on loopback
    /// must: a page of anyone could otherwise have its own name point here (DNS rebinding).
    pub is_guarded: bool,
}

/// Lets requests pass, or says why not.
pub(crate) struct Access {
    pub(crate) token: Secret,
    pub(crate) sessions: Sessions,
    pub(crate) hosts: Hosts,
    pub(crate) guesses: Guesses,
}

/// Why a request does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Neither token nor session.
    Token,
    /// Too many wrong tokens came from there; the next may come in so many seconds.
    Guessing(u64),
    /// The page is not the server's; what to do about it.
    Page(String),
}

impl Denied {
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Guessing(_) => {
                "too many wrong tokens came from this address; wait as long as header retry-after \
                 says"
            }
            Self::Token => {
                "the token is missing or wrong; send header authorization: Bearer <token> or \
                 authentication: <token>"
            }
            Self::Page(message) => message,
        }
    }
}

impl Access {
    /// Whether a request shows the token, as a bearer or bare; none where it shows none at all.
    fn is_shown(&self, headers: &HeaderMap) -> Option<bool> {
        let bearer = headers.get_all(AUTHORIZATION).into_iter().filter_map(|value| {
            let (scheme, token) = value.as_bytes().split_at_checked(7)?;
            scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
        });
        let bare = headers.get_all(AUTHENTICATION).into_iter().map(|value| value.as_bytes());
        let mut shown = bearer.chain(bare).map(<[u8]>::trim_ascii).filter(|one| !one.is_empty());
        let first = shown.next()?;
        Some(self.token.is(first) || shown.any(|other| self.token.is(other)))
    }

    /// Whether what a request shows is the token. Wrong ones are counted, and after many of them
    /// none is looked at for a while: otherwise it could be guessed.
    ///
    /// # Errors
    /// `Guessing` for that while.
    pub(crate) fn weigh(
        &self,
        request: &Parts,
        is_it: impl FnOnce() -> bool,
    ) -> Result<bool, Denied> {
        self.guesses.allow(request).map_err(Denied::Guessing)?;
        let is_it = is_it();
        if !is_it {
            self.guesses.note(request);
        }
        Ok(is_it)
    }

    /// Whether a request may pass.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn check(&self, request: &Parts) -> Result<(), Denied> {
        self.check_host(request)?;
        if self.token.is_empty() {
            return Ok(());
        }
        let shown = self.is_shown(&request.headers);
        match (self.sessions.of(&request.headers), shown) {
            (Session::None, None) => Err(Denied::Token),
            (Session::None, Some(is_it)) => match self.weigh(request, || is_it)? {
                true => Ok(()),
                false => Err(Denied::Token),
            },
            (_, Some(true)) => Ok(()),
            _ => self.check_origin(request),
        }
    }

    /// Refuses pages that came by a name that is not the server's.
    pub(crate) fn check_host(&self, request: &Parts) -> Result<(), Denied> {
        let headers = &request.headers;
        let is_of_page = headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE);
        let host = host(request);
        if !self.hosts.is_guarded
            || !is_of_page
            || is_loopback(host)
            || self.hosts.allowed.contains(host)
        {
            return Ok(());
        }
        Err(Denied::Page(format!(
            "this server is not known by the name '{}'; open it as localhost, or add the name to \
             api.allowed_hosts",
            shown(host)
        )))
    }

    /// A browser adds the cookie to what other pages send, too: these say who they are.
    fn check_origin(&self, request: &Parts) -> Result<(), Denied> {
        if matches!(request.method, Method::GET | Method::HEAD) {
            return Ok(());
        }
        let origin = request.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        let of_page = origin.and_then(|origin| Some(origin.split_once("://")?.1));
        let is_ours = of_page.is_some_and(|page| {
            page.eq_ignore_ascii_case(host(request)) || self.hosts.allowed.contains(page)
        });
        if is_ours {
            return Ok(());
        }
        Err(Denied::Page(format!(
            "a session may be used by the server's own pages only, and this one is '{}'; behind a \
             proxy, pass the header host on or add the name to api.allowed_hosts",
            shown(origin.unwrap_or("unknown"))
        )))
    }
}

/// The name that a request came by.
fn host(request: &Parts) -> &str {
    let of_uri = request.uri.authority().map(|authority| authority.as_str());
    let header = request.headers.get(HOST).and_then(|host| host.to_str().ok());
    header.or(of_uri).unwrap_or_default()
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// Asks for the token before GraphQL and the status pages.
pub(crate) async fn demand(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let denied = match access.check(&parts) {
        Ok(()) => return next.run(Request::from_parts(parts, body)).await,
        Err(denied) => denied,
    };
    if matches!(denied, Denied::Guessing(_)) {
        return ui::Failure::from(denied).into_response();
    }
    let (status, code) = match denied {
        Denied::Page(_) => (StatusCode::FORBIDDEN, Code::Forbidden),
        _ => (StatusCode::UNAUTHORIZED, Code::Unauthenticated),
    };
    let body = serde_json::json!({
        "errors": [{ "message": denied.message(), "extensions": { "code": code.as_str() } }],
    });
    (status, [(WWW_AUTHENTICATE, "Bearer")], Json(body)).into_response()
}

/// The same before the routes of the UI.
pub(crate) async fn demand_of_ui(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    match access.check(&parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(denied) => ui::Failure::from(denied).into_response(),
    }
}
