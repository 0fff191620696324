//! What the segments that are stored add up to.

use std::collections::{BTreeMap, BTreeSet};

use skytrail_proto::v3::{SegmentObject, SpanLayer, SpanObject, SpanType};

/// Calls of a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    /// Calls.
    pub calls: i64,
    /// Their milliseconds.
    pub millis: i64,
}

/// Values of a metric by minute, Unix milliseconds.
pub type Series = BTreeMap<i64, Cell>;

/// One end of a call, or who a metric is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Party {
    /// Name of the service.
    pub service: String,
    /// Whether it reports itself.
    pub normal: bool,
}

/// What a metric is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A service.
    Service(Party),
    /// An instance of a service.
    Instance(Party, String),
    /// An endpoint of a service.
    Endpoint(Party, String),
    /// A service calling another one.
    Relation(Party, Party),
}

/// What a value is made of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sum {
    /// Their number.
    Calls,
    /// Their mean time, cut to whole milliseconds.
    MeanMillis,
}

/// Everything expected.
#[derive(Debug, Default)]
pub struct Expected {
    /// By metric and subject.
    series: BTreeMap<(&'static str, Sum, Subject), Series>,
    /// Calls by address, seen by the caller.
    addressed: BTreeMap<(Party, String), Series>,
    /// Who has said that an address is his.
    aliases: BTreeMap<String, Party>,
    /// Who called whom, as the callee or its absence tells.
    edges: BTreeSet<(String, String)>,
    /// Segments counted.
    pub segments: u64,
    /// Spans of them.
    pub spans: u64,
}

fn normal(service: &str) -> Party {
    Party { service: service.to_owned(), normal: true }
}

fn conjectured(address: &str) -> Party {
    Party { service: address.to_owned(), normal: false }
}

impl Expected {
    /// Counts a segment that is stored.
    pub fn count(&mut self, segment: &SegmentObject) {
        self.segments += 1;
        self.spans += segment.spans.len() as u64;
        for span in &segment.spans {
            match span.span_type() {
                SpanType::Entry => self.entry(segment, span),
                SpanType::Exit => self.exit(segment, span),
                SpanType::Local => {}
            }
        }
    }

    fn entry(&mut self, segment: &SegmentObject, span: &SpanObject) {
        let own = normal(&segment.service);
        let instance = Subject::Instance(own.clone(), segment.service_instance.clone());
        let endpoint = Subject::Endpoint(own.clone(), span.operation_name.clone());
        let service = Subject::Service(own.clone());
        self.add("service_cpm", Sum::Calls, service.clone(), span);
        self.add("service_resp_time", Sum::MeanMillis, service.clone(), span);
        self.add("service_instance_cpm", Sum::Calls, instance, span);
        self.add("endpoint_cpm", Sum::Calls, endpoint, span);
        let is_queue = span.span_layer() == SpanLayer::Mq;
        if is_queue {
            self.add("service_mq_consume_count", Sum::Calls, service, span);
        }
        let caller = match span.refs.first() {
            None => Party { service: "User".to_owned(), normal: false },
            Some(parent) if is_queue => conjectured(&parent.network_address_used_at_peer),
            Some(parent) => {
                let address = parent.network_address_used_at_peer.clone();
                self.aliases.insert(address, own.clone());
                normal(&parent.parent_service)
            }
        };
        self.edges.insert((caller.service.clone(), own.service.clone()));
        let relation = Subject::Relation(caller, own);
        self.add("service_relation_server_cpm", Sum::Calls, relation, span);
    }

    fn exit(&mut self, segment: &SegmentObject, span: &SpanObject) {
        let own = normal(&segment.service);
        let peer = conjectured(&span.peer);
        let access = match span.span_layer() {
            SpanLayer::Database => Some("database_access_cpm"),
            SpanLayer::Cache => Some("cache_access_cpm"),
            _ => None,
        };
        if let Some(metric) = access {
            self.add(metric, Sum::Calls, Subject::Service(peer), span);
        }
        let series = self.addressed.entry((own, span.peer.clone())).or_default();
        add(series, span);
    }

    fn add(&mut self, metric: &'static str, sum: Sum, subject: Subject, span: &SpanObject) {
        add(self.series.entry((metric, sum, subject)).or_default(), span);
    }

    /// Every series, those of callers towards who is known to be behind an
    /// address. A caller of an address that a service has not claimed yet is
    /// left out where a service may claim it.
    pub fn all(&self) -> BTreeMap<(&'static str, Sum, Subject), Series> {
        let mut all = self.series.clone();
        for ((caller, address), series) in &self.addressed {
            let subject = Subject::Relation(caller.clone(), self.behind(address));
            let key = ("service_relation_client_cpm", Sum::Calls, subject);
            let sum = all.entry(key).or_default();
            for (minute, cell) in series {
                let sum = sum.entry(*minute).or_default();
                sum.calls += cell.calls;
                sum.millis += cell.millis;
            }
        }
        all
    }

    /// Who called whom.
    pub fn edges(&self) -> BTreeSet<(String, String)> {
        let mut edges = self.edges.clone();
        for (caller, address) in self.addressed.keys() {
            edges.insert((caller.service.clone(), self.behind(address).service));
        }
        edges
    }

    fn behind(&self, address: &str) -> Party {
        self.aliases.get(address).cloned().unwrap_or_else(|| conjectured(address))
    }
}

fn add(series: &mut Series, span: &SpanObject) {
    let cell = series.entry(span.start_time.div_euclid(60_000) * 60_000).or_default();
    cell.calls += 1;
    cell.millis += span.end_time - span.start_time;
}

impl Cell {
    /// The value that is made of it.
    pub fn value(self, sum: Sum) -> i64 {
        match sum {
            Sum::Calls => self.calls,
            Sum::MeanMillis => self.millis / self.calls.max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Expected, Subject, Sum};
    use crate::crashes::traffic::{TraceNumber, Traffic};

    #[test]
    fn a_caller_is_told_by_address_until_somebody_claims_it() {
        let traffic = Traffic::new(1);
        let traces = (0..).map(|trace| traffic.trace(TraceNumber { round: 0, trace }, 1 << 40));
        let trace = traces.into_iter().find(|segments| segments.len() == 3).unwrap();
        let mut expected = Expected::default();
        expected.count(&trace[0]);
        let (front, back) = (trace[0].service.clone(), trace[1].service.clone());
        let (_, address) = expected.edges().into_iter().find(|edge| edge.0 == front).unwrap();
        assert!(address.starts_with(&back) && address.ends_with(":8080"));
        expected.count(&trace[1]);
        expected.count(&trace[2]);
        let edges = expected.edges();
        let edge = |from: &str, to: &str| edges.contains(&(from.to_owned(), to.to_owned()));
        assert!(edge("User", &front) && edge(&front, &back) && edge(&back, "mysql.crash:3306"));
        assert!(edge(&back, "queue.crash:9092") && edge("queue.crash:9092", "worker"));
        assert_eq!(edges.len(), 6);
        let all = expected.all();
        let of = |metric: &str| {
            let chosen = all.iter().filter(|((name, ..), _)| *name == metric);
            chosen.flat_map(|(_, series)| series.values()).map(|cell| cell.calls).sum::<i64>()
        };
        assert_eq!((of("service_cpm"), of("service_mq_consume_count")), (3, 1));
        assert_eq!((of("service_relation_client_cpm"), of("database_access_cpm")), (4, 1));
        assert!(all.keys().any(|(_, sum, subject)| {
            *sum == Sum::MeanMillis && matches!(subject, Subject::Service(_))
        }));
    }
}
