//! The shop and its customers.

use std::collections::VecDeque;

use skytrail_proto::v3::{
    InstancePingPkg, InstanceProperties, JvmMetricCollection, SegmentObject, SpanLayer,
};

use super::incident::Incident;
use super::instance::Crew;
use super::jvm;
use super::scenario::{CUSTOMERS, ENTRANCE, TENANTS};
use super::script::{Language, Queue, Tenant};
use super::surroundings::QUEUES;
use super::walk::{Arrival, Message, Walk};
use crate::random::Random;
use crate::recording::Kind;

/// Messages that wait at most; beyond it the oldest are lost.
const WAITING_MESSAGES: usize = 256;

/// A batch is read so long after its newest message was sent, in nanoseconds: longer than reading
/// it ever takes, so that nothing ends in the future.
const BATCH_DELAY: i64 = 2_000_000_000;

/// A batch that is not full is read after so long, in nanoseconds.
const BATCH_PATIENCE: i64 = 5_000_000_000;

/// An online shop that plays one request at a time.
///
/// It is deterministic: shops of one seed that are asked at the same instants give the same
/// segments. It reads no clock.
#[derive(Debug)]
pub struct Shop {
    random: Random,
    crew: Crew,
    waiting: VecDeque<Message>,
    /// What goes wrong, from an instant on (Unix time in nanoseconds).
    incident: Option<(Incident, i64)>,
}

impl Shop {
    /// A shop; the seed decides its process ids and what its customers do.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let crew = Crew::new(&mut random);
        Self { random, crew, waiting: VecDeque::new(), incident: None }
    }

    /// The same shop, in which something goes wrong from `since` on (Unix time in nanoseconds).
    #[must_use]
    pub fn with_incident(self, incident: Incident, since: i64) -> Self {
        Self { incident: Some((incident, since)), ..self }
    }

    /// The segments of one customer's request that is over at `now` (Unix time in nanoseconds),
    /// innermost first: one trace. The segments of consumers whose batches are due come after it;
    /// each belongs to the trace of its oldest message. Nothing ends after `now`, which should not
    /// go backwards from call to call.
    pub fn request(&mut self, now: i64) -> Vec<SegmentObject> {
        let mut segments = self.visit(now);
        for queue in QUEUES.iter().filter(|queue| queue.batch > 1) {
            while let Some(batch) = self.due(queue, now) {
                segments.extend(self.deliver(queue, batch, now));
            }
        }
        segments
    }

    /// What every instance tells of itself when it starts.
    pub fn properties(&self) -> Vec<InstanceProperties> {
        self.crew.instances.iter().map(|instance| instance.properties()).collect()
    }

    /// A life sign of every instance.
    pub fn keep_alive(&self) -> Vec<InstancePingPkg> {
        self.crew.instances.iter().map(|instance| instance.ping()).collect()
    }

    /// A reading of every Java instance for the second of `now` (Unix time in nanoseconds).
    pub fn jvm(&self, now: i64) -> Vec<JvmMetricCollection> {
        let java = |language| language == Language::Java;
        let instances = self.crew.instances.iter();
        let instances = instances.filter(|instance| java(instance.service.language));
        instances.map(|instance| jvm::reading(instance, now)).collect()
    }

    fn visit(&mut self, now: i64) -> Vec<SegmentObject> {
        let endpoint = self.wish();
        let Some(target) = self.crew.pick(&mut self.random, ENTRANCE, endpoint) else {
            return Vec::new();
        };
        let Some(instance) = self.crew.instances.get_mut(target.place) else { return Vec::new() };
        let trace = instance.id(&mut self.random, 1, now.div_euclid(1_000_000));
        let tenant = self.tenant();
        let (method, path) = endpoint.split_once(':').unwrap_or(("GET", endpoint));
        let number = self.random.between(1, 5_000).to_string();
        let url = format!("https://shop.example{}", path.replace("{id}", &number));
        let arrival = Arrival {
            kind: Kind::entry(SpanLayer::Http, target.service.server),
            tags: vec![
                ("http.method", method.to_owned()),
                ("url", url),
                ("tenant", tenant.name.to_owned()),
            ],
            references: Vec::new(),
        };
        let mut walk = self.walk(trace, Some(tenant), now);
        walk.serve(target, arrival, now);
        let Walk { mut segments, mut messages, .. } = walk;
        let ends = segments.iter().flat_map(|segment| &segment.spans).map(|span| span.end_time);
        let shift = now - ends.max().unwrap_or(now);
        for message in &mut messages {
            message.sent += shift;
        }
        settle(&mut segments, shift);
        self.keep(messages);
        segments
    }

    /// What a customer wants, as often as the scenario says.
    fn wish(&mut self) -> &'static str {
        let (_, endpoint) = self.random.weighed(CUSTOMERS, |(weight, _)| *weight);
        endpoint
    }

    /// Whose customer it is.
    fn tenant(&mut self) -> &'static Tenant {
        self.random.weighed(TENANTS, |tenant| tenant.weight)
    }

    fn walk(&mut self, trace: String, tenant: Option<&'static Tenant>, now: i64) -> Walk<'_> {
        let Self { crew, random, incident, .. } = self;
        let incident = incident.as_ref().filter(|(_, since)| now >= *since).map(|(what, _)| what);
        let (segments, messages) = (Vec::new(), Vec::new());
        Walk { crew, random, trace, now, tenant, incident, segments, messages }
    }

    fn keep(&mut self, messages: Vec<Message>) {
        self.waiting.extend(messages);
        while self.waiting.len() > WAITING_MESSAGES {
            self.waiting.pop_front();
        }
    }

    /// The messages of the next batch, oldest first, once they are old enough.
    fn due(&mut self, queue: &'static Queue, now: i64) -> Option<Vec<Message>> {
        let ready = |message: &Message| {
            std::ptr::eq(message.queue, queue) && message.sent <= now - BATCH_DELAY
        };
        let count = self.waiting.iter().filter(|message| ready(message)).count();
        let oldest = self.waiting.iter().find(|message| ready(message))?.sent;
        if count < queue.batch && oldest > now - BATCH_PATIENCE {
            return None;
        }
        let mut batch = Vec::new();
        let mut rest = VecDeque::new();
        for message in self.waiting.drain(..) {
            if ready(&message) && batch.len() < queue.batch {
                batch.push(message);
            } else {
                rest.push_back(message);
            }
        }
        self.waiting = rest;
        Some(batch)
    }

    fn deliver(
        &mut self,
        queue: &'static Queue,
        batch: Vec<Message>,
        now: i64,
    ) -> Vec<SegmentObject> {
        let newest = batch.iter().map(|message| message.sent).max().unwrap_or(now);
        let start = newest + self.random.between(3_000_000, 50_000_000);
        let trace = batch.first().map(|message| message.reference.trace_id.clone());
        let mut walk = self.walk(trace.unwrap_or_default(), None, now);
        walk.consume(queue, batch, start);
        let Walk { mut segments, messages, .. } = walk;
        settle(&mut segments, 0);
        self.keep(messages);
        segments
    }
}

/// Moves the spans of a walk by `shift` nanoseconds and makes milliseconds of their times. Rounding
/// down keeps children within their parents.
fn settle(segments: &mut [SegmentObject], shift: i64) {
    let millis = |nanos: i64| nanos.saturating_add(shift).div_euclid(1_000_000);
    for span in segments.iter_mut().flat_map(|segment| &mut segment.spans) {
        span.start_time = millis(span.start_time);
        span.end_time = millis(span.end_time);
        for log in &mut span.logs {
            log.time = millis(log.time);
        }
    }
}
