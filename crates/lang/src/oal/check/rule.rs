//! One rule.

use crate::Span;
use crate::nearest::nearest;

use super::super::ast::{RuleSyntax, Word};
use super::super::diagnostic::Problem;
use super::super::program::{Position, Rule, Value};
use super::super::schema::{AttributeType, Schema, SourceDef};

/// The rule with its names resolved. `None` only after a problem was pushed; problems may have been
/// pushed also when there is a rule.
pub(in crate::oal) fn check_rule(
    rule: &RuleSyntax<'_>,
    position: Position,
    schema: &Schema,
    problems: &mut Vec<Problem>,
) -> Option<Rule> {
    let found = problems.len();
    let checked = resolve(rule, position, schema, problems);
    for problem in problems.iter_mut().skip(found) {
        problem.rule.get_or_insert_with(|| rule.name.text.into());
    }
    checked
}

fn resolve(
    rule: &RuleSyntax<'_>,
    position: Position,
    schema: &Schema,
    problems: &mut Vec<Problem>,
) -> Option<Rule> {
    let Some((index, source)) = schema.source(rule.source.text) else {
        let known = schema.sources.iter().map(|source| source.name);
        let problem =
            Problem::new(rule.source.span, format!("unknown source `{}`", rule.source.text));
        problems.push(problem.suggesting(nearest(rule.source.text, known)));
        return None;
    };
    let mut scope = Scope { schema, source, problems };
    let value = match &rule.value {
        None => Some(Typed {
            name: rule.source.text.into(),
            value: Value::Whole,
            ty: None,
            span: rule.source.span,
        }),
        Some(operand) => scope.operand(operand),
    };
    let filters: Vec<_> = rule.filters.iter().map(|filter| scope.condition(filter)).collect();
    let function = scope.function(&rule.call, value.as_ref());
    let decorator = match &rule.decorator {
        None => Some(None),
        Some((name, span)) => scope.decorator(name, *span).map(Some),
    };
    Some(Rule {
        name: rule.name.text.into(),
        source: index,
        value: value?.value,
        filters: filters.into_iter().collect::<Option<_>>()?,
        function: function?,
        decorator: decorator?,
        position,
    })
}

/// The source of one rule, against which its names are resolved.
pub(super) struct Scope<'s> {
    pub(super) schema: &'s Schema,
    pub(super) source: &'static SourceDef,
    pub(super) problems: &'s mut Vec<Problem>,
}

/// A value and what it holds after its cast.
pub(super) struct Typed {
    /// The dotted name without cast and key, for messages.
    pub(super) name: String,
    pub(super) value: Value,
    /// `None` for the whole source.
    pub(super) ty: Option<AttributeType>,
    pub(super) span: Span,
}

impl Scope<'_> {
    /// Reports a problem; `None`, so that a resolver can end with it.
    pub(super) fn reject<T>(&mut self, span: Span, message: impl Into<String>) -> Option<T> {
        self.problems.push(Problem::new(span, message));
        None
    }

    pub(super) fn reject_name<'n, T>(
        &mut self,
        word: Word<'_>,
        message: String,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Option<T> {
        let problem = Problem::new(word.span, message);
        self.problems.push(problem.suggesting(nearest(word.text, known)));
        None
    }

    fn decorator(&mut self, name: &str, span: Span) -> Option<usize> {
        let mut known = self.schema.decorators.iter().enumerate();
        let Some((index, decorator)) = known.find(|(_, decorator)| decorator.name == name) else {
            let names = self.schema.decorators.iter().map(|decorator| decorator.name);
            return self.reject_name(
                Word { text: name, span },
                format!("unknown decorator `{}`", name.escape_debug()),
                names,
            );
        };
        if decorator.sources.contains(&self.source.name) {
            return Some(index);
        }
        let (source, fits) = (self.source.name, decorator.sources.join("`, `"));
        self.reject(span, format!("decorator `{name}` is for `{fits}`, not for `{source}`"))
    }
}
