//! Rules as they are written, names unresolved.

use crate::Span;

use super::program::{Cast, Operator};

/// A name in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Statement<'a> {
    /// `name = from(…)…;`
    Rule(Box<RuleSyntax<'a>>),
    /// `disable(name);`
    Disable(Word<'a>),
}

#[derive(Debug)]
pub(super) struct RuleSyntax<'a> {
    pub(super) name: Word<'a>,
    pub(super) source: Word<'a>,
    /// `None` for `Source.*`.
    pub(super) value: Option<Operand<'a>>,
    pub(super) filters: Vec<ConditionSyntax<'a>>,
    pub(super) call: Call<'a>,
    pub(super) decorator: Option<(String, Span)>,
}

/// `(str->long)protocol.tag["key"]`; the source's name is not part of it.
#[derive(Debug)]
pub(super) struct Operand<'a> {
    pub(super) cast: Option<(Cast, Span)>,
    /// At least one.
    pub(super) path: Vec<Segment<'a>>,
    pub(super) span: Span,
}

/// `name` or `name["key"]`.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) name: Word<'a>,
    pub(super) key: Option<String>,
}

#[derive(Debug)]
pub(super) struct ConditionSyntax<'a> {
    pub(super) left: Operand<'a>,
    pub(super) operator: Operator,
    pub(super) operator_span: Span,
    pub(super) right: LiteralSyntax<'a>,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) struct LiteralSyntax<'a> {
    pub(super) value: Written<'a>,
    pub(super) span: Span,
}

/// A literal as written.
#[derive(Debug)]
pub(super) enum Written<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// `DetectPoint.CLIENT`
    Constant(Word<'a>, Word<'a>),
    List(Vec<LiteralSyntax<'a>>),
}

/// `percentile2(10)`
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) name: Word<'a>,
    pub(super) arguments: Vec<Argument<'a>>,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Argument<'a> {
    Condition(ConditionSyntax<'a>),
    Literal(LiteralSyntax<'a>),
    Attribute(Operand<'a>),
}

impl Argument<'_> {
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Condition(condition) => condition.span,
            Self::Literal(literal) => literal.span,
            Self::Attribute(operand) => operand.span,
        }
    }

    /// What it is, with its article, as messages name it.
    pub(super) fn described(&self) -> &'static str {
        match self {
            Self::Condition(_) => "a condition",
            Self::Literal(_) => "a literal",
            Self::Attribute(_) => "an attribute",
        }
    }
}
