//! One request on its way through the services.
//!
//! While a walk lasts, spans carry nanoseconds; whoever started the walk moves them to where they
//! belong and makes milliseconds of them.

use skytrail_proto::v3::{RefType, SegmentObject, SegmentReference, SpanLayer, SpanObject};

use super::incident::{
    CONNECTION_FAILURES, FOR_CONNECTION, FOR_LOCK, Incident, LOCK_FAILURES, WITHOUT_INDEX,
};
use super::instance::{Crew, Target};
use super::script::{Action, Fault, Protocol, Queue, Service, Span, Step, Tenant};
use super::surroundings::{LOCK_WAIT_TIMEOUT, NO_CONNECTION};
use crate::random::Random;
use crate::recording::{Kind, Recording, fail, pair};

/// A message that waits until its batch is full.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) queue: &'static Queue,
    pub(super) reference: SegmentReference,
    /// When it was sent, in nanoseconds.
    pub(super) sent: i64,
}

/// The walk, with what it has left behind so far.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) crew: &'a mut Crew,
    pub(super) random: &'a mut Random,
    pub(super) trace: String,
    /// Wall clock: slowdowns follow it, and ids hold it.
    pub(super) now: i64,
    /// Whose customer it is, where one is waiting.
    pub(super) tenant: Option<&'static Tenant>,
    /// What goes wrong meanwhile.
    pub(super) incident: Option<&'a Incident>,
    pub(super) segments: Vec<SegmentObject>,
    pub(super) messages: Vec<Message>,
}

/// A segment that still runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) recording: Recording,
    place: usize,
    pub(super) service: &'static Service,
    /// Operation by which it was entered.
    pub(super) entry: &'static str,
}

/// How a piece of work came out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) end: i64,
    /// HTTP status that the failure leads to.
    pub(super) failure: Option<u16>,
}

/// How a request reaches a service.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) kind: Kind,
    pub(super) tags: Vec<(&'static str, String)>,
    pub(super) references: Vec<SegmentReference>,
}

