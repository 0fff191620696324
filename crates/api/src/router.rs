//! Routes of the REST port (12800 by default).

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};
use skytrail_base::secret::Secret;
use skytrail_base::web_origin::WebOrigins;
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
    pub origins: WebOrigins,
    /// What clients must send to everything but `/healthcheck`; nothing is demanded without it.
    pub token: Secret,
}

/// The headers that let those pages call; none when there are no pages.
fn cors(origins: &WebOrigins) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.is_any() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let token = HeaderName::from_static("authentication");
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::POST])
        .allow_headers([CONTENT_TYPE, AUTHORIZATION, token]);
    Some(layer)
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
    if let Some(cors) = cors(&deps.origins) {
        graphql = graphql.layer(cors);
    }
    Router::new()
        .route("/graphql", graphql)
        .route("/healthcheck", health::service(deps.health))
        .merge(status)
}
