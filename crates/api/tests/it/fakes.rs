//! Sources with fixed content, and engines over them.

use std::sync::Arc;

use axum::Router;
use skytrail_api::graphql::root::{Sources, TABLES};
use skytrail_api::graphql::{Engine, Limits, Tables};
use skytrail_api::health::{Health, HealthSource};
use skytrail_api::status::{
    ClusterNode, DiskLimits, MetricsRetention, RecordsRetention, StatusSource,
};
use skytrail_api::ui::{Disk, Dropped, Held, Receiver, Refusal, ServerSource};
use skytrail_api::{Deps, Hosts, router};
use skytrail_base::clock::ManualClock;
use skytrail_base::metrics::Registry;
use skytrail_base::secret::Secret;
use skytrail_base::web_origin::WebOrigins;

use crate::shop;

/// A server of one node in Delhi that is well, or not.
pub(crate) struct Fixed {
    pub(crate) unhealthy: &'static [&'static str],
}

impl HealthSource for Fixed {
    fn health(&self) -> Health {
        Health {
            score: i32::try_from(self.unhealthy.len()).expect("few"),
            unhealthy: self.unhealthy.iter().map(ToString::to_string).collect(),
        }
    }
}

impl StatusSource for Fixed {
    fn version(&self) -> String {
        "10.3.0".to_owned()
    }

    fn nodes(&self) -> Vec<ClusterNode> {
        vec![ClusterNode { host: "127.0.0.1".to_owned(), port: 11_800, this: true }]
    }

    fn retention(&self) -> (MetricsRetention, RecordsRetention) {
        let metrics = MetricsRetention {
            metadata: 7,
            minute: 7,
            hour: 15,
            day: 30,
            cold_minute: -1,
            cold_hour: -1,
            cold_day: -1,
        };
        let records = RecordsRetention {
            normal: 3,
            trace: 4,
            zipkin_trace: 5,
            log: 6,
            browser_error_log: 8,
            cold_normal: -1,
            cold_trace: -1,
            cold_zipkin_trace: -1,
            cold_log: -1,
            cold_browser_error_log: -1,
        };
        (metrics, records)
    }

    fn disk_limits(&self) -> DiskLimits {
        DiskLimits { bytes: Some(3 << 40), percent: None }
    }

    fn config(&self) -> Vec<(String, String)> {
        let pairs = [("core.restPort", "12800"), ("storage.password", "******")];
        let pairs = pairs.iter();
        pairs.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }
}

impl ServerSource for Fixed {
    fn uptime(&self) -> u64 {
        10_000
    }

    fn receivers(&self) -> Vec<Receiver> {
        let dropped = vec![Dropped { reason: "overloaded".to_owned(), count: 3 }];
        let receiver = |name: &str, received, refused, dropped| Receiver {
            name: name.to_owned(),
            address: "127.0.0.1:11800".to_owned(),
            received,
            stored: received - 5,
            refused,
            dropped,
        };
        vec![receiver("segment", 100, 2, dropped), receiver("jvm", 5, 0, Vec::new())]
    }

    fn stored_bytes(&self) -> Option<u64> {
        Some(1 << 20)
    }

    fn refusal(&self) -> Option<Refusal> {
        let part = self.unhealthy.first()?;
        let (reason, action) = (format!("the {part} is full"), "make room".to_owned());
        Some(Refusal { reason, action })
    }

    fn disk(&self) -> Disk {
        let spans = Held { kind: "spans".to_owned(), bytes: 9, rows: 3, oldest: Some(77) };
        let tags = Held { kind: "tags".to_owned(), ..Held::default() };
        let days = Some(vec![("2026-03-01".to_owned(), 9)]);
        Disk { kinds: vec![spans, tags], days, free: Some(50), total: Some(100) }
    }
}

/// The engine that the product runs, over the shop.
pub(crate) fn engine() -> Engine<Sources> {
    engine_within(Limits::default(), &Registry::default())
}

/// The same under other limits, telling `metrics` about itself.
pub(crate) fn engine_within(limits: Limits, metrics: &Registry) -> Engine<Sources> {
    let sources = Sources {
        query: shop::query(),
        health: Arc::new(Fixed { unhealthy: &[] }),
        status: Arc::new(Fixed { unhealthy: &[] }),
    };
    Engine::new(Arc::new(sources), &TABLES, limits, metrics).expect("engine")
}

/// The routes that the product serves.
pub(crate) fn product() -> Router {
    over(engine(), WebOrigins::default(), &[])
}

/// Routes over any engine.
pub(crate) fn over<S: Send + Sync + 'static>(
    engine: Engine<S>,
    origins: WebOrigins,
    unhealthy: &'static [&'static str],
) -> Router {
    router(deps(engine, origins, unhealthy))
}

/// What routes over any engine need; they demand no token.
pub(crate) fn deps<S: Send + Sync + 'static>(
    engine: Engine<S>,
    origins: WebOrigins,
    unhealthy: &'static [&'static str],
) -> Deps<S> {
    Deps {
        graphql: Arc::new(engine),
        health: Arc::new(Fixed { unhealthy }),
        status: Arc::new(Fixed { unhealthy }),
        query: shop::query(),
        server: Arc::new(Fixed { unhealthy }),
        files: &[],
        origins,
        hosts: Hosts::default(),
        token: Secret::default(),
        is_encrypted: false,
        clock: ManualClock::at(0),
        registry: Registry::default(),
    }
}

/// Routes over an engine with tables of the test's own.
pub(crate) fn with<S: Send + Sync + 'static>(
    sources: Arc<S>,
    tables: &Tables<S>,
    limits: Limits,
) -> Router {
    let engine = Engine::new(sources, tables, limits, &Registry::default()).expect("engine");
    over(engine, WebOrigins::default(), &[])
}