impl Walk<'_> {
    pub(super) fn micros(&mut self, span: Span) -> i64 {
        self.random.between(span.low, span.high).saturating_mul(1000)
    }

    fn open(&mut self, target: Target) -> Running {
        let Target { place, service, endpoint } = target;
        let thread = self.random.between(30, 230) as u32;
        let millis = self.now.div_euclid(1_000_000);
        let (id, name) = match self.crew.instances.get_mut(place) {
            Some(instance) => (instance.id(self.random, thread, millis), instance.name.as_str()),
            None => (self.random.hex32(), service.name),
        };
        let recording = Recording::new(&self.trace, id, service.name, name);
        Running { recording, place, service, entry: endpoint.name }
    }

    /// Lets an instance answer a request that reaches it at `start`.
    pub(super) fn serve(&mut self, target: Target, arrival: Arrival, start: i64) -> Done {
        let mut running = self.open(target);
        let endpoint = target.endpoint;
        let mut span = running.recording.begin(arrival.kind, endpoint.name, -1, start);
        span.refs = arrival.references;
        span.tags.extend(arrival.tags.into_iter().map(|(key, value)| pair(key, value)));

        let (start, lost) = self.connect(&mut span, &target, start);
        let mut done = match lost {
            Some(status) => Done { end: start, failure: Some(status) },
            None => self.work(&mut running, &span, endpoint.own, endpoint.steps, start),
        };
        if done.failure.is_none() {
            done.failure = self.strike(&mut span, endpoint.fault, done.end);
        }
        span.is_error |= done.failure.is_some();
        let status = done.failure.unwrap_or(200);
        match arrival.kind.layer {
            SpanLayer::Http => span.tags.push(pair("http.status_code", status.to_string())),
            SpanLayer::RpcFramework => span.tags.push(pair("rpc.status_code", rpc_status(status))),
            _ => {}
        }
        running.recording.end(span, done.end);
        self.segments.push(running.recording.finish());
        done
    }

    /// Own code, the steps one after the other, own code again; a failed step ends it.
    fn work(
        &mut self,
        running: &mut Running,
        parent: &SpanObject,
        own: Span,
        steps: &'static [Step],
        start: i64,
    ) -> Done {
        let own = self.micros(own);
        let mut clock = start + own / 3;
        for step in steps {
            if !self.random.permille(step.permille) {
                continue;
            }
            let done = self.step(running, parent, step, clock);
            clock = done.end + self.random.between(20_000, 200_000);
            if done.failure.is_some() && !step.optional {
                return Done { end: clock, failure: done.failure };
            }
        }
        Done { end: clock + own - own / 3, failure: None }
    }

    fn step(
        &mut self,
        running: &mut Running,
        parent: &SpanObject,
        step: &'static Step,
        start: i64,
    ) -> Done {
        match step.action {
            Action::Local { name, own, steps } => {
                let mut span = running.recording.begin(Kind::LOCAL, name, parent.span_id, start);
                let done = self.work(running, &span, own, steps, start);
                span.is_error = done.failure.is_some();
                running.recording.end(span, done.end);
                done
            }
            Action::Async { name, own, steps } => {
                self.hand_over(running, parent, name, own, steps, start);
                Done { end: start + 60_000, failure: None }
            }
            Action::Call { service, endpoint } => {
                self.call(running, parent, service, endpoint, start)
            }
            Action::External { stranger } => self.ask(running, parent, stranger, start),
            Action::Sql { database, statement, time } => {
                let time = self.micros(time);
                self.sql(running, parent, (database, statement), step.fault, start, time)
            }
            Action::Cache { cache, command, key } => {
                self.cache(running, parent, cache, command, key, start)
            }
            Action::Publish { queue } => self.publish(running, parent, queue, start),
        }
    }

    /// Work in another thread of the same process: a segment of its own.
    fn hand_over(
        &mut self,
        running: &Running,
        parent: &SpanObject,
        name: &'static str,
        own: Span,
        steps: &'static [Step],
        start: i64,
    ) {
        let Some(endpoint) = running.service.endpoint(running.entry) else { return };
        let target = Target { place: running.place, service: running.service, endpoint };
        let mut other = self.open(target);
        other.entry = name;
        let start = start + self.random.between(80_000, 900_000);
        let mut span = other.recording.begin(Kind::LOCAL, name, -1, start);
        let mut reference = running.recording.reference(parent.span_id, running.entry, "");
        reference.ref_type = RefType::CrossThread.into();
        span.refs.push(reference);
        let done = self.work(&mut other, &span, own, steps, start);
        span.is_error = done.failure.is_some();
        other.recording.end(span, done.end);
        self.segments.push(other.recording.finish());
    }

    /// Calls another service of the shop over HTTP or gRPC.
    fn call(
        &mut self,
        running: &mut Running,
        parent: &SpanObject,
        service: &str,
        endpoint: &str,
        start: i64,
    ) -> Done {
        let Some(target) = self.crew.pick(self.random, service, endpoint) else {
            return Done { end: start, failure: None };
        };
        let address = match self.crew.instances.get(target.place) {
            Some(instance) => instance.address.clone(),
            None => return Done { end: start, failure: None },
        };
        let (kind, name, arrival) = self.approach(running.service, &target, &address);
        let mut span = running.recording.begin(kind, &name, parent.span_id, start);
        span.tags.extend(arrival.tags.iter().map(|(key, value)| pair(key, value)));
        let reference = running.recording.reference(span.span_id, running.entry, &address);
        let arrival = Arrival { references: vec![reference], ..arrival };
        span.peer = address;

        let start = start + self.random.between(120_000, 800_000);
        let served = self.serve(target, arrival, start);
        let end = served.end + self.random.between(120_000, 800_000);
        span.is_error = served.failure.is_some();
        if matches!(target.service.protocol, Protocol::Http) {
            let status = served.failure.unwrap_or(200);
            span.tags.push(pair("http.status_code", status.to_string()));
        }
        running.recording.end(span, end);
        Done { end, failure: served.failure.map(passed_on) }
    }

    /// Exit span and arrival of a call within the shop.
    fn approach(
        &mut self,
        caller: &Service,
        target: &Target,
        address: &str,
    ) -> (Kind, String, Arrival) {
        let name = target.endpoint.name;
        match target.service.protocol {
            Protocol::Http => {
                let (method, path) = name.split_once(':').unwrap_or(("GET", name));
                let number = self.random.between(1, 5_000).to_string();
                let url = format!("http://{address}{}", path.replace("{id}", &number));
                let tags = vec![("http.method", method.to_owned()), ("url", url)];
                let kind = Kind::entry(SpanLayer::Http, target.service.server);
                let arrival = Arrival { kind, tags, references: Vec::new() };
                (Kind::exit(SpanLayer::Http, caller.client), path.to_owned(), arrival)
            }
            Protocol::Grpc => {
                let kind = Kind::entry(SpanLayer::RpcFramework, target.service.server);
                let arrival = Arrival { kind, tags: Vec::new(), references: Vec::new() };
                let exit = Kind::exit(SpanLayer::RpcFramework, target.service.server);
                (exit, name.to_owned(), arrival)
            }
        }
    }

    /// Waits for a connection where the instance has none left; says when it has one, and how it
    /// answers when it gets none.
    fn connect(
        &mut self,
        span: &mut SpanObject,
        target: &Target,
        start: i64,
    ) -> (i64, Option<u16>) {
        let Some(Incident::BadInstance { instance, .. }) = self.incident else {
            return (start, None);
        };
        let is_it = self.crew.instances.get(target.place).is_some_and(|one| one.name == *instance);
        if !is_it {
            return (start, None);
        }
        let end = start + self.micros(FOR_CONNECTION);
        (end, self.strike(span, Some((CONNECTION_FAILURES, &NO_CONNECTION)), end))
    }

    /// How much longer a statement takes than usual, and how it may fail besides.
    pub(super) fn hold_up(
        &mut self,
        service: &str,
        statement: &str,
    ) -> (i64, Option<(u32, &'static Fault)>) {
        let slow = self.tenant.and_then(|tenant| tenant.slow);
        let slow = slow.filter(|(of, _)| *of == statement).map_or(0, |(_, time)| self.micros(time));
        let is_it = |whose: &str, which: &str| whose == service && which == statement;
        match self.incident {
            Some(Incident::SlowStatement { service: whose, statement: which })
                if is_it(whose, which) =>
            {
                (slow + self.micros(WITHOUT_INDEX), None)
            }
            Some(Incident::LockWait { service: whose, statement: which })
                if is_it(whose, which) =>
            {
                (slow + self.micros(FOR_LOCK), Some((LOCK_FAILURES, &LOCK_WAIT_TIMEOUT)))
            }
            _ => (slow, None),
        }
    }

    /// Lets a span fail now and then; tells the status that follows.
    pub(super) fn strike(
        &mut self,
        span: &mut SpanObject,
        fault: Option<(u32, &'static Fault)>,
        time: i64,
    ) -> Option<u16> {
        let (permille, fault) = fault?;
        if !self.random.permille(permille) {
            return None;
        }
        fail(span, time, fault.kind, fault.message, fault.stack);
        Some(fault.status)
    }
}

/// What a caller answers when the one it called answered `status`: the mistakes of customers are
/// passed on, those of services become `502`.
fn passed_on(status: u16) -> u16 {
    if status < 500 { status } else { 502 }
}

fn rpc_status(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400..500 => "FAILED_PRECONDITION",
        _ => "INTERNAL",
    }
}
