//! Expressions over hand-made results: the operators and functions of the
//! language, with the empty-value rules and the texts of what goes wrong.

use skytrail_lang::mqe::parse;

use super::super::answer::ExpressionResult;
use super::super::list::list;
use super::super::shape::ExpressionResultType as Kind;
use super::super::value::{Entry, Failure, Marks, Series, Values};
use super::{Evaluation, Leaves};
use crate::entity::KeyValue;
use crate::time::Step;

fn series(labels: &[(&str, &str)], values: &[Option<f64>]) -> Series {
    let times: Vec<i64> = (1..=values.len() as i64).map(|place| place * 100).collect();
    Series {
        labels: labels.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect(),
        marks: Marks::Times(times.into()),
        values: values.to_vec(),
    }
}

fn labelled(all: Vec<Series>) -> Values {
    Values { labelled: true, ..Values::of(Kind::TimeSeriesValues, all) }
}

fn ranking(kind: Kind, entries: &[(&str, f64)]) -> Values {
    let entry = |(name, value): &(&str, f64)| {
        let entry = Entry { name: (*name).to_owned(), owner: None, trace_id: None };
        (entry, Some(*value))
    };
    list(kind, entries.iter().map(entry).collect())
}

/// What the metrics of these tests are.
fn known(name: &str) -> Result<Values, Failure> {
    let plain =
        |values: &[Option<f64>]| Values::of(Kind::TimeSeriesValues, vec![series(&[], values)]);
    let complex = || {
        let mut all = Vec::new();
        for (place, value) in (0..8).map(|place| (place, 100 + place)) {
            let label = |bit: i32, zero, one| if place & bit == 0 { zero } else { one };
            let labels = [
                ("l1", label(4, "a", "b")),
                ("l2", label(2, "2a", "2b")),
                ("l3", label(1, "31", "32")),
            ];
            all.push(series(&labels, &[Some(f64::from(value))]));
        }
        labelled(all)
    };
    Ok(match name {
        "a" => plain(&[Some(100.0), Some(300.0)]),
        "b" => plain(&[Some(50.0), None]),
        "negative" => plain(&[Some(-100.111), Some(-300.0)]),
        "long" => plain(&[Some(10.0), None, Some(40.0), Some(100.0), Some(100.0)]),
        "empty" => plain(&[None, None]),
        "half" => labelled(vec![
            series(&[("x", "1")], &[None, None]),
            series(&[("x", "2")], &[Some(1.0), None]),
        ]),
        "p" => labelled(vec![
            series(&[("p", "50"), ("k", "z")], &[Some(100.0), Some(300.0)]),
            series(&[("p", "99"), ("k", "z")], &[Some(101.0), Some(301.0)]),
        ]),
        "q" => labelled(vec![
            series(&[("k", "z"), ("p", "99")], &[Some(1.0), None]),
            series(&[("k", "z"), ("p", "75")], &[Some(2.0), Some(2.0)]),
        ]),
        "none" => labelled(Vec::new()),
        "complex" => complex(),
        "invalid" => Values::of(Kind::Unknown, Vec::new()),
        "s1" => ranking(Kind::SortedList, &[("A", 1000.0), ("B", 100.0)]),
        "s2" => ranking(Kind::SortedList, &[("A", 600.0), ("B", 500.0)]),
        "s3" => ranking(Kind::SortedList, &[("A", 300.0), ("B", 2000.0)]),
        "r1" => ranking(Kind::RecordList, &[("select", 7.0)]),
        _ => return Err(Failure::new(format!("Metric: [{name}] does not exist."))),
    })
}

fn run(expression: &str) -> ExpressionResult {
    let parsed = parse(expression).unwrap();
    let leaves: Leaves =
        parsed.expr.metrics().map(|metric| (metric.span.start, known(&metric.name))).collect();
    let evaluation = Evaluation { source: expression, step: Step::Minute, leaves: &leaves };
    evaluation.run(&parsed.expr).into()
}

