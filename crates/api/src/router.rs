//! Routes of the REST port (12800 by default).

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};
use skytrail_base::clock::SharedClock;
use skytrail_base::metrics::Registry;
use skytrail_base::secret::Secret;
use skytrail_base::web_origin::WebOrigins;
use skytrail_query::Query;
use tokio::sync::Semaphore;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::auth::{Access, Hosts, demand};
use crate::graphql::{self, Engine};
use crate::guesses::Guesses;
use crate::health::{self, HealthSource};
use crate::session::Sessions;
use crate::status::{self, StatusSource};
use crate::ui;

/// What the routes are served from.
pub struct Deps<S: 'static> {
    /// Answers `/graphql`.
    pub graphql: Arc<Engine<S>>,
    /// Answers `/healthcheck`.
    pub health: Arc<dyn HealthSource>,
    /// Answers `/status/*` and `/debugging/config/dump`.
    pub status: Arc<dyn StatusSource>,
    /// Answers `/ui/*`.
    pub query: Arc<Query>,
    /// What the server says about itself on the pages.
    pub server: Arc<dyn ui::ServerSource>,
    /// The pages at `/`: [`ui::BUILT`] unless a test has its own.
    pub files: &'static [ui::File],
    /// Web pages that may call `/graphql` from a browser.
    pub origins: WebOrigins,
    /// Names under which browsers may come.
    pub hosts: Hosts,
    /// What clients must send to everything but `/healthcheck` and the pages; nothing is demanded
    /// without it.
    pub token: Secret,
    /// Whether browsers come by TLS only.
    pub is_encrypted: bool,
    /// Time, for sessions.
    pub clock: SharedClock,
    /// Where the routes of the UI tell about themselves.
    pub registry: Registry,
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

/// All routes: `/graphql`, `/healthcheck`, `/status/*`, `/debugging/config/dump`, `/ui/*` and the
/// pages. `/healthcheck` is open to everyone, since load balancers have no token; so are the pages,
/// which hold nothing and ask for it.
pub fn router<S: Send + Sync + 'static>(deps: Deps<S>) -> Router {
    let rates = ui::Rates::new(deps.clock.clone());
    let guesses = Guesses::new(deps.clock.clone(), &deps.registry);
    let sessions = Sessions::new(&deps.token, deps.clock, deps.is_encrypted);
    let (token, hosts) = (deps.token, deps.hosts);
    let access = Arc::new(Access { token, sessions, hosts, guesses });
    let ui = Arc::new(ui::Ui {
        query: deps.query,
        work: Arc::clone(deps.graphql.work()),
        metrics: ui::Metrics::new(&deps.registry),
        status: Arc::clone(&deps.status),
        server: deps.server,
        rates,
        saves: Semaphore::new(ui::SAVES),
    });
    let guard = from_fn_with_state(Arc::clone(&access), demand);
    let mut graphql = graphql::service(deps.graphql).layer(guard.clone());
    let status = status::routes(&deps.status).layer(guard);
    // Outside the guard: browsers ask in advance without the token.
    if let Some(cors) = cors(&deps.origins) {
        graphql = graphql.layer(cors);
    }
    Router::new()
        .route("/graphql", graphql)
        .route("/healthcheck", health::service(deps.health))
        .merge(status)
        .merge(ui::routes(&ui, &access, deps.files))
}
