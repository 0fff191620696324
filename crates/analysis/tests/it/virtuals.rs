//! Databases and caches, as their callers see them.

use skytrail_analysis::{Config, config};
use skytrail_model::entity::Entity;
use skytrail_model::record::TopStream;
use skytrail_model::scope::Scope;
use skytrail_model::span::SpanLayer;
use skytrail_model::time::Zone;
use skytrail_storage::contract::build::{SpanSpec, exit, local, segment};

use crate::world::{MILLI, SECOND, START, World, entity_of, world};

fn query(ms: i64) -> SpanSpec {
    exit("Mysql/query")
        .layer(SpanLayer::Database)
        .peer("db:3306")
        .at(START + SECOND)
        .lasting(ms * MILLI)
        .component(33)
}

fn feed(world: &mut World, spans: impl IntoIterator<Item = SpanSpec>) {
    world.feed([segment("t", "s").of("shop", "shop-1").with(spans)]);
}

#[test]
fn slow_statements_are_listed_by_database_and_by_caller() {
    let mut world = world();
    let slow = |ms: i64| query(ms).tag("db.statement", "select 1");
    feed(
        &mut world,
        [
            slow(201).tag("db.type", "MySQL"),
            slow(200).tag("db.type", "MySQL"),
            slow(150).tag("db.type", "MongoDB").failed(),
            slow(900),
            query(900).tag("db.type", "MySQL"),
            query(900).tag("db.type", "MySQL").tag("db.statement", " "),
        ],
    );
    let listed: Vec<_> = world
        .top(TopStream::DatabaseStatement)
        .iter()
        .map(|record| (record.id.clone(), record.latency_ms, record.trace_id.clone()))
        .collect();
    assert_eq!(listed, [("s-0".into(), 201, "t".into()), ("s-2".into(), 150, "t".into())]);
    let database = entity_of(Scope::Service, "~db:3306").id();
    assert!(world.top(TopStream::DatabaseStatement).iter().all(|r| r.entity == database));
    let shop: Entity = entity_of(Scope::Service, "shop");
    let by_caller = world.top(TopStream::ServiceDatabaseStatement);
    assert_eq!(by_caller.len(), 2);
    assert!(by_caller.iter().all(|r| r.entity == shop.id() && r.statement == "select 1"));
    assert_eq!(by_caller[0].time, START + SECOND);
    // (201+200+150+900+900+900)/6
    world.expect(
        START,
        "
        database_access_cpm       ~db:3306 = 6
        database_access_resp_time ~db:3306 = 541
        database_access_sla       ~db:3306 = 8333
        ",
    );
}

#[test]
fn statements_are_cut_by_characters() {
    let slow = config::SlowConfig { max_statement_length: 5, ..config::SlowConfig::default() };
    let config = Config { slow, ..Config::default() };
    let mut world = World::of(&config, Zone::utc(), 1);
    feed(&mut world, [query(500).tag("db.type", "sql").tag("db.statement", "sélect 1")]);
    assert_eq!(world.top(TopStream::DatabaseStatement)[0].statement, "sélec");
}

#[test]
fn caches_count_reads_and_writes_and_local_ones_are_named_after_their_kind() {
    let mut world = world();
    let command = |op: &str, ms: i64| {
        exit("Redis/op")
            .layer(SpanLayer::Cache)
            .at(START + SECOND)
            .lasting(ms * MILLI)
            .tag("cache.type", "Redis")
            .tag("cache.op", op)
            .tag("cache.cmd", "GET")
            .tag("cache.key", "user:1")
    };
    feed(
        &mut world,
        [
            command("read", 10).peer("redis:6379"),
            command("read", 11).peer("redis:6379").failed(),
            command("write", 30).peer("redis:6379"),
            command("scan", 50).peer("redis:6379"),
            // No kind, no cache.
            exit("x").layer(SpanLayer::Cache).peer("redis:6379").at(START + SECOND),
        ],
    );
    let spans = local("get").layer(SpanLayer::Cache).at(START + SECOND).lasting(MILLI);
    feed(&mut world, [spans.tag("cache.type", "Caffeine").tag("cache.op", "read")]);
    world.expect(
        START,
        "
        cache_read_cpm         ~redis:6379     = 2
        cache_read_resp_time   ~redis:6379     = 10
        cache_read_sla         ~redis:6379     = 5000
        cache_write_cpm        ~redis:6379     = 1
        cache_write_resp_time  ~redis:6379     = 30
        cache_access_cpm       ~redis:6379     = 4
        cache_access_resp_time ~redis:6379     = 25
        cache_read_cpm         ~Caffeine-local = 1
        cache_write_cpm        ~Caffeine-local = -
        cache_write_sla        ~Caffeine-local = -
        ",
    );
    assert_eq!(world.listed(Scope::Service), ["~Caffeine-local", "~redis:6379"]);
    let reads = world.top(TopStream::CacheReadCommand);
    assert_eq!((reads.len(), reads[0].latency_ms), (1, 11));
    assert_eq!(reads[0].statement, "GET user:1");
    let writes = world.top(TopStream::CacheWriteCommand);
    assert_eq!((writes.len(), writes[0].id.as_str()), (1, "s-2"));
}
