//! Limits of names, and who they are for.

use std::sync::Arc;

use skytrail_model::scope::Scope;

/// A limit that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Too many endpoints of this service.
    EndpointsOf(Arc<str>),
    /// Too many entities of a scope.
    Limit {
        scope: Scope,
        /// The key of the limit.
        key: &'static str,
        /// A name that was not told apart.
        example: Arc<str>,
    },
}

/// How a service is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// By its own reports, or by those of a service that it called.
    Itself,
    /// As an address that somebody called, or as whoever calls without saying
    /// who. Anybody can make up any number of these, so at most half of
    /// `limits.services` are for them.
    ByOthers,
}

impl Overflow {
    /// A name beyond the limit of its scope where that is full, beyond the
    /// memory of names where it is not.
    pub(super) fn of(scope: Scope, example: &str, is_full: bool) -> Self {
        let key = match scope {
            _ if !is_full => "analysis.limits.names_size",
            Scope::Service => "analysis.limits.services",
            Scope::ServiceInstance => "analysis.limits.instances",
            Scope::Endpoint => "analysis.limits.endpoints",
            _ => "analysis.limits.relations",
        };
        Self::Limit { scope, key, example: Arc::from(example) }
    }
}