/// `TYPE {k=v} id:value id:value | {k=v} …`, or the error.
fn shown(expression: &str) -> String {
    let result = run(expression);
    if let Some(error) = result.error {
        return format!("{} error: {error}", result.r#type.name());
    }
    let one = |values: &super::super::answer::MQEValues| {
        let labels = values.metric.labels.iter().map(|l| format!("{}={}", l.key, l.value));
        let labels = labels.collect::<Vec<_>>().join(",");
        let points = values.values.iter().map(|value| {
            let id = value.id.as_deref().unwrap_or("");
            format!(" {id}:{}", value.value.as_deref().unwrap_or("-"))
        });
        format!("{{{labels}}}{}", points.collect::<String>())
    };
    let all = result.results.iter().map(one).collect::<Vec<_>>().join(" | ");
    format!("{} {all}", result.r#type.name())
}

fn check(table: &[(&str, &str)]) {
    for (expression, expected) in table {
        assert_eq!(shown(expression), *expected, "{expression}");
    }
}

#[test]
fn arithmetic_meets_value_by_value() {
    check(&[
        ("1 + 2 * 3 - 4 / 8 % 3", "SINGLE_VALUE {} :6.5"),
        ("a + a", "TIME_SERIES_VALUES {} 100:200 200:600"),
        ("a - b", "TIME_SERIES_VALUES {} 100:50 200:-"),
        ("a * 2", "TIME_SERIES_VALUES {} 100:200 200:600"),
        ("1000 - a", "TIME_SERIES_VALUES {} 100:900 200:700"),
        ("1 / a", "TIME_SERIES_VALUES {} 100:0.01 200:0.003"),
        ("a % 7", "TIME_SERIES_VALUES {} 100:2 200:6"),
        ("a / 0", "TIME_SERIES_VALUES {} 100:∞ 200:∞"),
        ("top_n(s1, 2, des) + 1", "SORTED_LIST {} A:1001 B:101"),
        ("1000 - top_n(r1, 2, des)", "RECORD_LIST {} select:993"),
        ("a / avg(empty)", "TIME_SERIES_VALUES {} 100:- 200:-"),
        ("avg(a) - avg(empty)", "SINGLE_VALUE {} :-"),
    ]);
}

#[test]
fn labelled_series_meet_equal_labels_or_the_only_series() {
    check(&[
        ("p + a", "TIME_SERIES_VALUES {p=50,k=z} 100:200 200:600 | {p=99,k=z} 100:201 200:601"),
        ("a - p", "TIME_SERIES_VALUES {p=50,k=z} 100:0 200:0 | {p=99,k=z} 100:-1 200:-1"),
        ("p - q", "TIME_SERIES_VALUES {p=50,k=z} 100:- 200:- | {p=99,k=z} 100:100 200:-"),
        ("p * 2", "TIME_SERIES_VALUES {p=50,k=z} 100:200 200:600 | {p=99,k=z} 100:202 200:602"),
        ("avg(p) - 1", "SINGLE_VALUE {p=50,k=z} :199 | {p=99,k=z} :200"),
        ("1 - avg(p)", "SINGLE_VALUE {p=50,k=z} :-199 | {p=99,k=z} :-200"),
        ("sum(p) + max(q)", "SINGLE_VALUE {p=50,k=z} :- | {p=99,k=z} :403"),
        ("none + 1", "TIME_SERIES_VALUES "),
        ("none / a", "TIME_SERIES_VALUES "),
    ]);
}

#[test]
fn what_does_not_fit_is_refused() {
    check(&[
        (
            "top_n(s1, 1, des) + a",
            "UNKNOWN error: Unsupported binary operation: Unsupported operation.",
        ),
        ("invalid / 2", "UNKNOWN error: Unsupported binary operation: Unsupported operation."),
        (
            "long > a",
            "UNKNOWN error: Unsupported compare operation: the sides have different numbers of points.",
        ),
        ("missing * 2", "UNKNOWN error: Metric: [missing] does not exist."),
        ("avg(missing)", "UNKNOWN error: Metric: [missing] does not exist."),
        (
            "a + avg(none)",
            "UNKNOWN error: Unsupported binary operation: the single side has not exactly one value.",
        ),
    ]);
}

#[test]
fn comparisons_are_one_or_zero_and_truth_values_where_nothing_follows() {
    check(&[
        ("a > 100", "TIME_SERIES_VALUES {} 100:0 200:1"),
        ("a >= bool 100", "TIME_SERIES_VALUES {} 100:1 200:1"),
        ("b == 50", "TIME_SERIES_VALUES {} 100:1 200:-"),
        ("a != 100", "TIME_SERIES_VALUES {} 100:0 200:1"),
        ("2 < 1", "SINGLE_VALUE {} :0"),
        ("1 <= 1", "SINGLE_VALUE {} :1"),
        ("(a > 100) + 1", "TIME_SERIES_VALUES {} 100:1 200:2"),
        ("sum(a > 100)", "SINGLE_VALUE {} :1"),
        ("a > 100 && a < 400", "TIME_SERIES_VALUES {} 100:0 200:1"),
        ("a > 100 || a < 200", "TIME_SERIES_VALUES {} 100:1 200:1"),
        ("1 > 2 || 1 > 0 && 1 > 0", "SINGLE_VALUE {} :1"),
        ("((a > 100)) && (1 > 0 || 0 > 1)", "TIME_SERIES_VALUES {} 100:0 200:1"),
        ("avg(p) > 200 && avg(p) > 0", "SINGLE_VALUE {p=50,k=z} :0 | {p=99,k=z} :1"),
        ("b > 0 && a > 0", "TIME_SERIES_VALUES {} 100:1 200:-"),
        (
            "a && a > 1",
            "UNKNOWN error: Bool Operation: The result of the left expression is not a compare result.",
        ),
        (
            "view_as_seq((a > 1)) && a > 1",
            "UNKNOWN error: Bool Operation: The result of the left expression is not a compare result.",
        ),
        (
            "a > 1 && ((a > 1) + 1)",
            "UNKNOWN error: Bool Operation: The result of the right expression is not a compare result.",
        ),
    ]);
}

#[test]
fn aggregations_leave_out_what_is_empty() {
    check(&[
        ("avg(long)", "SINGLE_VALUE {} :62.5"),
        ("sum(long)", "SINGLE_VALUE {} :250"),
        ("count(long)", "SINGLE_VALUE {} :4"),
        ("latest(long)", "SINGLE_VALUE {} 500:100"),
        ("max(long)", "SINGLE_VALUE {} 400:100"),
        ("min(long)", "SINGLE_VALUE {} 100:10"),
        ("avg(empty)", "SINGLE_VALUE {} :-"),
        ("sum(empty)", "SINGLE_VALUE {} :0"),
        ("count(empty)", "SINGLE_VALUE {} :0"),
        ("latest(empty)", "SINGLE_VALUE {} :-"),
        ("max(empty)", "SINGLE_VALUE {} :-"),
        ("avg(p)", "SINGLE_VALUE {p=50,k=z} :200 | {p=99,k=z} :201"),
        ("max(p)", "SINGLE_VALUE {p=50,k=z} 200:300 | {p=99,k=z} 200:301"),
        ("max(top_n(s1, 2, des))", "SINGLE_VALUE {} A:1000"),
        ("avg(none)", "SINGLE_VALUE "),
        ("latest(avg(a))", "UNKNOWN error: LATEST can only be used in time series result."),
    ]);
}

#[test]
fn mathematics_go_value_by_value() {
    check(&[
        ("abs(negative)", "TIME_SERIES_VALUES {} 100:100.111 200:300"),
        ("ceil(a / 7)", "TIME_SERIES_VALUES {} 100:15 200:43"),
        ("floor(a / 7)", "TIME_SERIES_VALUES {} 100:14 200:42"),
        ("round(a / 7, 2)", "TIME_SERIES_VALUES {} 100:14.29 200:42.86"),
        ("round(abs(top_n(s1, 2, des)), 0)", "SORTED_LIST {} A:1000 B:100"),
        ("abs(b)", "TIME_SERIES_VALUES {} 100:50 200:-"),
    ]);
}

#[test]
fn trends_use_up_the_steps_they_look_back() {
    check(&[
        ("increase(long, 2)", "TIME_SERIES_VALUES {} 300:30 400:- 500:60"),
        ("rate(long, 1)", "TIME_SERIES_VALUES {} 200:- 300:- 400:1 500:0"),
        ("increase(p, 1)", "TIME_SERIES_VALUES {p=50,k=z} 200:200 | {p=99,k=z} 200:200"),
        ("increase(a, 9)", "TIME_SERIES_VALUES {}"),
        ("increase(a, 0)", "UNKNOWN error: The trend range must be greater than 0."),
        (
            "rate(invalid, 1)",
            "UNKNOWN error: The result of expression [invalid] is not a time series result.",
        ),
    ]);
}

#[test]
fn the_first_that_has_a_value_is_seen() {
    check(&[
        ("view_as_seq(missing, empty, a)", "TIME_SERIES_VALUES {} 100:100 200:300"),
        ("view_as_seq(empty, missing)", "TIME_SERIES_VALUES {} 100:- 200:-"),
        ("view_as_seq(missing, empty)", "UNKNOWN error: Metric: [missing] does not exist."),
        ("is_present(missing, empty, a)", "SINGLE_VALUE {} :1"),
        ("is_present(missing, empty)", "SINGLE_VALUE {} :0"),
        ("is_present(none)", "SINGLE_VALUE {} :0"),
    ]);
}

#[test]
fn labels_are_replaced_and_folded() {
    check(&[
        (
            "relabels(p, p='50,99', percentile='P50,P99')",
            "TIME_SERIES_VALUES {percentile=P50,k=z} 100:100 200:300 | {percentile=P99,k=z} 100:101 200:301",
        ),
        (
            "relabels(p, p='50', q='')",
            "TIME_SERIES_VALUES {p=50,k=z} 100:100 200:300 | {p=99,k=z} 100:101 200:301",
        ),
        (
            "relabels(p, p='50,99', q='x')",
            "TIME_SERIES_VALUES error: Target label [p]: the number of relabel values is not equal to the number of replace label.",
        ),
        (
            "relabels(a * 2, p='50', q='x')",
            "TIME_SERIES_VALUES error: The result of expression [a*2] is not a labeled result.",
        ),
        ("aggregate_labels(p, sum)", "TIME_SERIES_VALUES {} 100:201 200:601"),
        ("aggregate_labels(p, avg)", "TIME_SERIES_VALUES {} 100:100.5 200:300.5"),
        ("aggregate_labels(p, max(k))", "TIME_SERIES_VALUES {k=z} 100:101 200:301"),
        ("aggregate_labels(p, min(k, other))", "TIME_SERIES_VALUES {k=z} 100:100 200:300"),
        (
            "aggregate_labels(complex, sum(l1, l2))",
            "TIME_SERIES_VALUES {l1=a,l2=2a} 100:201 | {l1=a,l2=2b} 100:205 | {l1=b,l2=2a} 100:209 | {l1=b,l2=2b} 100:213",
        ),
        ("aggregate_labels(half, sum)", "TIME_SERIES_VALUES {} 100:1 200:-"),
        ("aggregate_labels(none, sum) + 1", "TIME_SERIES_VALUES "),
        // Without labels left it is a plain series, and meets one.
        ("aggregate_labels(p, sum) + a", "TIME_SERIES_VALUES {} 100:301 200:901"),
        (
            "aggregate_labels(a, sum)",
            "TIME_SERIES_VALUES error: The result of expression [a] is not a labeled result.",
        ),
    ]);
}

#[test]
fn series_are_sorted_by_average_or_by_label() {
    check(&[
        ("sort_values(a, 1, des, avg)", "TIME_SERIES_VALUES {} 100:100 200:300"),
        ("sort_values(p, 1, des, avg)", "TIME_SERIES_VALUES {p=99,k=z} 100:101 200:301"),
        ("sort_values(p, 1, asc)", "TIME_SERIES_VALUES {p=50,k=z} 100:100 200:300"),
        ("sort_values(half, 5, asc)", "TIME_SERIES_VALUES {x=2} 100:1 200:- | {x=1} 100:- 200:-"),
        (
            "sort_label_values(p, des, p)",
            "TIME_SERIES_VALUES {p=99,k=z} 100:101 200:301 | {p=50,k=z} 100:100 200:300",
        ),
    ]);
    let order = |expression: &str| {
        let values = run(expression).results;
        let first = |v: &super::super::answer::MQEValues| v.values[0].value.clone().unwrap();
        values.iter().map(first).collect::<Vec<_>>().join(" ")
    };
    for labels in ["l1, l2, l3", "l1, l2, l3, l1", "l1, other, l2, l3"] {
        let des = order(&format!("sort_label_values(complex, des, {labels})"));
        assert_eq!(des, "107 106 105 104 103 102 101 100", "{labels}");
        let asc = order(&format!("sort_label_values(complex, asc, {labels})"));
        assert_eq!(asc, "100 101 102 103 104 105 106 107", "{labels}");
    }
    assert_eq!(order("sort_label_values(complex, des, l3)"), "101 103 105 107 100 102 104 106");
}

#[test]
fn lists_of_one_kind_merge() {
    let lists = "top_n(s1, 2, des), top_n(s2, 2, des), top_n(s3, 2, des)";
    check(&[
        (&format!("top_n_of({lists}, 2, des)"), "SORTED_LIST {} B:2000 A:1000"),
        (
            &format!("top_n_of({lists}, 8, asc)"),
            "SORTED_LIST {} B:100 A:300 B:500 A:600 A:1000 B:2000",
        ),
        (
            "top_n_of(top_n(s1, 2, des), top_n(r1, 2, des), 2, des)",
            "UNKNOWN error: TopN type is not consistent, one is SORTED_LIST, another is RECORD_LIST",
        ),
        (
            "top_n_of(top_n(s1, 2, des), top_n(missing, 2, des), 2, des)",
            "UNKNOWN error: Metric: [missing] does not exist.",
        ),
    ]);
}
