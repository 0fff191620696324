//! `/ui/status`: what runs here, how it is set up, who reports to it.

use skytrail_query::metadata::Agent;

use super::answering::Made;
use super::json::{Json, Out, fields};
use super::server::Receiver;
use crate::status::StatusSource;

/// How long something is kept.
pub(crate) struct Kept {
    kind: &'static str,
    days: i32,
}

/// What the page shows.
pub(crate) struct StatusPage {
    pub(crate) version: String,
    pub(crate) node: String,
    pub(crate) uptime: u64,
    pub(crate) retention: Vec<Kept>,
    pub(crate) bytes: Option<u64>,
    pub(crate) limit: Option<i64>,
    pub(crate) percent: Option<i32>,
    pub(crate) config: Vec<(String, String)>,
    pub(crate) receivers: Vec<Receiver>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) complete: bool,
}

impl Kept {
    /// Of everything.
    pub(crate) fn of(source: &dyn StatusSource) -> Vec<Self> {
        let (metrics, records) = source.retention();
        let kept = |kind, days| Self { kind, days };
        vec![
            kept("traces", records.trace),
            kept("metrics by the minute", metrics.minute),
            kept("metrics by the hour", metrics.hour),
            kept("metrics by the day", metrics.day),
        ]
    }
}

impl Made for StatusPage {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

/// What the store takes of the disk.
struct Disk<'a>(&'a StatusPage);

fields!(Disk<'_> as it {
    "bytes" => it.0.bytes,
    "limit" => it.0.limit,
    "percent" => it.0.percent,
});

/// A key and its value as a list.
struct Pair<'a>(&'a (String, String));

impl Json for Pair<'_> {
    fn write(&self, out: &mut Out) {
        let (key, value) = self.0;
        out.list(|out| {
            out.element(key);
            out.element(value);
        });
    }
}

fields!(StatusPage as it {
    "version" => it.version,
    "node" => it.node,
    "uptime" => it.uptime,
    "retention" => it.retention,
    "disk" => Disk(it),
    "config" => it.config.iter().map(Pair).collect::<Vec<_>>(),
    "receivers" => it.receivers,
    "agents" => it.agents,
    "complete" => it.complete,
});

fields!(Kept as it { "kind" => it.kind, "days" => it.days });

fields!(Agent as it {
    "service" => it.service,
    "serviceId" => it.service_id,
    "instance" => it.instance,
    "instanceId" => it.instance_id,
    "language" => it.language,
    "version" => it.version,
    "lastSeen" => it.last_seen,
});
