//! Query text to a validated document, with a bounded cache: dashboards send the same texts again.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Schema};
use parking_lot::Mutex;

use super::error::{Code, Failure};
use super::limits::{self, Limits};

/// Errors of one document that are told; the rest follow from these.
const MAX_TOLD: usize = 20;

/// Text of a document that may be cached, in bytes; larger ones are topology pages, each unique.
const MAX_CACHED_TEXT: usize = 128 << 10;

/// Texts of one generation of the cache, in bytes. A parsed document takes about 20 times its text.
const MAX_GENERATION_TEXT: usize = 512 << 10;

/// Documents of one generation of the cache.
const MAX_GENERATION_LEN: usize = 256;

/// Two generations: a full young one becomes the old one, and what is still asked for moves back.
#[derive(Default)]
struct Generations {
    young: HashMap<Box<str>, Arc<Valid<ExecutableDocument>>>,
    young_text: usize,
    old: HashMap<Box<str>, Arc<Valid<ExecutableDocument>>>,
}

impl Generations {
    fn get(&mut self, text: &str) -> Option<Arc<Valid<ExecutableDocument>>> {
        if let Some(found) = self.young.get(text) {
            return Some(Arc::clone(found));
        }
        let (text, found) = self.old.remove_entry(text)?;
        self.insert(text, Arc::clone(&found));
        Some(found)
    }

    fn insert(&mut self, text: Box<str>, document: Arc<Valid<ExecutableDocument>>) {
        let full = self.young_text + text.len() > MAX_GENERATION_TEXT;
        if full || self.young.len() >= MAX_GENERATION_LEN {
            self.old = std::mem::take(&mut self.young);
            self.young_text = 0;
        }
        self.young_text += text.len();
        self.young.insert(text, document);
    }
}

/// Parses, bounds and validates query texts.
pub(crate) struct Documents {
    cache: Mutex<Generations>,
}

impl Documents {
    pub(crate) fn new() -> Self {
        Self { cache: Mutex::new(Generations::default()) }
    }

    /// The validated document of a query text; faulty texts are not remembered.
    pub(crate) fn get(
        &self,
        schema: &Valid<Schema>,
        limits: &Limits,
        text: &str,
    ) -> Result<Arc<Valid<ExecutableDocument>>, Vec<Failure>> {
        if text.len() > MAX_CACHED_TEXT {
            return parse(schema, limits, text).map(Arc::new);
        }
        if let Some(found) = self.cache.lock().get(text) {
            return Ok(found);
        }
        let document = Arc::new(parse(schema, limits, text)?);
        self.cache.lock().insert(text.into(), Arc::clone(&document));
        Ok(document)
    }
}

fn parse(
    schema: &Valid<Schema>,
    limits: &Limits,
    text: &str,
) -> Result<Valid<ExecutableDocument>, Vec<Failure>> {
    let parsed = Parser::new()
        .recursion_limit(limits.nesting)
        .token_limit(limits.tokens)
        .parse_ast(text, "query");
    let ast = parsed.map_err(|faulty| told(Code::ParseFailed, &faulty.errors))?;
    limits::check(&ast, limits).map_err(|failure| vec![failure])?;
    ast.to_executable_validate(schema)
        .map_err(|faulty| told(Code::ValidationFailed, &faulty.errors))
}

fn told(code: Code, errors: &DiagnosticList) -> Vec<Failure> {
    let failures = errors.iter().take(MAX_TOLD);
    failures.map(|diagnostic| Failure::coded(code, diagnostic.to_json())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::schema;

    fn text(index: usize) -> String {
        format!("query q{index} {{ version }}")
    }

    #[test]
    fn a_text_is_parsed_once_while_it_is_asked_for() {
        let schema = schema::load().expect("schema");
        let limits = Limits::default();
        let documents = Documents::new();
        let first = documents.get(&schema, &limits, &text(0)).expect("valid");
        for index in 1..MAX_GENERATION_LEN * 3 {
            documents.get(&schema, &limits, &text(index)).expect("valid");
            let again = documents.get(&schema, &limits, &text(0)).expect("valid");
            assert!(Arc::ptr_eq(&first, &again), "dropped after {index} others");
        }
    }

    #[test]
    fn the_cache_does_not_grow_without_bound() {
        let schema = schema::load().expect("schema");
        let limits = Limits::default();
        let documents = Documents::new();
        for index in 0..MAX_GENERATION_LEN * 3 {
            documents.get(&schema, &limits, &text(index)).expect("valid");
        }
        let cache = documents.cache.lock();
        assert!(cache.young.len() + cache.old.len() <= 2 * MAX_GENERATION_LEN);
        drop(cache);
        let padding = " ".repeat(MAX_CACHED_TEXT - 100);
        for index in 0..64 {
            let long = format!("{}{padding}", text(index));
            documents.get(&schema, &limits, &long).expect("valid");
        }
        assert!(documents.cache.lock().young_text <= MAX_GENERATION_TEXT);
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let schema = schema::load().expect("schema");
        let documents = Documents::new();
        let limits = Limits::default();
        let failures =
            documents.get(&schema, &limits, "{\n  versoin\n}").expect_err("no such field");
        assert_eq!(failures.len(), 1);
        let failure = failures.first().expect("one");
        assert_eq!(failure.code, Code::ValidationFailed);
        assert_eq!(failure.locations.first().map(|place| place.line), Some(2));
        let failures = documents.get(&schema, &limits, "{ version").expect_err("no brace");
        assert_eq!(failures.first().map(|f| f.code), Some(Code::ParseFailed));
    }
}
