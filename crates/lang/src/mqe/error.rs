//! Why an expression cannot be read.

use std::fmt;

use crate::Span;

/// Why an expression cannot be read, and where. Shown in the form that SkyWalking's clients know:
/// `line 1:4 mismatched input ')' expecting a metric, a number or '('`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What callers tell apart.
    pub kind: ParseErrorKind,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 0.
    pub column: usize,
    /// The text that was not expected; empty at the end.
    pub span: Span,
    /// What was found and expected.
    pub message: String,
    /// The nearest valid name.
    pub suggestion: Option<&'static str>,
}

/// Kinds of [`ParseError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// The text is not an expression.
    Syntax,
    /// The text is longer than [`MAX_LENGTH_BYTES`](super::MAX_LENGTH_BYTES).
    TooLong,
    /// It nests deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    TooDeep,
}

impl ParseError {
    pub(super) fn new(kind: ParseErrorKind, source: &str, span: Span, message: String) -> Self {
        let before = source.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        Self { kind, line, column, span, message, suggestion: None }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}:{} {}", self.line, self.column, self.message)?;
        match self.suggestion {
            Some(name) => write!(f, ", did you mean '{name}'?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ParseError {}
