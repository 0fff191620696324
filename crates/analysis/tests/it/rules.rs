//! Rules of the operator's own: every function and every kind of condition.

use skytrail_analysis::{Config, Rules, Shard};
use skytrail_model::batch::Batch;
use skytrail_model::metric::{MetricValue, Row};
use skytrail_model::time::{Downsampling, Zone};
use skytrail_storage::contract::build::{batch, entry, segment};

use crate::world::{MILLI, START};

/// The value of the only metric of `rule` for the only entity of its table,
/// after three calls of 5, 20 and 120 ms, the last one failed.
fn value(rule: &str) -> MetricValue {
    let config = Config {
        apdex: skytrail_analysis::config::ApdexConfig {
            default_ms: 500,
            services: [("shop".to_owned(), 10)].into(),
        },
        ..Config::default()
    };
    let settings = config.validate().unwrap();
    let text = format!("m = from({rule};");
    let rules = Rules::compile(&[("mine.oal", &text)], &settings).unwrap();
    let mut shard = Shard::alone(&rules, settings, Zone::utc());
    let call = |ms: i64, code: &str| {
        entry("/pay")
            .at(START)
            .lasting(ms * MILLI)
            .component(3)
            .tag("http.status_code", code)
            .tag("http.method", "GET")
            .tag("size", code)
    };
    let spans = batch([segment("t", "s").of("shop", "shop-1").with([
        call(5, "200"),
        call(20, "301"),
        call(120, "500").failed().tag("rpc.status_code", "E1"),
    ])]);
    shard.process(&Batch { arrival: START, spans, ..Batch::default() });
    let catalogue = rules.catalogue();
    let metric = catalogue.metric("m").unwrap();
    let table = catalogue.table(metric.table).unwrap();
    let mut row = Row::empty(table);
    for block in shard.drain().metrics {
        assert_eq!(block.len(), 1);
        row.merge(table, &block.row(0));
    }
    metric.formula.value(&row, Downsampling::Minute)
}

#[track_caller]
fn single(rule: &str, expected: f64) {
    assert_eq!(value(rule), MetricValue::Single(expected), "{rule}");
}

#[test]
fn functions() {
    single("Service.latency).longAvg()", 48.0);
    single("Service.latency).doubleAvg()", 145.0 / 3.0);
    single("Service.latency).sum()", 145.0);
    single("Service.latency).max()", 120.0);
    single("Service.latency).min()", 5.0);
    single("Service.latency).maxDouble()", 120.0);
    single("Service.latency).minDouble()", 5.0);
    single("Service.*).count()", 3.0);
    single("Service.*).cpm()", 3.0);
    single("Service.*).percent(status == true)", 6666.0);
    single("Service.*).rate(status == false, status == true)", 5000.0);
    // Up to 10 ms satisfied, up to 40 ms tolerated: one and one of three.
    single("Service.latency).apdex(name, status)", 5000.0);
    single("(str->long)Service.tag[\"size\"]).sum()", 1001.0);
    single("(str->int)Service.tag[\"size\"]).max()", 500.0);
    assert_eq!(value("(str->long)Service.tag[\"none\"]).longAvg()"), MetricValue::Absent);
    assert_eq!(value("Service.latency).filter(latency > 500).maxDouble()"), MetricValue::Absent);
}

