//! One trace of the workload.

use skytrail_proto::v3::{SegmentObject, SegmentReference, SpanLayer, SpanObject};

use super::topology::{INSTANCES, SERVICES, Stop};
use crate::identity::JavaIds;
use crate::random::Random;
use crate::recording::{Kind, Recording, fail, pair};

const HTTP_CLIENT: i32 = 2;
const SPRING_MVC: i32 = 14;
const JEDIS: i32 = 30;
const MYSQL_DRIVER: i32 = 33;

/// One span in so many has an error log.
const SPANS_PER_LOG: u64 = 20;

/// A stack of about 500 bytes.
const STACK: &str = "java.lang.IllegalStateException: the pool has no connection left after 30000 ms\n\
    at com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:696)\n\
    at com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:197)\n\
    at org.springframework.jdbc.core.JdbcTemplate.execute(JdbcTemplate.java:376)\n\
    at shop.core.repository.ItemRepository.load(ItemRepository.java:118)\n\
    at shop.core.service.ItemService.find(ItemService.java:64)\n\
    at shop.core.web.ItemController.get(ItemController.java:41)\n";

/// Makes traces.
#[derive(Debug)]
pub(super) struct Traces {
    random: Random,
    ids: Vec<JavaIds>,
}

/// Where and when one segment runs, in Unix milliseconds.
#[derive(Debug, Clone, Copy)]
struct Visit {
    stop: Stop,
    start: i64,
    /// Time of the whole segment, at least 12 ms.
    time: i64,
}

