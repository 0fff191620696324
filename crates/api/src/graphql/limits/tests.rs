use apollo_compiler::parser::Parser;

use super::*;

fn refused(text: &str) -> Option<String> {
    let document = Parser::new().parse_ast(text, "q").expect("syntax");
    let limits = Limits { depth: 4, aliases: 6, fields: 40, introspection: 3, ..Limits::default() };
    check(&document, &limits).err().map(|failure| failure.message)
}

#[test]
fn depth_is_counted_through_fragments() {
    assert_eq!(refused("{ a { b { c { d } } } }"), None);
    let deep = "{ a { ...F } } fragment F on T { b { ...G } } fragment G on T { c { d { e } } }";
    let message = "query depth 5 exceeds the limit of 4";
    assert_eq!(refused(deep).as_deref(), Some(message));
}

#[test]
fn introspection_is_not_deep_but_must_not_multiply() {
    assert_eq!(refused("{ __schema { a { b { c { d { e } } } } } }"), None);
    let wide = "{ __schema { a: t { x } b: t { y } c: t { z } } }";
    let message = "query introspection fields and aliases 4 exceeds the limit of 3";
    assert_eq!(refused(wide).as_deref(), Some(message));
}

#[test]
fn a_fragment_counts_at_every_use() {
    let text =
        "{ a { ...F } b { ...F } } fragment F on T { x: c(n: 1) y: d { f } z: e { g } w: h }";
    assert_eq!(refused(text), None);
    let text = "{ a { ...F } b { ...F } c { ...F } } fragment F on T { x: c(n: 1) y: d { f } z: e { g } w: h }";
    let message = "query aliases 9 exceeds the limit of 6";
    assert_eq!(refused(text).as_deref(), Some(message));
}

#[test]
fn doubling_fragments_are_counted_without_writing_them_out() {
    let mut text = String::from("{ ...F0 }");
    for level in 0..64 {
        text += &format!(" fragment F{level} on T {{ ...F{0} ...F{0} }}", level + 1);
    }
    text += " fragment F64 on T { a }";
    let message = "query fields 18446744073709551615 exceeds the limit of 40";
    assert_eq!(refused(&text).as_deref(), Some(message));
}

#[test]
fn a_cycle_is_left_to_validation() {
    let text = "{ ...F } fragment F on T { a { ...G } } fragment G on T { ...F }";
    assert_eq!(refused(text), None);
}

#[test]
fn a_chain_of_fragments_is_not_followed_without_end() {
    let links = 0..20_000;
    let link = |at| format!("fragment F{at} on T {{ ...F{} }} ", at + 1);
    let text = String::from("{ ...F0 } ") + &links.map(link).collect::<String>();
    let message = "query nesting 101 exceeds the limit of 100";
    assert_eq!(refused(&text).as_deref(), Some(message));
    // Parts of the chain that were measured before do not hide its length.
    let start = "query a { ...F19950 } query b { ...F19900 } query c { ...F19850 } ";
    let text = start.to_owned() + &text.replacen("{ ...F0 }", "query d { version }", 1);
    assert_eq!(refused(&text).as_deref(), Some(message));
}
