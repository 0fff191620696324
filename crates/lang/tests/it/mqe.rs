//! Expressions: one line each, with the tree or the error they give.

use std::fmt::Write as _;

use skytrail_lang::mqe::{Expr, Label, MAX_DEPTH, Metric, Node, ParseErrorKind, TopN, parse};

/// The tree with every bracket shown.
pub(crate) fn tree(expr: &Expr) -> String {
    match &expr.node {
        Node::Scalar(number) => number.to_string(),
        Node::Metric(m) => metric(m),
        Node::Parens(inner) => format!("(parens {})", tree(inner)),
        Node::Arithmetic { operator, left, right } => {
            format!("({operator:?} {} {})", tree(left), tree(right))
        }
        Node::Compare { operator, bool_modifier, left, right } => {
            let modifier = if *bool_modifier { " bool" } else { "" };
            format!("({operator:?}{modifier} {} {})", tree(left), tree(right))
        }
        Node::Logical { operator, left, right } => {
            format!("({operator:?} {} {})", tree(left), tree(right))
        }
        Node::Aggregate { function, operand } => format!("({function:?} {})", tree(operand)),
        Node::Math { function, operand } => format!("({function:?} {})", tree(operand)),
        Node::Round { operand, places } => format!("(Round {places} {})", tree(operand)),
        Node::Trend { function, metric: m, steps } => {
            format!("({function:?} {steps} {})", metric(m))
        }
        Node::ViewAsSeq(operands) => format!("(ViewAsSeq {})", trees(operands)),
        Node::IsPresent(operands) => format!("(IsPresent {})", trees(operands)),
        Node::TopN(list) => top_n(list),
        Node::TopNOf { lists, limit, order } => {
            let lists: Vec<_> = lists.iter().map(top_n).collect();
            format!("(TopNOf {limit} {order:?} {})", lists.join(" "))
        }
        Node::Relabels { operand, target, replacement } => {
            format!("(Relabels {} {} {})", label(target), label(replacement), tree(operand))
        }
        Node::AggregateLabels { operand, function, labels } => {
            format!("(AggregateLabels {function:?} {labels:?} {})", tree(operand))
        }
        Node::SortValues { operand, limit, order, function } => {
            format!("(SortValues {limit} {order:?} {function:?} {})", tree(operand))
        }
        Node::SortLabelValues { operand, order, labels } => {
            format!("(SortLabelValues {order:?} {labels:?} {})", tree(operand))
        }
        Node::Baseline { metric: m, value } => format!("(Baseline {value:?} {})", metric(m)),
    }
}

fn trees(operands: &[Expr]) -> String {
    operands.iter().map(tree).collect::<Vec<_>>().join(" ")
}

fn metric(metric: &Metric) -> String {
    let labels: Vec<_> = metric.labels.iter().map(label).collect();
    if labels.is_empty() { metric.name.to_string() } else { format!("{}{labels:?}", metric.name) }
}

fn label(label: &Label) -> String {
    format!("{}={}", label.name, label.values().collect::<Vec<_>>().join("|"))
}

