use skytrail_model::entity::{Entity, ServiceRef};
use skytrail_model::time::Zone;

use super::{RULES, reasons, status};
use crate::measures::Measured;
use crate::overview::facts::{Facts, Part, Reason, Severity};
use crate::overview::series::{Grid, Series};
use crate::overview::usual::Usual;
use crate::overview::{Band, Status};
use crate::time::Range;

const MINUTE: i64 = 60_000_000_000;

/// A service with 300 calls in the last five minutes of half an hour, of which so many failed, and
/// took so long.
struct Case {
    series: Series,
    usual: Usual,
    endpoints: Vec<Part>,
    instances: Vec<Part>,
}

fn band(median: f64, width: f64) -> Option<Band> {
    Some(Band { low: (median - width).max(0.0), median, high: median + width })
}

/// The same in each of 30 minutes.
fn part(name: &str, calls: i64, failed: i64, millis: f64) -> Part {
    let measured = Measured::sample(calls, failed, millis, 1.0);
    let line = |value: Option<f64>| vec![value; 30];
    let (average, errors) = (line(measured.average()), line(measured.errors()));
    let series = Some(Series { average, errors, ..Series::default() });
    let service = ServiceRef { name: name.to_owned(), normal: true };
    let key = Entity::Service(service).id();
    Part { key, id: format!("id of {name}"), name: name.to_owned(), measured, series }
}

/// Calls of 20 ms, and some of a second.
fn mixed(quick: i64, slow: i64) -> Measured {
    let mut measured = Measured::sample(quick, 0, 20.0, 1.0);
    measured.merge(&Measured::sample(slow, 0, 1_000.0, 1.0));
    measured
}

fn case(calls: i64, failed: i64, millis: f64, apdex: f64) -> Case {
    let now = Measured::sample(calls, failed, millis, apdex);
    let line = |value: Option<f64>| vec![value; 30];
    let series = Series {
        cpm: line(now.cpm(5.0)),
        errors: line(now.errors()),
        p99: line(now.percentile(99)),
        apdex: line(now.apdex()),
        whole: now.clone(),
        now,
        ..Series::default()
    };
    Case { series, usual: Usual::default(), endpoints: Vec::new(), instances: Vec::new() }
}

impl Case {
    fn reasons(&self) -> Vec<Reason> {
        let range = Range { from: 600 * MINUTE, to: 630 * MINUTE };
        let grid = Grid::of(&range, &Zone::utc(), i64::MAX);
        reasons(&Facts {
            series: &self.series,
            usual: &self.usual,
            grid: &grid,
            parts: &grid,
            now_minutes: 5.0,
            endpoints: &self.endpoints,
            instances: &self.instances,
        })
    }

    fn rules(&self) -> Vec<&'static str> {
        self.reasons().into_iter().map(|reason| reason.rule).collect()
    }
}

#[test]
fn a_service_that_is_well_has_no_reasons() {
    let mut well = case(300, 0, 20.0, 1.0);
    well.usual = Usual {
        cpm: band(60.0, 10.0),
        errors: band(0.0, 0.0),
        p99: band(20.0, 5.0),
        ..Usual::default()
    };
    assert!(well.rules().is_empty());
    assert_eq!(status(&well.reasons(), 300), Status::Ok);
    assert_eq!(status(&[], 0), Status::Idle);
}

#[test]
fn failures_are_bad_from_five_per_cent_on() {
    assert_eq!(case(300, 15, 20.0, 1.0).rules(), ["errors-high"]);
    assert!(case(300, 14, 20.0, 1.0).rules().is_empty(), "less than 5 %");
    assert!(case(40, 4, 20.0, 1.0).rules().is_empty(), "less than 5 calls");
    let reasons = case(300, 30, 20.0, 1.0).reasons();
    assert_eq!((reasons[0].value, reasons[0].since), (Some(10.0), Some(600 * 60_000)));
    assert_eq!(status(&reasons, 300), Status::Failing);
}

#[test]
fn failures_below_that_count_where_they_are_unusual() {
    let mut some = case(300, 6, 20.0, 1.0);
    assert!(some.rules().is_empty(), "nothing is known");
    some.usual.errors = band(0.1, 0.5);
    assert_eq!(some.rules(), ["errors-above-usual"]);
    assert_eq!(status(&some.reasons(), 300), Status::Risk);
    some.usual.errors = band(1.5, 1.0);
    some.usual.whole = Measured::sample(10_000, 150, 20.0, 1.0);
    assert!(some.rules().is_empty(), "as ever");
    some.usual.errors = band(0.0, 0.0);
    some.usual.whole = Measured::sample(10_000, 100, 20.0, 1.0);
    assert!(some.rules().is_empty(), "in most minutes none failed, but as many as that in all");
}

#[test]
fn failures_that_are_as_ever_are_less_urgent() {
    let mut case = case(300, 17, 20.0, 1.0);
    case.usual.errors = band(5.0, 2.0);
    case.usual.whole = Measured::sample(10_000, 500, 20.0, 1.0);
    assert_eq!(case.rules(), ["errors-as-ever"]);
    assert_eq!(status(&case.reasons(), 300), Status::Risk);
    case.series.now = Measured::sample(300, 45, 20.0, 1.0);
    assert_eq!(case.rules(), ["errors-high"]);
    case.usual.errors = band(0.0, 30.0);
    assert_eq!(case.rules(), ["errors-high"], "three times as many, whatever the band");
    case.series.now = Measured::sample(70, 4, 20.0, 1.0);
    assert!(case.rules().is_empty(), "less than 5 calls");
}

