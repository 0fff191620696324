//! `/ui/overview`.

use skytrail_query::overview::{
    Cause, Change, ChangeKind, Changed, Evidence, Line, Lines, ListedEndpoint, Overview,
    OverviewService, Reason, Severity, Statement, Status,
};

use super::answering::Made;
use super::json::{Json, Out, fields};
use super::server::Health;

/// The first page, and how the server itself is.
pub(crate) struct OverviewPage {
    pub(crate) overview: Overview,
    pub(crate) server: Health,
}

impl Made for OverviewPage {
    fn write(self, out: &mut Out) {
        Json::write(&self, out);
    }
}

fields!(OverviewPage as it {
    "from" => it.overview.from,
    "to" => it.overview.to,
    "first" => it.overview.first,
    "step" => it.overview.step,
    "compareFrom" => it.overview.compare_from,
    "services" => it.overview.services,
    "edge" => Edge(&it.overview.edge),
    "slowEndpoints" => it.overview.slow_endpoints,
    "failingEndpoints" => it.overview.failing_endpoints,
    "statements" => it.overview.statements,
    "changes" => it.overview.changes,
    "server" => it.server,
    "complete" => it.overview.complete,
});

fields!(OverviewService as it {
    "id" => it.id,
    "name" => it.name,
    "group" => it.group,
    "layers" => it.layers,
    "instances" => it.instances,
    "status" => it.status,
    "reasons" => it.reasons,
    "cpm" => Short(&it.lines.cpm),
    "errors" => Short(&it.lines.errors),
    "p99" => Banded(&it.lines.p99),
    "apdex" => Short(&it.lines.apdex),
});

/// A line alone.
struct Short<'a>(&'a Line);

fields!(Short<'_> as it { "now" => it.0.now, "points" => it.0.points });

/// A line with what is usual.
struct Banded<'a>(&'a Line);

fields!(Banded<'_> as it {
    "now" => it.0.now,
    "points" => it.0.points,
    "low" => it.0.usual.map(|band| band.low),
    "high" => it.0.usual.map(|band| band.high),
});

/// The same with what was before.
struct Compared<'a>(&'a Line);

fields!(Compared<'_> as it {
    "now" => it.0.now,
    "before" => it.0.before,
    "points" => it.0.points,
    "low" => it.0.usual.map(|band| band.low),
    "high" => it.0.usual.map(|band| band.high),
});

struct Edge<'a>(&'a Lines);

fields!(Edge<'_> as it {
    "cpm" => Compared(&it.0.cpm),
    "errors" => Compared(&it.0.errors),
    "p99" => Compared(&it.0.p99),
    "apdex" => Compared(&it.0.apdex),
});

impl Json for Status {
    fn write(&self, out: &mut Out) {
        let word = match self {
            Self::Failing => "failing",
            Self::Risk => "risk",
            Self::Ok => "ok",
            Self::Idle => "idle",
        };
        word.write(out);
    }
}

impl Json for Severity {
    fn write(&self, out: &mut Out) {
        let word = match self {
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Info => "info",
        };
        word.write(out);
    }
}

fields!(Reason as it {
    "rule" => it.rule,
    "severity" => it.severity,
    "value" => it.value,
    "usual" => it.usual,
    "since" => it.since,
    "entity" => it.entity,
    "because" => it.because,
});

fields!(Cause as it {
    "kind" => it.kind,
    "id" => it.id,
    "name" => it.name,
    "share" => it.share,
});

fields!(Evidence as it { "kind" => it.kind, "id" => it.id, "name" => it.name });

fields!(ListedEndpoint as it {
    "id" => it.id,
    "name" => it.name,
    "service" => it.service,
    "serviceId" => it.service_id,
    "cpm" => it.cpm,
    "p99" => it.p99,
    "errors" => it.errors,
});

fields!(Statement as it {
    "kind" => it.kind,
    "statement" => it.statement,
    "service" => it.service,
    "serviceId" => it.service_id,
    "duration" => it.duration,
    "at" => it.at,
    "traceId" => it.trace_id,
});

impl Json for ChangeKind {
    fn write(&self, out: &mut Out) {
        let word = match self {
            Self::Service => "service",
            Self::Edge => "edge",
            Self::Version => "version",
            Self::Instance => "instance",
            Self::Endpoint => "endpoint",
        };
        word.write(out);
    }
}

impl Json for Changed {
    fn write(&self, out: &mut Out) {
        let word = match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Started => "started",
            Self::Changed => "changed",
        };
        word.write(out);
    }
}

fields!(Change as it {
    "kind" => it.kind,
    "change" => it.change,
    "name" => it.name,
    "id" => it.id,
    "service" => it.service,
    "at" => it.at,
    "from" => it.from,
    "to" => it.to,
});
