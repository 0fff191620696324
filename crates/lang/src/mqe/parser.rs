//! Text to expression: operators by precedence, everything else by recursive descent.

use logos::{Lexer, Logos};

use crate::Span;
use crate::nearest::nearest;

use super::ast::{ArithmeticOperator, CompareOperator, Expr, LogicalOperator, Node};
use super::error::{ParseError, ParseErrorKind};
use super::label::{Label, Metric};
use super::names::{FUNCTIONS, is_reserved};
use super::token::Token;

/// The longest expression in bytes.
pub const MAX_LENGTH_BYTES: usize = 16 << 10;

/// The most levels of a tree; every operator, bracket and call is one, a chain of operators is as
/// deep as it is long.
pub const MAX_DEPTH: usize = 64;

/// An expression and what follows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The expression.
    pub expr: Expr,
    /// Text behind the complete expression. SkyWalking ignores it, and so should an evaluator; it is
    /// worth a hint where the expression has no result.
    pub trailing: Option<Trailing>,
}

/// Text behind a complete expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailing {
    /// From its first token to the end of the text.
    pub span: Span,
    /// The function that was probably meant, when the expression is a name followed by a bracket:
    /// `relabels` for `relabel(…)`.
    pub suggestion: Option<&'static str>,
}

/// Reads an expression.
///
/// # Errors
///
/// [`ParseErrorKind::Syntax`] when `text` does not begin with an expression; the other kinds when a
/// limit is exceeded.
pub fn parse(text: &str) -> Result<Parsed, ParseError> {
    if text.len() > MAX_LENGTH_BYTES {
        let message =
            format!("the expression has {} bytes, at most {MAX_LENGTH_BYTES} are read", text.len());
        return Err(ParseError::new(ParseErrorKind::TooLong, text, Span::default(), message));
    }
    let mut parser = Parser::new(text);
    let expr = parser.expression(0)?;
    let trailing = parser.trailing(&expr)?;
    Ok(Parsed { expr, trailing })
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Token(Token),
    /// A character that begins no token.
    Unknown,
    End,
}