#[test]
fn latency_counts_where_it_is_unusual() {
    let with = |p99: f64, usual: Option<Band>| {
        let mut case = case(300, 0, p99, 1.0);
        case.usual.p99 = usual;
        case.rules()
    };
    assert!(with(1_000.0, None).is_empty(), "nothing is known");
    assert_eq!(with(1_000.0, band(100.0, 50.0)), ["latency-far-above-usual"]);
    assert_eq!(with(200.0, band(100.0, 50.0)), ["latency-above-usual"]);
    assert!(with(140.0, band(100.0, 5.0)).is_empty(), "less than half more");
    assert!(with(200.0, band(100.0, 150.0)).is_empty(), "within the usual");
}

#[test]
fn a_few_slow_calls_are_no_pattern() {
    let with = |now: Measured, usual: Measured| {
        let mut case = case(300, 0, 20.0, 1.0);
        case.series.now = now;
        case.usual = Usual { p99: band(20.0, 5.0), whole: usual, ..Usual::default() };
        case.rules()
    };
    let quick = || mixed(10_000, 0);
    assert!(with(mixed(20, 1), quick()).is_empty(), "its percentile is that one call");
    assert!(with(mixed(60, 4), quick()).is_empty());
    assert_eq!(with(mixed(60, 5), quick()), ["latency-far-above-usual"]);
    // In most minutes none of them is slow, so that the band knows nothing of them.
    let ever = || mixed(9_800, 200);
    assert!(with(mixed(290, 10), ever()).is_empty(), "two of a hundred are slow as ever");
    assert_eq!(with(mixed(270, 30), ever()), ["latency-far-above-usual"]);
}

#[test]
fn apdex_has_two_steps() {
    assert_eq!(case(300, 0, 20.0, 0.4).rules(), ["apdex-bad"]);
    assert_eq!(case(300, 0, 20.0, 0.6).rules(), ["apdex-low"]);
    assert!(case(300, 0, 20.0, 0.8).rules().is_empty());
    assert!(case(10, 0, 20.0, 0.4).rules().is_empty(), "less than 20 calls");
}

#[test]
fn traffic_is_compared_with_the_usual() {
    let with = |calls: i64, usual: Option<Band>| {
        let mut case = case(calls, 0, 20.0, 1.0);
        case.usual.cpm = usual;
        case.rules()
    };
    assert_eq!(with(0, band(60.0, 10.0)), ["traffic-gone"]);
    assert!(with(0, band(4.0, 1.0)).is_empty(), "hardly called anyway");
    assert!(with(0, None).is_empty(), "nothing is known");
    assert_eq!(with(100, band(60.0, 10.0)), ["traffic-below-usual"]);
    assert!(with(160, band(60.0, 10.0)).is_empty(), "more than half");
    assert_eq!(with(700, band(60.0, 10.0)), ["traffic-above-usual"]);
    assert!(with(500, band(60.0, 10.0)).is_empty(), "less than twice");
    let mut more = case(700, 0, 20.0, 1.0);
    more.usual.cpm = band(60.0, 10.0);
    assert_eq!(status(&more.reasons(), 700), Status::Ok, "worth knowing, no more");
}

#[test]
fn an_endpoint_that_fails_is_the_evidence() {
    let mut failing = case(300, 10, 20.0, 1.0);
    failing.endpoints = vec![part("GET:/a", 10, 5, 1.0), part("GET:/b", 40, 9, 1.0)];
    let reasons = failing.reasons();
    assert_eq!(reasons[0].rule, "endpoint-failing");
    let evidence = reasons[0].entity.as_ref().unwrap();
    assert_eq!((evidence.kind, evidence.name.as_str()), ("endpoint", "GET:/b"));
    assert_eq!(reasons[0].since, Some(600 * 60_000));
    failing.endpoints = vec![part("GET:/a", 10, 4, 1.0), part("GET:/b", 100, 19, 1.0)];
    assert!(failing.rules().is_empty());
}

#[test]
fn an_instance_that_is_not_like_the_others_is_the_evidence() {
    let mut case = case(300, 3, 20.0, 1.0);
    let with = |case: &mut Case, bad: Part| {
        case.instances = vec![part("one", 100, 1, 20.0), bad, part("two", 100, 1, 20.0)];
        case.reasons().into_iter().map(|reason| reason.entity.unwrap().name).collect::<Vec<_>>()
    };
    assert_eq!(with(&mut case, part("bad", 100, 10, 20.0)), ["bad"]);
    assert_eq!(with(&mut case, part("slow", 100, 1, 60.0)), ["slow"]);
    assert!(with(&mut case, part("fair", 100, 8, 50.0)).is_empty());
    assert!(with(&mut case, part("few", 19, 19, 500.0)).is_empty(), "less than 20 calls");
    let burst = |points: usize| {
        let mut burst = part("burst", 100, 0, 60.0);
        let mut average = vec![Some(20.0); 30];
        average[30 - points..].fill(Some(2_000.0));
        burst.series.as_mut().unwrap().average = average;
        burst
    };
    assert!(with(&mut case, burst(2)).is_empty(), "two slow calls may have been");
    assert_eq!(with(&mut case, burst(3)), ["burst"]);
    assert_eq!(case.reasons()[0].since, Some((600 + 27) * 60_000));
    case.instances = vec![part("alone", 100, 50, 500.0)];
    assert!(case.reasons().is_empty());
}

#[test]
fn every_rule_has_its_words_and_is_told_to_users() {
    let page = include_str!("../../../../../docs/user/overview.md");
    for rule in RULES {
        assert!(!rule.condition.is_empty());
        let severity = match rule.severity {
            Severity::Bad => "bad",
            Severity::Warn => "warn",
            Severity::Info => "info",
        };
        let line = format!("| `{}` | {severity} | {} |", rule.name, rule.condition);
        assert!(page.contains(&line), "docs/user/overview.md lacks: {line}");
    }
}
