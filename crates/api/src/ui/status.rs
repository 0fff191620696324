//! `/ui/status`: what runs here, how it is set up, who reports to it.

use skytrail_query::metadata::Agent;

use super::answering::Made;
use super::json::{Json, Out, fields};
use super::rates::Pace;
use super::server::{Disk, Receiver};
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
    pub(crate) disk: Disk,
    pub(crate) config: Vec<(String, String)>,
    pub(crate) pace: Pace,
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
struct Taken<'a>(&'a StatusPage);

fields!(Taken<'_> as it {
    "bytes" => it.0.bytes,
    "limit" => it.0.limit,
    "percent" => it.0.percent,
    "free" => it.0.disk.free,
    "total" => it.0.disk.total,
    "oldest" => it.0.disk.kinds.iter().filter_map(|one| one.oldest).min(),
    "kinds" => it.0.disk.kinds,
    "days" => it.0.disk.days.as_ref().map(|days| days.iter().map(Day).collect::<Vec<_>>()),
});

/// The bytes of a day.
struct Day<'a>(&'a (String, u64));

fields!(Day<'_> as it { "day" => it.0.0, "bytes" => it.0.1 });

/// A receiver, and how fast it receives.
struct Receiving<'a>(&'a Receiver, &'a Pace);

fields!(Receiving<'_> as it {
    "name" => it.0.name,
    "address" => it.0.address,
    "received" => it.0.received,
    "stored" => it.0.stored,
    "refused" => it.0.refused,
    "dropped" => it.0.dropped,
    "perSecond" => it.1.seconds().map(|_| Rate(it.0, it.1)),
});

/// The same for each second now.
struct Rate<'a>(&'a Receiver, &'a Pace);

impl Rate<'_> {
    fn of(&self, count: fn(&Receiver) -> u64) -> Option<f64> {
        let is_it = |one: &&Receiver| one.name == self.0.name;
        self.1.per_second(|all| all.iter().filter(is_it).map(count).sum())
    }
}

fields!(Rate<'_> as it {
    "received" => it.of(|one| one.received),
    "stored" => it.of(|one| one.stored),
    "refused" => it.of(|one| one.refused),
    "dropped" => it.of(Receiver::lost),
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
    "disk" => Taken(it),
    "config" => it.config.iter().map(Pair).collect::<Vec<_>>(),
    "receivers" => it.pace.now.iter().map(|one| Receiving(one, &it.pace)).collect::<Vec<_>>(),
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
