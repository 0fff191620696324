//! A fixed set of segments and the values that were worked out by hand.

use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::contract::build::{SegmentSpec, entry, exit, link, segment};

use crate::world::{MILLI, MINUTE, SECOND, START, World, world};

/// `web` calls `order` once; how long the callee takes, and whether it fails.
fn call(number: usize, start: i64, ms: i64, fails: bool) -> [SegmentSpec; 2] {
    let trace = format!("trace-{number}");
    let (web, order) = (format!("web-{number}"), format!("order-{number}"));
    // The caller waits 20 ms longer than the callee works.
    let mut called = entry("/buy")
        .at(start + 10 * MILLI)
        .lasting(ms * MILLI)
        .component(1)
        .linked(link(&trace, &web, 1).parent("web", "web-1", "/home").address("order:80"));
    let mut calling =
        exit("/buy").at(start).lasting((ms + 20) * MILLI).component(2).peer("order:80");
    if fails {
        called = called.failed();
        calling = calling.failed();
    }
    [
        segment(&trace, web)
            .of("web", "web-1")
            .with([entry("/home").at(start).lasting((ms + 30) * MILLI).component(4002), calling]),
        segment(&trace, order).of("order", "order-1").with([called]),
    ]
}

/// 100, 300, 700 and 2500 ms at 10:00, the last one failed; 3 ms at 10:01;
/// 40 ms at 11:00.
fn feed(world: &mut World) {
    let times = [
        (0, 100, false),
        (0, 300, false),
        (0, 700, false),
        (0, 2500, true),
        (1, 3, false),
        (60, 40, false),
    ];
    for (number, (minute, ms, fails)) in times.into_iter().enumerate() {
        let start = START + minute * MINUTE + number as i64 * SECOND;
        world.feed_at(start + 5 * SECOND, call(number, start, ms, fails));
    }
}

// 300 ms lies in the bucket from 294.912 to 303.104 ms, the middle of which is 299 ms; all
// percentiles are at most 1.6 % off.
const TEN_O_CLOCK: &str = "
    service_cpm        order                           = 4
    service_sla        order                           = 7500
    service_resp_time  order                           = 900
    service_apdex      order                           = 6250
    service_percentile order                           = p50:299 p75:696 p90:2523 p95:2523 p99:2523
    service_mq_consume_count order                     = -
    service_cpm        web                             = 4
    service_sla        web                             = 10000
    service_resp_time  web                             = 930
    service_apdex      web                             = 6250
    service_instance_cpm       order|order-1           = 4
    service_instance_sla       order|order-1           = 7500
    service_instance_resp_time order|order-1           = 900
    endpoint_cpm        order|/buy                     = 4
    endpoint_sla        order|/buy                     = 7500
    endpoint_resp_time  order|/buy                     = 900
    endpoint_percentile order|/buy                     = p50:299 p75:696 p90:2523 p95:2523 p99:2523
    service_relation_server_cpm       web > order      = 4
    service_relation_server_call_sla  web > order      = 7500
    service_relation_server_resp_time web > order      = 900
    service_relation_client_cpm       web > order      = -
    service_relation_client_cpm       web > order:80   = 4
    service_relation_client_call_sla  web > order:80   = 7500
    service_relation_client_resp_time web > order:80   = 920
    service_relation_server_cpm       web > order:80   = -
    service_relation_server_cpm       ~User > web      = 4
    service_instance_relation_server_cpm web|web-1 > order|order-1            = 4
    service_instance_relation_client_resp_time web|web-1 > order:80|order:80  = 920
    service_instance_relation_server_call_sla ~User|User > web|web-1          = 10000
    endpoint_relation_cpm       web|/home > order|/buy = 4
    endpoint_relation_resp_time web|/home > order|/buy = 900
    endpoint_relation_sla       web|/home > order|/buy = 7500
    endpoint_relation_percentile web|/home > order|/buy = p50:299 p75:696 p90:2523 p95:2523 p99:2523
    endpoint_relation_cpm       ~User|User > web|/home = 4
";

// Five calls from 10:00 to 10:59, (100+300+700+2500+3)/5 = 720.6; four of them succeeded.
const TEN_TO_ELEVEN: &str = "
    service_cpm        order                     = 0
    service_sla        order                     = 8000
    service_resp_time  order                     = 720
    service_apdex      order                     = 7000
    service_percentile order                     = p50:299 p75:696 p90:2523 p95:2523 p99:2523
    endpoint_resp_time order|/buy                = 720
    service_relation_client_resp_time web > order:80 = 740
";

// Six calls on the day, (3603+40)/6 = 607.1.
const DAY: &str = "
    service_cpm        order                     = 0
    service_sla        order                     = 8333
    service_resp_time  order                     = 607
    service_apdex      order                     = 7500
    service_percentile order                     = p50:99 p75:696 p90:696 p95:2523 p99:2523
    service_instance_resp_time order|order-1     = 607
";

fn check(world: &World) {
    world.expect(START, TEN_O_CLOCK);
    world.expect(
        START + MINUTE,
        "
        service_cpm        order = 1
        service_resp_time  order = 3
        service_percentile order = p50:3 p75:3 p90:3 p95:3 p99:3
        service_apdex      order = 10000
        ",
    );
    world.expect(START + 2 * MINUTE, "service_cpm order = -\nservice_percentile order = -");
    let ten = Minute::of_nanos(START);
    world.expect_in(Downsampling::Hour, ten, TEN_TO_ELEVEN);
    world.expect_in(Downsampling::Hour, ten.plus(60), "service_resp_time order = 40");
    world.expect_in(Downsampling::Day, ten.plus(-600), DAY);
}

#[test]
fn values_are_those_worked_out_by_hand_while_they_are_live_and_when_they_are_stored() {
    let mut world = world();
    feed(&mut world);
    check(&world);
    world.block_on(world.analysis.checkpoint(skytrail_base::journal::Position(1))).unwrap();
    let live = world.analysis.live();
    let read = skytrail_storage::MetricRead {
        table: skytrail_model::metric::TableId(0),
        entities: skytrail_storage::EntitySelection::All,
        columns: skytrail_storage::ColumnSelection::All,
        downsampling: Downsampling::Minute,
        from: Minute(0),
        to: Minute(i64::MAX),
        visible: skytrail_storage::Visible::All,
    };
    assert!(live.metrics(&read).0.is_empty(), "everything is stored");
    check(&world);
}

#[test]
fn nothing_depends_on_how_the_segments_were_batched() {
    let mut world = world();
    let mut all = Vec::new();
    for (number, (minute, ms, fails)) in [
        (0, 100, false),
        (0, 300, false),
        (0, 700, false),
        (0, 2500, true),
        (1, 3, false),
        (60, 40, false),
    ]
    .into_iter()
    .enumerate()
    {
        let start = START + minute * MINUTE + number as i64 * SECOND;
        all.extend(call(number, start, ms, fails));
    }
    all.reverse();
    // Everything in one late batch.
    world.feed_at(START + 61 * MINUTE, all);
    check(&world);
}