pub(super) struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a, Token>,
    pub(super) next: Next,
    pub(super) span: Span,
    /// End of the token before `next`.
    last_end: usize,
    depth: usize,
    /// Name and end of the metric read last, for suggestions.
    last_name: Option<(&'a str, usize)>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let mut parser = Self {
            text,
            lexer: Token::lexer(text),
            next: Next::End,
            span: Span::default(),
            last_end: 0,
            depth: 0,
            last_name: None,
        };
        parser.advance();
        parser.last_end = 0;
        parser
    }

    pub(super) fn advance(&mut self) {
        self.last_end = self.span.end;
        self.next = match self.lexer.next() {
            Some(Ok(token)) => Next::Token(token),
            Some(Err(())) => Next::Unknown,
            None => Next::End,
        };
        self.span = Span::new(self.lexer.span());
    }

    /// The spelling of what comes next.
    pub(super) fn spelling(&self) -> &'a str {
        self.text.get(self.span.start..self.span.end).unwrap_or_default()
    }

    /// From `start` to the last token read.
    pub(super) fn span_from(&self, start: usize) -> Span {
        Span { start, end: self.last_end.max(start) }
    }

    pub(super) fn accept(&mut self, token: Token) -> bool {
        let found = self.next == Next::Token(token);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect(&mut self, token: Token, expected: &str) -> Result<&'a str, ParseError> {
        let spelling = self.spelling();
        if self.accept(token) { Ok(spelling) } else { Err(self.mismatch(expected)) }
    }

    /// The error that what comes next is not `expected`.
    pub(super) fn mismatch(&self, expected: &str) -> ParseError {
        let message = match self.next {
            Next::Unknown => format!("token recognition error at: '{}'", self.shown()),
            Next::End => format!("mismatched input '<EOF>' expecting {expected}"),
            Next::Token(_) => format!("mismatched input '{}' expecting {expected}", self.shown()),
        };
        let mut error = ParseError::new(ParseErrorKind::Syntax, self.text, self.span, message);
        error.suggestion = self.meant_function();
        error
    }

    fn shown(&self) -> String {
        self.spelling().chars().take(40).collect()
    }

    /// The function that was probably meant where a bracket follows a name.
    fn meant_function(&self) -> Option<&'static str> {
        match self.last_name {
            Some((name, end)) if end == self.last_end => (self.next
                == Next::Token(Token::OpenParen))
            .then(|| nearest(name, FUNCTIONS.iter().copied()))
            .flatten(),
            _ => None,
        }
    }

    fn too_deep(&self, span: Span) -> ParseError {
        let message = format!("the expression has more than {MAX_DEPTH} levels");
        ParseError::new(ParseErrorKind::TooDeep, self.text, span, message)
    }

    /// Wraps a node; `height` is that of its highest operand.
    pub(super) fn node(&self, start: usize, node: Node, height: usize) -> Result<Expr, ParseError> {
        let span = self.span_from(start);
        if height >= MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        Ok(Expr { node, span, height: height + 1 })
    }

    /// An expression whose operators bind at least as tight as `least`.
    pub(super) fn expression(&mut self, least: u8) -> Result<Expr, ParseError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep(self.span));
        }
        self.depth += 1;
        let start = self.span.start;
        let mut left = self.primary()?;
        while let Some((operator, power)) = self.infix().filter(|(_, power)| *power >= least) {
            self.advance();
            let compares = matches!(operator, Infix::Compare(_));
            let bool_modifier = compares && self.spelling().eq_ignore_ascii_case("bool");
            if bool_modifier {
                self.advance();
            }
            let right = self.expression(power + 1)?;
            let height = left.height.max(right.height);
            left = self.node(start, operator.join(bool_modifier, left, right), height)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator that comes next and how tight it binds.
    fn infix(&self) -> Option<(Infix, u8)> {
        let Next::Token(token) = self.next else { return None };
        Some(match token {
            Token::Star => (Infix::Arithmetic(ArithmeticOperator::Multiply), 3),
            Token::Slash => (Infix::Arithmetic(ArithmeticOperator::Divide), 3),
            Token::Percent => (Infix::Arithmetic(ArithmeticOperator::Modulo), 3),
            Token::Plus => (Infix::Arithmetic(ArithmeticOperator::Add), 2),
            Token::Minus => (Infix::Arithmetic(ArithmeticOperator::Subtract), 2),
            Token::Equal => (Infix::Compare(CompareOperator::Equal), 1),
            Token::NotEqual => (Infix::Compare(CompareOperator::NotEqual), 1),
            Token::Greater => (Infix::Compare(CompareOperator::Greater), 1),
            Token::GreaterEqual => (Infix::Compare(CompareOperator::GreaterEqual), 1),
            Token::Less => (Infix::Compare(CompareOperator::Less), 1),
            Token::LessEqual => (Infix::Compare(CompareOperator::LessEqual), 1),
            Token::And => (Infix::Logical(LogicalOperator::And), 0),
            Token::Or => (Infix::Logical(LogicalOperator::Or), 0),
            _ => return None,
        })
    }

    fn primary(&mut self) -> Result<Expr, ParseError> {
        let start = self.span.start;
        match self.next {
            Next::Token(Token::OpenParen) => {
                self.advance();
                let inner = self.expression(0)?;
                self.expect(Token::CloseParen, "')'")?;
                let height = inner.height;
                self.node(start, Node::Parens(Box::new(inner)), height)
            }
            Next::Token(Token::Integer | Token::Decimal) => {
                let number =
                    self.spelling().parse::<f64>().ok().filter(|number| number.is_finite());
                let Some(number) = number else { return Err(self.mismatch("a smaller number")) };
                self.advance();
                self.node(start, Node::Scalar(number), 0)
            }
            Next::Token(Token::Name) => match self.function()? {
                Some(expr) => Ok(expr),
                None => {
                    let metric = self.metric("a metric, a function, a number or '('")?;
                    self.node(start, Node::Metric(metric), 0)
                }
            },
            _ => Err(self.mismatch("a metric, a function, a number or '('")),
        }
    }

    /// `service_percentile{p='50,99'}`
    pub(super) fn metric(&mut self, expected: &str) -> Result<Metric, ParseError> {
        let start = self.span.start;
        let name = self.spelling();
        if self.next != Next::Token(Token::Name) || name == "_" || is_reserved(name) {
            return Err(self.mismatch(expected));
        }
        self.advance();
        self.last_name = Some((name, self.last_end));
        let mut labels = Vec::new();
        if self.accept(Token::OpenBrace) && !self.accept(Token::CloseBrace) {
            labels.push(self.label()?);
            while self.accept(Token::Comma) {
                labels.push(self.label()?);
            }
            self.expect(Token::CloseBrace, "',' or '}'")?;
        }
        Ok(Metric { name: name.into(), labels, span: self.span_from(start) })
    }

    /// `p='50,99'`
    pub(super) fn label(&mut self) -> Result<Label, ParseError> {
        let name = self.label_name()?;
        self.expect(Token::Assign, "'='")?;
        Ok(Label { name, value: self.quoted()? })
    }

    pub(super) fn label_name(&mut self) -> Result<Box<str>, ParseError> {
        self.expect(Token::Name, "a label name").map(Into::into)
    }

    pub(super) fn quoted(&mut self) -> Result<Box<str>, ParseError> {
        let spelling = self.expect(Token::Text, "a quoted text")?;
        Ok(spelling.get(1..spelling.len() - 1).unwrap_or_default().into())
    }

    fn trailing(&self, expr: &Expr) -> Result<Option<Trailing>, ParseError> {
        match self.next {
            Next::End => Ok(None),
            Next::Unknown => Err(self.mismatch("the end")),
            Next::Token(_) => {
                let span = Span { start: self.span.start, end: self.text.len() };
                let named = matches!(expr.node, Node::Metric(_));
                let suggestion = if named { self.meant_function() } else { None };
                Ok(Some(Trailing { span, suggestion }))
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Infix {
    Arithmetic(ArithmeticOperator),
    Compare(CompareOperator),
    Logical(LogicalOperator),
}

impl Infix {
    fn join(self, bool_modifier: bool, left: Expr, right: Expr) -> Node {
        let (left, right) = (Box::new(left), Box::new(right));
        match self {
            Self::Arithmetic(operator) => Node::Arithmetic { operator, left, right },
            Self::Compare(operator) => Node::Compare { operator, bool_modifier, left, right },
            Self::Logical(operator) => Node::Logical { operator, left, right },
        }
    }
}
