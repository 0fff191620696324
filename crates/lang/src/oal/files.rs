//! The entry: texts of rule files to a program.

use std::collections::HashMap;
use std::sync::Arc;

use crate::Span;

use super::ast::{RuleSyntax, Statement};
use super::check::check_rule;
use super::diagnostic::{Diagnostic, Problem};
use super::line::LineCursor;
use super::parser::parse;
use super::program::{Name, Position, Program};
use super::schema::Schema;

/// The largest rule file in bytes.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// The most diagnostics of one file; the last one says that more were left out.
pub const MAX_DIAGNOSTICS_PER_FILE: usize = 100;

/// Reads rule files, given as pairs of name and text, against a schema.
///
/// The program holds the rules that could be read and resolved, in order; of a metric defined twice it
/// holds the first. A caller that wants all or nothing uses it only when there are no diagnostics. Diagnostics come in
/// the order of files and places, at most [`MAX_DIAGNOSTICS_PER_FILE`] per file; a file of more than
/// [`MAX_FILE_BYTES`] is not read.
pub fn parse_files(files: &[(&str, &str)], schema: &Schema) -> (Program, Vec<Diagnostic>) {
    let mut collector = Collector { schema, program: Program::default(), defined: HashMap::new() };
    let mut diagnostics = Vec::new();
    for (name, text) in files {
        let file: Arc<str> = Arc::from(*name);
        let problems = collector.read(&file, text);
        diagnostics.extend(located(problems, &file, text));
    }
    (collector.program, diagnostics)
}

struct Collector<'s> {
    schema: &'s Schema,
    program: Program,
    /// Where each metric was first defined, whether or not its rule is right.
    defined: HashMap<Box<str>, Position>,
}

impl Collector<'_> {
    fn read(&mut self, file: &Arc<str>, text: &str) -> Vec<Problem> {
        if text.len() > MAX_FILE_BYTES {
            let message =
                format!("the file has {} bytes, at most {MAX_FILE_BYTES} are read", text.len());
            return vec![Problem::new(Span::default(), message)];
        }
        let (statements, mut problems) = parse(text);
        let mut lines = LineCursor::new(text);
        for statement in &statements {
            let name = match statement {
                Statement::Rule(rule) => rule.name,
                Statement::Disable(name) => *name,
            };
            let (line, column) = lines.locate(name.span.start);
            let position = Position { file: Arc::clone(file), line, column };
            match statement {
                Statement::Disable(name) => {
                    self.program.disabled.push(Name { text: name.text.into(), position });
                }
                Statement::Rule(rule) => self.add(rule, position, &mut problems),
            }
        }
        problems
    }

    fn add(&mut self, rule: &RuleSyntax<'_>, position: Position, problems: &mut Vec<Problem>) {
        let name = rule.name.text;
        let found = problems.len();
        if let Some(first) = self.defined.get(name) {
            let Position { file, line, column } = first;
            let message = format!("metric `{name}` is already defined at {file}:{line}:{column}");
            problems.push(Problem::new(rule.name.span, message).in_rule(name));
        } else {
            self.defined.insert(name.into(), position.clone());
        }
        let checked = check_rule(rule, position, self.schema, problems);
        if problems.len() == found {
            self.program.rules.extend(checked);
        }
    }
}

fn located(mut problems: Vec<Problem>, file: &Arc<str>, text: &str) -> Vec<Diagnostic> {
    problems.sort_by_key(|problem| problem.span.start);
    if problems.len() > MAX_DIAGNOSTICS_PER_FILE {
        let left_out = problems.len() - MAX_DIAGNOSTICS_PER_FILE + 1;
        problems.truncate(MAX_DIAGNOSTICS_PER_FILE - 1);
        let place = problems.last().map(|problem| problem.span).unwrap_or_default();
        problems.push(Problem::new(place, format!("{left_out} more errors are not shown")));
    }
    let mut lines = LineCursor::new(text);
    problems.into_iter().map(|problem| problem.located(file, text, &mut lines)).collect()
}
