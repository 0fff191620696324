//! Rule files: `tests/data/oal/*.oal` with the golden answer beside each.

use std::fmt::Write as _;
use std::path::PathBuf;

use skytrail_lang::oal::{
    Literal, MAX_DIAGNOSTICS_PER_FILE, MAX_FILE_BYTES, Operator, Pattern, Value, explain,
    parse_files,
};

use crate::schema::SCHEMA;

fn data() -> PathBuf {
    // Snapshots with a relative path would be looked for beside this file.
    std::env::current_dir().unwrap().join("tests/data/oal")
}

/// Everything that comes out of one file, as text.
fn answer(name: &str, text: &str) -> String {
    let (program, diagnostics) = parse_files(&[(name, text)], &SCHEMA);
    let mut answer = String::new();
    for rule in &program.rules {
        writeln!(answer, "{}", explain(rule, &SCHEMA)).unwrap();
    }
    for name in &program.disabled {
        writeln!(answer, "disabled {} {}:{}", name.text, name.position.line, name.position.column)
            .unwrap();
    }
    for diagnostic in &diagnostics {
        writeln!(answer, "{}\n", diagnostic.render(text)).unwrap();
    }
    answer
}

#[test]
fn every_file_gives_its_golden_answer() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(data());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for name in ["shapes", "names", "kinds", "syntax"] {
        let text = std::fs::read_to_string(data().join(format!("{name}.oal"))).unwrap();
        settings.bind(|| insta::assert_snapshot!(name, answer(&format!("{name}.oal"), &text)));
    }
}

#[test]
fn the_shapes_have_no_error_and_the_bad_rules_are_left_out() {
    for (name, rules) in [("shapes", 36), ("names", 1), ("kinds", 0), ("syntax", 2)] {
        let text = std::fs::read_to_string(data().join(format!("{name}.oal"))).unwrap();
        let (program, diagnostics) = parse_files(&[(name, &text)], &SCHEMA);
        assert_eq!(program.rules.len(), rules, "{name}");
        assert_eq!(diagnostics.is_empty(), name == "shapes", "{name}");
    }
}

fn right_sides(filters: &str) -> Vec<(Operator, Literal)> {
    let text = format!("m = from(Service.*){filters}.count();");
    let (program, diagnostics) = parse_files(&[("m.oal", &text)], &SCHEMA);
    assert_eq!(diagnostics, [], "{text}");
    program.rules[0].filters.iter().map(|f| (f.operator, f.right.clone())).collect()
}

#[test]
fn literals_have_the_type_of_the_left_side() {
    let list = |items: &[i64]| Literal::List(items.iter().copied().map(Literal::Int).collect());
    let duration = right_sides(".filter(latency > 1.5).filter(latency in [1, 2])");
    assert_eq!(
        duration,
        [(Operator::Greater, Literal::Int(1500)), (Operator::In, list(&[1000, 2000]))]
    );
    let number = right_sides(r#".filter((long)tag["x"] == 5).filter(codes not contain 7)"#);
    assert_eq!(
        number,
        [(Operator::Equal, Literal::Int(5)), (Operator::NotContain, Literal::Int(7))]
    );
    let pattern = right_sides(r#".filter(name like "%a%%").filter(name like "b%")"#);
    assert_eq!(
        pattern,
        [
            (Operator::Like, Literal::Pattern(Pattern::Infix("a%".into()))),
            (Operator::Like, Literal::Pattern(Pattern::Prefix("b".into()))),
        ]
    );
    let constant = right_sides(".filter(type != RequestType.MQ)");
    assert_eq!(constant, [(Operator::NotEqual, Literal::Constant { enumeration: 1, constant: 3 })]);
}

#[test]
fn names_are_indexes() {
    let text =
        "m = from((str->long)Service.tag[\"a\\u0062\"]).sum().decorator(\"ServiceDecorator\");";
    let (program, _) = parse_files(&[("m.oal", text)], &SCHEMA);
    let rule = &program.rules[0];
    assert_eq!((rule.source, rule.decorator), (0, Some(0)));
    let Value::MapEntry { attribute, key, cast } = &rule.value else { panic!("{:?}", rule.value) };
    assert_eq!((*attribute, &**key, cast.is_some()), (6, "ab", true));
}

#[test]
fn a_metric_is_defined_once_in_all_files() {
    let files = [
        ("a.oal", "a = from(Service.*).cpm();\nb = from(Service.*).cpm();"),
        ("b.oal", "c = from(Service.*).cpm();\n  b = from(Service.latency).longAvg();"),
    ];
    let (program, diagnostics) = parse_files(&files, &SCHEMA);
    let names: Vec<_> = program.rules.iter().map(|rule| &*rule.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let shown: Vec<_> = diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["b.oal:2:3: rule `b`: metric `b` is already defined at a.oal:2:1"]);
}

#[test]
fn sizes_are_limited() {
    let long = " ".repeat(MAX_FILE_BYTES + 1);
    let (_, diagnostics) = parse_files(&[("long.oal", &long)], &SCHEMA);
    assert_eq!(
        diagnostics[0].to_string(),
        "long.oal:1:1: the file has 1048577 bytes, at most 1048576 are read"
    );
    let wrong = "x;".repeat(MAX_DIAGNOSTICS_PER_FILE + 7);
    let (_, diagnostics) = parse_files(&[("wrong.oal", &wrong)], &SCHEMA);
    assert_eq!(diagnostics.len(), MAX_DIAGNOSTICS_PER_FILE);
    assert_eq!(diagnostics.last().unwrap().message, "8 more errors are not shown");
}
