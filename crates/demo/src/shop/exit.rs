//! Steps that leave the shop: databases, caches, brokers and strangers.

use skytrail_proto::v3::{SpanLayer, SpanObject};

use super::script::{Cache, Database, Fault, Queue, Stranger};
use super::walk::{Arrival, Done, Message, Running, Walk};
use crate::recording::{Kind, pair};

/// Redis commands that change something; the others read.
const WRITES: &[&str] = &["SETEX", "HSET", "EXPIRE", "DEL", "DECRBY"];

impl Walk<'_> {
    /// A request to someone without an agent.
    pub(super) fn ask(
        &mut self,
        running: &mut Running,
        parent: &SpanObject,
        stranger: &'static Stranger,
        start: i64,
    ) -> Done {
        let slowdown = stranger.slowdown.as_ref().filter(|slowdown| slowdown.is_on(self.now));
        let end = start + self.micros(slowdown.map_or(stranger.time, |slowdown| slowdown.time));
        let (method, path) = stranger.endpoint.split_once(':').unwrap_or(("GET", "/"));
        let kind = Kind::exit(SpanLayer::Http, running.service.client);
        let mut span = running.recording.begin(kind, path, parent.span_id, start);
        stranger.address.clone_into(&mut span.peer);
        span.tags.push(pair("http.method", method));
        span.tags.push(pair("url", format!("https://{}{path}", stranger.address)));
        let failure = self.strike(&mut span, slowdown.map(|slowdown| slowdown.fault), end);
        if failure.is_none() {
            span.tags.push(pair("http.status_code", "200"));
        }
        running.recording.end(span, end);
        Done { end, failure }
    }

    /// A statement of `time` nanoseconds, now and then a slow one.
    pub(super) fn sql(
        &mut self,
        running: &mut Running,
        parent: &SpanObject,
        (database, statement): (&'static Database, &'static str),
        fault: Option<(u32, &'static Fault)>,
        start: i64,
        time: i64,
    ) -> Done {
        let mut end = start + time;
        if self.random.permille(database.slow_permille) {
            end += self.micros(database.slow);
        }
        let (longer, trouble) = self.hold_up(running.service.name, statement);
        end += longer;
        let operation =
            if statement.starts_with("SELECT") { "executeQuery" } else { "executeUpdate" };
        let name = format!("{}/JDBC/PreparedStatement/{operation}", database.system);
        let kind = Kind::exit(SpanLayer::Database, database.component);
        let mut span = running.recording.begin(kind, &name, parent.span_id, start);
        database.address.clone_into(&mut span.peer);
        span.tags = vec![
            pair("db.type", database.system),
            pair("db.instance", database.schema),
            pair("db.statement", statement),
        ];
        let failure = self.strike(&mut span, trouble.or(fault), end);
        running.recording.end(span, end);
        Done { end, failure }
    }

    /// A command, now and then a slow one.
    pub(super) fn cache(
        &mut self,
        running: &mut Running,
        parent: &SpanObject,
        cache: &'static Cache,
        command: &str,
        key: &str,
        start: i64,
    ) -> Done {
        let mut end = start + self.micros(cache.time);
        if self.random.permille(cache.slow_permille) {
            end += self.micros(cache.slow);
        }
        let name = format!("{}/{command}", cache.system);
        let kind = Kind::exit(SpanLayer::Cache, running.service.redis);
        let mut span = running.recording.begin(kind, &name, parent.span_id, start);
        cache.address.clone_into(&mut span.peer);
        let number = self.random.between(1, 5_000).to_string();
        span.tags = vec![
            pair("cache.type", cache.system),
            pair("cache.op", if WRITES.contains(&command) { "write" } else { "read" }),
            pair("cache.cmd", command),
            pair("cache.key", key.replace("{id}", &number)),
        ];
        running.recording.end(span, end);
        Done { end, failure: None }
    }

    /// A message. A queue without batches is read soon after, in the same trace.
    pub(super) fn publish(
        &mut self,
        running: &mut Running,
        parent: &SpanObject,
        queue: &'static Queue,
        start: i64,
    ) -> Done {
        let end = start + self.random.between(600_000, 3_500_000);
        let kind = Kind::exit(SpanLayer::Mq, queue.broker.producer);
        let mut span = running.recording.begin(kind, queue.producer, parent.span_id, start);
        queue.broker.address.clone_into(&mut span.peer);
        span.tags.extend(queue_tags(queue).into_iter().map(|(key, value)| pair(key, value)));
        let reference =
            running.recording.reference(span.span_id, running.entry, queue.broker.address);
        running.recording.end(span, end);
        let message = Message { queue, reference, sent: end };
        if queue.batch > 1 {
            self.messages.push(message);
        } else {
            let start = end + self.random.between(2_000_000, 40_000_000);
            self.consume(queue, vec![message], start);
        }
        Done { end, failure: None }
    }

    /// Reads messages, all in one go, at `start`.
    pub(super) fn consume(&mut self, queue: &'static Queue, messages: Vec<Message>, start: i64) {
        let Some(target) = self.crew.pick(self.random, queue.service, queue.endpoint) else {
            return;
        };
        let sent = messages.iter().map(|message| message.sent).min().unwrap_or(start);
        let waited = (start - sent).max(0) / 1_000_000;
        let mut tags = queue_tags(queue);
        tags.push(("transmission.latency", waited.to_string()));
        let arrival = Arrival {
            kind: Kind::entry(SpanLayer::Mq, queue.broker.consumer),
            tags,
            references: messages.into_iter().map(|message| message.reference).collect(),
        };
        self.serve(target, arrival, start);
    }
}

fn queue_tags(queue: &Queue) -> Vec<(&'static str, String)> {
    let mut tags =
        vec![("mq.broker", queue.broker.address.to_owned()), ("mq.topic", queue.topic.to_owned())];
    tags.extend(queue.queue.map(|name| ("mq.queue", name.to_owned())));
    tags
}