fn top_n(list: &TopN) -> String {
    let mut shown = format!("(TopN {} {} {:?}", metric(&list.metric), list.limit, list.order);
    for condition in &list.attributes {
        let operator = if condition.negated { "!=" } else { "=" };
        write!(shown, " {}{operator}{}", condition.attribute, condition.value).unwrap();
    }
    shown + ")"
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        match parse(text) {
            Ok(parsed) => assert_eq!(tree(&parsed.expr), *expected, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn operators_bind_as_in_the_grammar() {
    check(&[
        ("a + b * c - d", "(Subtract (Add a (Multiply b c)) d)"),
        ("a / b % c * d", "(Multiply (Modulo (Divide a b) c) d)"),
        ("a - 1 > b + 2", "(Greater (Subtract a 1) (Add b 2))"),
        ("a > b < c", "(Less (Greater a b) c)"),
        ("a > 1 || b > 1 && c > 1", "(And (Or (Greater a 1) (Greater b 1)) (Greater c 1))"),
        ("a && (b || c)", "(And a (parens (Or b c)))"),
        ("a == bool b != BOOL 2", "(NotEqual bool (Equal bool a b) 2)"),
        ("((a)) * 1.50", "(Multiply (parens (parens a)) 1.5)"),
        ("a-1", "(Subtract a 1)"),
        ("5xx_cpm >= 007", "(GreaterEqual 5xx_cpm 7)"),
    ]);
}

#[test]
fn every_function_is_read() {
    check(&[
        ("avg(service_sla)/100", "(Divide (Avg service_sla) 100)"),
        ("count(a) + latest(a) + sum(a)", "(Add (Add (Count a) (Latest a)) (Sum a))"),
        ("max(min(a > 1))", "(Max (Min (Greater a 1)))"),
        ("abs(ceil(floor(a)))", "(Abs (Ceil (Floor a)))"),
        ("round(service_cpm / 60 , 2)", "(Round 2 (Divide service_cpm 60))"),
        ("increase(a, 2) / rate(b{_='x'}, 3)", "(Divide (Increase 2 a) (Rate 3 b[\"_=x\"]))"),
        ("view_as_seq(a, b + 1)", "(ViewAsSeq a (Add b 1))"),
        ("is_present(a)", "(IsPresent a)"),
        ("top_n(service_cpm,20,DES)", "(TopN service_cpm 20 Descending)"),
        (
            "top_n(a, 0, Asc, attr0='GENERAL', attr5 != \"x'y\")/100",
            "(Divide (TopN a 0 Ascending 0=GENERAL 5!=x'y) 100)",
        ),
        (
            "top_n_of(top_n(a, 1, des), top_n(b, 2, asc), 3, des)",
            "(TopNOf 3 Descending (TopN a 1 Descending) (TopN b 2 Ascending))",
        ),
        (
            "relabels(p{p='50,75'}, p='50,75', percentile='P50,P75')",
            "(Relabels p=50|75 percentile=P50|P75 p[\"p=50|75\"])",
        ),
        ("aggregate_labels(a, sum)", "(AggregateLabels Sum [] a)"),
        (
            "aggregate_labels(a * 2, avg(_, x))",
            "(AggregateLabels Avg [\"_\", \"x\"] (Multiply a 2))",
        ),
        ("sort_values(a, 2, des, sum)", "(SortValues 2 Descending Some(Sum) a)"),
        ("sort_values(a, 2, des, )", "(SortValues 2 Descending None a)"),
        ("sort_values(a, 2, asc)", "(SortValues 2 Ascending None a)"),
        ("sort_label_values(a, des, p, q)", "(SortLabelValues Descending [\"p\", \"q\"] a)"),
        ("baseline(a{p='1'}, upper)", "(Baseline Upper a[\"p=1\"])"),
        (
            "baseline(a, value) - baseline(a, lower)",
            "(Subtract (Baseline Value a) (Baseline Lower a))",
        ),
    ]);
}

#[test]
fn selectors_and_names() {
    check(&[
        ("a{}", "a"),
        ("a { p = '50' , status = \"true\" }", "a[\"p=50\", \"status=true\"]"),
        ("a{value='1', count='2'}", "a[\"value=1\", \"count=2\"]"),
        ("a{p='x\ny'}", "a[\"p=x\\ny\"]"),
        ("AVG + average", "(Add AVG average)"),
        ("attr6", "attr6"),
        ("\t a\r\n", "a"),
    ]);
}

#[test]
fn errors_say_where_and_what() {
    const START: &str = "expecting a metric, a function, a number or '('";
    for (text, expected) in [
        ("", format!("line 1:0 mismatched input '<EOF>' {START}")),
        ("a +\n ", format!("line 2:1 mismatched input '<EOF>' {START}")),
        ("-1", format!("line 1:0 mismatched input '-' {START}")),
        ("a * )", format!("line 1:4 mismatched input ')' {START}")),
        ("value", format!("line 1:0 mismatched input 'value' {START}")),
        ("Asc", format!("line 1:0 mismatched input 'Asc' {START}")),
        ("_", format!("line 1:0 mismatched input '_' {START}")),
        ("a + $", "line 1:4 token recognition error at: '$'".into()),
        ("a $", "line 1:2 token recognition error at: '$'".into()),
        ("a{p='x}", "line 1:4 token recognition error at: ''x}'".into()),
        ("(a", "line 1:2 mismatched input '<EOF>' expecting ')'".into()),
        ("avg", "line 1:3 mismatched input '<EOF>' expecting '('".into()),
        ("avg(a b)", "line 1:6 mismatched input 'b' expecting ',' or ')'".into()),
        (
            "avg(relabel(a))",
            "line 1:11 mismatched input '(' expecting ',' or ')', did you mean 'relabels'?".into(),
        ),
        ("a{p!='x'}", "line 1:3 mismatched input '!=' expecting '='".into()),
        ("a{p=x}", "line 1:4 mismatched input 'x' expecting a quoted text".into()),
        ("a{p='1' q='2'}", "line 1:8 mismatched input 'q' expecting ',' or '}'".into()),
        (
            "top_n(a, 5, desc)",
            "line 1:12 mismatched input 'desc' expecting 'asc' or 'des', did you mean 'des'?"
                .into(),
        ),
        ("top_n(a, 1.5, des)", "line 1:9 mismatched input '1.5' expecting a whole number".into()),
        (
            "top_n(a, 2147483648, des)",
            "line 1:9 mismatched input '2147483648' expecting a number of at most 2147483647"
                .into(),
        ),
        ("top_n(a + b, 5, des)", "line 1:8 mismatched input '+' expecting ','".into()),
        (
            "top_n(a, 5, des, attr6='x')",
            "line 1:17 mismatched input 'attr6' expecting 'attr0' to 'attr5'".into(),
        ),
        ("top_n_of(5, des)", "line 1:9 mismatched input '5' expecting 'top_n'".into()),
        (
            "top_n_of(top_n(a, 1, des), des)",
            "line 1:27 mismatched input 'des' expecting 'top_n' or a whole number".into(),
        ),
        ("rate(avg(a), 1)", "line 1:5 mismatched input 'avg' expecting a metric".into()),
        (
            "baseline(a, middle)",
            "line 1:12 mismatched input 'middle' expecting 'value', 'upper' or 'lower'".into(),
        ),
        (
            "aggregate_labels(a, count)",
            "line 1:20 mismatched input 'count' expecting 'avg', 'sum', 'max' or 'min'".into(),
        ),
        ("sort_label_values(a, des)", "line 1:24 mismatched input ')' expecting ','".into()),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.to_string(), expected, "{text}");
        assert_eq!(error.kind, ParseErrorKind::Syntax);
    }
}

#[test]
fn text_behind_the_expression_is_ignored_and_told() {
    for (text, expected, rest, suggestion) in [
        ("a b", "a", "b", None),
        ("a ) + 'x", "a", ") + 'x", None),
        ("relabel(a, p='1', q='2')", "relabel", "(a, p='1', q='2')", Some("relabels")),
        ("nothing_like_it(a)", "nothing_like_it", "(a)", None),
        ("1.5.2", "1.5", ".2", None),
    ] {
        let parsed = parse(text).unwrap();
        let trailing = parsed.trailing.unwrap();
        assert_eq!(tree(&parsed.expr), expected);
        assert_eq!((trailing.span.text(text), trailing.suggestion), (rest, suggestion), "{text}");
    }
    assert_eq!(parse(" a ").unwrap().trailing, None);
}

#[test]
fn nodes_know_their_text() {
    let text = "relabels( ( a{p='x y'} * 2 ), p='1', q='2' ) > top_n( b,1,des )";
    let Node::Compare { left, right, .. } = parse(text).unwrap().expr.node else { panic!() };
    assert_eq!(right.span.text(text), "top_n( b,1,des )");
    let Node::Relabels { operand, .. } = left.node else { panic!() };
    assert_eq!(operand.span.compact(text), "(a{p='x y'}*2)");
}

#[test]
fn metrics_come_from_left_to_right() {
    let text = "a{p='1'} / view_as_seq(b, (c)) + rate(d, 1) > \
                top_n_of(top_n(e, 1, des), top_n(f, 1, des), 1, des) && baseline(g, upper) || a";
    let parsed = parse(text).unwrap();
    let names: String = parsed.expr.metrics().map(|metric| &*metric.name).collect();
    assert_eq!(names, "abcdefga");
}

#[test]
fn length_and_depth_are_limited() {
    let nested = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    let chain = |terms: usize| vec!["a"; terms].join("+");
    assert!(parse(&nested(MAX_DEPTH - 1)).is_ok());
    assert!(parse(&chain(MAX_DEPTH)).is_ok());
    for text in [nested(MAX_DEPTH), chain(MAX_DEPTH + 1), "(".repeat(16_000), "a+".repeat(8_000)] {
        let error = parse(&text).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::TooDeep);
        assert_eq!(error.message, "the expression has more than 64 levels");
    }
    let long = parse(&"a".repeat(16_385)).unwrap_err();
    assert_eq!(long.kind, ParseErrorKind::TooLong);
    assert_eq!(long.message, "the expression has 16385 bytes, at most 16384 are read");
}