impl Traces {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let ids = (0..SERVICES * INSTANCES).map(|_| JavaIds::new(random.hex32())).collect();
        Self { random, ids }
    }

    /// The four segments of a trace that starts at `start` (Unix milliseconds), outermost first.
    pub(super) fn trace(&mut self, start: i64) -> Vec<SegmentObject> {
        let mut stop = Stop::first(&mut self.random);
        // Mostly tens of milliseconds, seldom seconds.
        let mut time = 60 + self.random.between(0, 60);
        if self.random.permille(30) {
            time *= self.random.between(2, 30);
        }
        let mut start = start;
        let trace = self.id(stop, start);
        let mut reference = None;
        let mut segments = Vec::new();
        loop {
            let next = stop.next(&mut self.random);
            let visit = Visit { stop, start, time };
            let (segment, onward) = self.segment(&trace, visit, reference.take(), next);
            segments.push(segment);
            let Some(next) = next else { return segments };
            reference = Some(onward);
            stop = next;
            start += 10;
            time = (time - 14).max(12);
        }
    }

    fn id(&mut self, stop: Stop, millis: i64) -> String {
        let thread = 40 + self.random.place(160) as u32;
        let ids = self.ids.get_mut(stop.instance_number());
        ids.map_or_else(String::new, |ids| ids.next(thread, millis))
    }

    /// A segment, and the reference that its HTTP exit hands on.
    fn segment(
        &mut self,
        trace: &str,
        visit: Visit,
        reference: Option<SegmentReference>,
        next: Option<Stop>,
    ) -> (SegmentObject, SegmentReference) {
        let Visit { stop, start, time } = visit;
        let id = self.id(stop, start);
        let (service, instance) = (stop.service_name(), stop.instance_name());
        let mut recording = Recording::new(trace, id, &service, &instance);
        let endpoint = stop.endpoint_name();
        let number = self.random.between(100_000, 999_999);

        let kind = Kind::entry(SpanLayer::Http, SPRING_MVC);
        let mut entry = recording.begin(kind, &endpoint, -1, start);
        entry.refs.extend(reference);
        self.tag_entry(&mut entry, stop, number);
        let local = recording.begin(Kind::LOCAL, &local_name(stop), 0, start + 1);
        let local = self.tagged_local(local, stop);
        let database = self.database(&mut recording, stop, start + 2);
        let cache = self.cache(&mut recording, stop, start + 5, number);
        let peer = next.map_or_else(|| stop.partner(), Stop::address);
        let exit = self.http_exit(&mut recording, &peer, next.unwrap_or(stop), start + 8, number);
        let onward = recording.reference(exit.span_id, &endpoint, &peer);

        let end = start + time;
        let ends = [
            (database, start + 4 + self.random.between(0, 1)),
            (cache, start + 6 + self.random.between(0, 1)),
            (exit, end - 2),
            (local, end - 1),
            (entry, end),
        ];
        for (mut span, end) in ends {
            self.log(&mut span, end);
            recording.end(span, end);
        }
        (recording.finish(), onward)
    }

    fn tag_entry(&mut self, span: &mut SpanObject, stop: Stop, number: i64) {
        let path = path(stop, number);
        span.tags = vec![
            pair("http.method", "GET"),
            pair("url", format!("http://{}{path}", stop.address())),
            pair("http.status_code", "200"),
            pair(
                "http.params",
                format!("page={}&size=50&sort=created_at,desc", self.random.between(1, 99)),
            ),
            pair("customer", format!("customer-{}", self.random.between(10_000, 99_999))),
            pair("region", "eu-central-1"),
            pair("user_agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        ];
    }

    fn tagged_local(&mut self, mut span: SpanObject, stop: Stop) -> SpanObject {
        span.tags = vec![
            pair("method", format!("{}(Long, Locale, Pageable)", local_name(stop))),
            pair("rows", self.random.between(1, 50).to_string()),
            pair("cache.hit", "false"),
        ];
        span
    }

    fn database(&mut self, recording: &mut Recording, stop: Stop, start: i64) -> SpanObject {
        let kind = Kind::exit(SpanLayer::Database, MYSQL_DRIVER);
        let mut span = recording.begin(kind, "Mysql/JDBC/PreparedStatement/executeQuery", 1, start);
        span.peer = format!("mysql-{:02}.db:3306", stop.service_number());
        let statement = format!(
            "SELECT i.id, i.name, i.state, i.total, i.created_at FROM {}_{} i JOIN tenant t ON \
             t.id = i.tenant WHERE i.id = ? AND t.name = ? ORDER BY i.created_at DESC LIMIT 50",
            stop.domain(),
            stop.endpoint
        );
        span.tags = vec![
            pair("db.type", "Mysql"),
            pair("db.instance", format!("shop_{}", stop.domain())),
            pair("db.statement", statement),
            pair("db.rows", self.random.between(0, 50).to_string()),
            pair("db.pool", "hikari-primary"),
        ];
        span
    }

    fn cache(
        &mut self,
        recording: &mut Recording,
        stop: Stop,
        start: i64,
        number: i64,
    ) -> SpanObject {
        let kind = Kind::exit(SpanLayer::Cache, JEDIS);
        let mut span = recording.begin(kind, "Jedis/get", 1, start);
        span.peer = format!("redis-{:02}.cache:6379", stop.service_number());
        let (operation, command) =
            if self.random.permille(200) { ("write", "SET") } else { ("read", "GET") };
        span.tags = vec![
            pair("cache.type", "Redis"),
            pair("cache.op", operation),
            pair("cache.cmd", command),
            pair("cache.key", format!("{}:item:{number}:summary", stop.domain())),
        ];
        span
    }

    fn http_exit(
        &mut self,
        recording: &mut Recording,
        peer: &str,
        next: Stop,
        start: i64,
        number: i64,
    ) -> SpanObject {
        let path = path(next, number);
        let kind = Kind::exit(SpanLayer::Http, HTTP_CLIENT);
        let name = format!("/api/v1/{}/{:02}", next.domain(), next.endpoint);
        let mut span = recording.begin(kind, &name, 1, start);
        peer.clone_into(&mut span.peer);
        span.tags = vec![
            pair("http.method", "GET"),
            pair("url", format!("http://{peer}{path}")),
            pair("http.status_code", "200"),
            pair("attempt", "1/3"),
            pair("timeout.ms", "2000"),
        ];
        span
    }

    fn log(&mut self, span: &mut SpanObject, time: i64) {
        if self.random.below(SPANS_PER_LOG) == 0 {
            let kind = "java.lang.IllegalStateException";
            fail(span, time, kind, "the pool has no connection left", STACK);
        }
    }
}

fn path(stop: Stop, number: i64) -> String {
    format!("/api/v1/{}/{:02}/{number}", stop.domain(), stop.endpoint)
}

fn local_name(stop: Stop) -> String {
    format!("example.shop.{}.service.ItemService.find{}", stop.domain(), stop.endpoint)
}