#[test]
fn labels_and_buckets() {
    let labels = |pairs: &[(&str, f64)]| {
        pairs.iter().map(|(label, value)| ((*label).to_owned(), *value)).collect::<Vec<_>>()
    };
    assert_eq!(
        value("Service.*).labelCount(endpointName, 10)"),
        MetricValue::Labelled("n", labels(&[("/pay", 3.0)]))
    );
    assert_eq!(
        value("Service.*).labelAvg(tag[\"http.status_code\"], latency)"),
        MetricValue::Labelled("n", labels(&[("200", 5.0), ("301", 20.0), ("500", 120.0)]))
    );
    assert_eq!(
        value("Service.*).labelCount(tag[\"http.status_code\"], 2)"),
        MetricValue::Labelled("n", labels(&[("200", 1.0), ("301", 1.0)]))
    );
    assert_eq!(
        value("Service.latency).histogram(10, 3)"),
        MetricValue::Labelled("bucket", labels(&[("0", 1.0), ("20", 1.0), ("30", 1.0)]))
    );
    let MetricValue::Labelled("p", ranks) = value("Service.latency).percentile(10)") else {
        panic!("percentile has ranks");
    };
    assert_eq!(ranks[0], ("50".to_owned(), 20.0));
}

#[test]
fn conditions() {
    for (condition, expected) in [
        ("latency >= 20", 2),
        ("latency < 20.5", 2),
        ("latency in [5, 120]", 2),
        ("status != true", 1),
        ("httpResponseStatusCode > 300", 2),
        ("httpResponseStatusCode in [200, 500]", 2),
        ("type == RequestType.HTTP", 3),
        ("type in [RequestType.MQ, RequestType.RPC]", 0),
        ("type != null", 3),
        ("layer == Layer.GENERAL", 3),
        ("name == \"shop\"", 3),
        ("name like \"sh%\"", 3),
        ("name like \"%op\"", 3),
        ("name like \"%x%\"", 0),
        ("name in [\"a\", \"b\"]", 0),
        ("rpcStatusCode == null", 2),
        ("rpcStatusCode == \"E1\"", 1),
        ("tags contain \"http.method:GET\"", 3),
        ("tags contain \"http.status_code:301\"", 1),
        ("tags not contain \"http.status_code:301\"", 2),
        ("tag[\"size\"] == \"301\"", 1),
        ("tag[\"nothing\"] != null", 0),
        ("(str->long)tag[\"size\"] > 250", 2),
        ("(str->long)tag[\"size\"] in [200, 201]", 1),
        ("(str->long)tag[\"http.method\"] != 1", 0),
    ] {
        let rule = format!("Service.*).filter({condition}).count()");
        let expected = match expected {
            0 => MetricValue::Absent,
            count => MetricValue::Single(f64::from(count)),
        };
        assert_eq!(value(&rule), expected, "{condition}");
    }
}

#[test]
fn many_conditions_of_one_source_are_as_right_as_few() {
    let filters: String =
        (1..=8).map(|ms| format!(".filter(latency > {ms})")).collect::<Vec<_>>().concat();
    single(&format!("Service.*){filters}.count()"), 2.0);
    single(&format!("Service.latency){filters}.max()"), 120.0);
    single(&format!("Service.*){filters}.percent(status == true)"), 5000.0);
}

#[test]
fn every_source_of_a_call_names_both_sides() {
    for (source, condition) in [
        ("ServiceInstance", "name == \"shop-1\""),
        ("ServiceInstance", "serviceName == \"shop\""),
        ("Endpoint", "name == \"/pay\""),
        ("Endpoint", "serviceInstanceName == \"shop-1\""),
        ("ServiceRelation", "sourceServiceName == \"User\""),
        ("ServiceRelation", "destServiceName == \"shop\""),
        ("ServiceRelation", "endpoint == \"/pay\""),
        ("ServiceRelation", "componentId == 3"),
        ("ServiceRelation", "sourceLayer == Layer.UNDEFINED"),
        ("ServiceInstanceRelation", "sourceServiceInstanceName == \"User\""),
        ("ServiceInstanceRelation", "destServiceInstanceName == \"shop-1\""),
        ("EndpointRelation", "endpoint == \"User\""),
        ("EndpointRelation", "serviceName == \"User\""),
        ("EndpointRelation", "childEndpoint == \"/pay\""),
        ("EndpointRelation", "detectPoint == DetectPoint.SERVER"),
    ] {
        single(&format!("{source}.*).filter({condition}).count()"), 3.0);
    }
}
