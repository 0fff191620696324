//! Arbitrary and damaged texts: never a panic, and what is reported is consistent.

use proptest::prelude::*;
use skytrail_lang::mqe::parse;
use skytrail_lang::oal::{explain, parse_files};

use crate::mqe::tree;
use crate::schema::SCHEMA;

const SHAPES: &str = include_str!("../data/oal/shapes.oal");

const MQE_WORDS: [&str; 40] = [
    "a",
    "b_1",
    "5xx",
    "7",
    "0.5",
    "(",
    ")",
    "(",
    ")",
    ",",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    ">",
    ">=",
    "==",
    "!=",
    "=",
    "&&",
    "||",
    "bool",
    "{p='1'}",
    "'x'",
    "avg(",
    "round(",
    "rate(a,",
    "top_n(a,5,des)",
    "top_n_of(",
    "view_as_seq(",
    "relabels(",
    "p='1'",
    "aggregate_labels(",
    "sort_values(",
    "sort_label_values(",
    "baseline(a,upper)",
    "des",
    "attr0='x'",
];

fn check_oal(text: &str) {
    let (program, diagnostics) = parse_files(&[("x.oal", text)], &SCHEMA);
    let lines = text.split('\n').count() as u32;
    for diagnostic in &diagnostics {
        assert!((1..=lines).contains(&diagnostic.line), "{diagnostic}");
        assert!(diagnostic.render(text).contains(&diagnostic.message));
    }
    for rule in &program.rules {
        assert!(explain(rule, &SCHEMA).to_string().starts_with(&*rule.name));
    }
}

fn check_mqe(text: &str) {
    match parse(text) {
        Err(error) => assert!(error.span.end <= text.len() && error.line > 0, "{text}"),
        Ok(parsed) => {
            let own = parsed.expr.span.text(text);
            let again = parse(own).unwrap();
            assert_eq!(tree(&again.expr), tree(&parsed.expr), "{text}");
            assert_eq!(again.trailing, None, "{text}");
            assert_eq!(again.expr.metrics().count(), parsed.expr.metrics().count());
        }
    }
}

/// `text` with a range of characters replaced by other text.
fn damaged(text: &str, at: prop::sample::Index, removed: usize, put: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let start = at.index(chars.len());
    let end = (start + removed).min(chars.len());
    let mut damaged: String = chars[..start].iter().collect();
    damaged.push_str(put);
    damaged.extend(&chars[end..]);
    damaged
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn oal_survives_any_text(text in any::<String>()) {
        check_oal(&text);
    }

    #[test]
    fn oal_survives_damage(
        first in any::<(prop::sample::Index, u8)>(),
        second in any::<prop::sample::Index>(),
        put in "[-=();.,\"'\\[\\]*/a-c0-9 \n\r\té]{0,3}",
    ) {
        let text = damaged(SHAPES, first.0, first.1.into(), &put);
        check_oal(&damaged(&text, second, 1, &put));
    }

    #[test]
    fn mqe_survives_any_text(text in any::<String>()) {
        check_mqe(&text);
    }

    #[test]
    fn mqe_survives_any_words(words in prop::collection::vec(prop::sample::select(&MQE_WORDS[..]), 0..24)) {
        check_mqe(&words.join(" "));
    }
}

#[test]
fn hostile_texts_cost_little() {
    for unit in [
        "/*", "/*/**/", "/**/", "\"", "'", "(", "x=from(", ";", "é", "a.", "x[\"", "\\", "disable(",
    ] {
        let text = unit.repeat(200_000 / unit.len());
        let (_, diagnostics) = parse_files(&[("x.oal", &text)], &SCHEMA);
        assert!(diagnostics.len() <= 100, "{unit}");
    }
}
