//! Routes of the REST port (12800 by default).

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};
use skytrail_base::secret::Secret;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::auth::demand;
use crate::graphql::{self, Engine};
use crate::health::{self, HealthSource};
use crate::status::{self, StatusSource};

/// What the routes are served from.
pub struct Deps<S: 'static> {
    /// Answers `/graphql`.
    pub graphql: Arc<Engine<S>>,
    /// Answers `/healthcheck`.
    pub health: Arc<dyn HealthSource>,
    /// Answers `/status/*` and `/debugging/config/dump`.
    pub status: Arc<dyn StatusSource>,
    /// Web pages that may call `/graphql` from a browser.
    pub origins: Origins,
    /// What clients must send to everything but `/healthcheck`; nothing is demanded without it.
    pub token: Secret,
}

/// Origins of web pages that may call from a browser; none by default.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<HeaderValue>);

/// An origin that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginError(pub String);

impl std::fmt::Display for OriginError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(origin) = self;
        write!(f, "origin {origin:?} must be * or look like https://host or https://host:port")
    }
}

impl std::error::Error for OriginError {}

impl Origins {
    /// Origins such as `https://apm.example.com`, or `*` for every page.
    ///
    /// # Errors
    /// One of them has no scheme and host, or has a path.
    pub fn parse<T: AsRef<str>>(origins: &[T]) -> Result<Self, OriginError> {
        let parsed = origins.iter().map(|origin| origin_header(origin.as_ref()));
        parsed.collect::<Result<_, _>>().map(Self)
    }

    fn layer(self) -> Option<CorsLayer> {
        if self.0.is_empty() {
            return None;
        }
        let allowed = if self.0.iter().any(|origin| origin == "*") {
            AllowOrigin::any()
        } else {
            AllowOrigin::list(self.0)
        };
        let token = HeaderName::from_static("authentication");
        let layer = CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::POST])
            .allow_headers([CONTENT_TYPE, AUTHORIZATION, token]);
        Some(layer)
    }
}

fn origin_header(origin: &str) -> Result<HeaderValue, OriginError> {
    let wrong = || OriginError(origin.to_owned());
    let host = origin.split_once("://").map(|(_, host)| host);
    let valid = host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ']));
    if !valid && origin != "*" {
        return Err(wrong());
    }
    HeaderValue::from_str(origin).map_err(|_| wrong())
}

/// All routes: `/graphql`, `/healthcheck`, `/status/*`, `/debugging/config/dump`. `/healthcheck` is
/// open to everyone, since load balancers have no token.
pub fn router<S: Send + Sync + 'static>(deps: Deps<S>) -> Router {
    let mut graphql = graphql::service(deps.graphql);
    let mut status = status::routes(&deps.status);
    if !deps.token.is_empty() {
        let guard = from_fn_with_state(Arc::new(deps.token), demand);
        graphql = graphql.layer(guard.clone());
        status = status.layer(guard);
    }
    // Outside the guard: browsers ask in advance without the token.
    if let Some(cors) = deps.origins.layer() {
        graphql = graphql.layer(cors);
    }
    Router::new()
        .route("/graphql", graphql)
        .route("/healthcheck", health::service(deps.health))
        .merge(status)
}
