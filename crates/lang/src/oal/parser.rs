//! Tokens to statements: recursive descent, going on at the next statement after an error.

use logos::Logos;

use crate::Span;

use super::ast::{
    Argument, Call, ConditionSyntax, LiteralSyntax, Operand, RuleSyntax, Segment, Statement, Word,
    Written,
};
use super::diagnostic::Problem;
use super::program::{Cast, Operator};
use super::text::{float, int, unquote};
use super::token::{LexError, Token};

type Parsed<T> = Result<T, Problem>;

/// The statements that could be read, and what was wrong with the others.
pub(super) fn parse(text: &str) -> (Vec<Statement<'_>>, Vec<Problem>) {
    let tokens =
        Token::lexer(text).spanned().map(|(token, range)| (token, Span::new(range))).collect();
    let mut parser = Parser { text, tokens, at: 0 };
    let mut statements = Vec::new();
    let mut problems = Vec::new();
    while parser.at < parser.tokens.len() {
        let start = parser.at;
        let ended = parser.statement().and_then(|statement| {
            statements.push(statement);
            parser.end_of_statement()
        });
        if let Err(problem) = ended {
            problems.push(match statements.last() {
                Some(Statement::Rule(rule))
                    if rule.name.span.start >= parser.span_at(start).start =>
                {
                    problem.in_rule(rule.name.text)
                }
                _ => problem,
            });
            parser.recover(start);
        }
    }
    (statements, problems)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Result<Token, LexError>, Span)>,
    at: usize,
}

impl<'a> Parser<'a> {
    /// The token `ahead` of the next one, if it is one.
    fn peek(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).and_then(|(token, _)| token.ok())
    }

    fn span_at(&self, index: usize) -> Span {
        let end = Span::new(self.text.len()..self.text.len());
        self.tokens.get(index).map_or(end, |(_, span)| *span)
    }

    /// From the token at index `start` to the last one read.
    fn span_from(&self, start: usize) -> Span {
        self.span_at(start).to(self.span_at(self.at.saturating_sub(1).max(start)))
    }

    fn accept(&mut self, token: Token) -> bool {
        let found = self.peek(0) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: Token) -> Parsed<Word<'a>> {
        let span = self.span_at(self.at);
        if self.accept(token) {
            return Ok(Word { text: span.text(self.text), span });
        }
        Err(self.unexpected(token.described()))
    }

    fn name(&mut self, expected: &str) -> Parsed<Word<'a>> {
        self.expect(Token::Word).map_err(|_| self.unexpected(expected))
    }

    fn quoted(&mut self) -> Parsed<(String, Span)> {
        let word = self.expect(Token::Text)?;
        let content = unquote(word.text).map_err(|message| Problem::new(word.span, message))?;
        Ok((content, word.span))
    }

    fn unexpected(&self, expected: &str) -> Problem {
        let span = self.span_at(self.at);
        match self.tokens.get(self.at) {
            Some((Err(error), _)) => Problem::new(span, error.to_string()),
            _ => Problem::new(span, format!("expected {expected}, found {}", self.shown(self.at))),
        }
    }

    /// A token as messages show it.
    fn shown(&self, index: usize) -> String {
        match self.tokens.get(index) {
            None => "the end of the file".into(),
            Some((Ok(token), _)) if token.is_reserved() => {
                format!("the reserved word {}", token.described())
            }
            Some((Ok(Token::Text), _)) => "a text".into(),
            Some((_, span)) => {
                format!("`{}`", span.text(self.text).chars().take(40).collect::<String>())
            }
        }
    }

    /// Skips to behind the next `;`, or to what looks like the begin of a statement. Always moves on
    /// from `start`, the begin of the statement that failed.
    fn recover(&mut self, start: usize) {
        self.at = self.at.max(start + 1);
        while self.at < self.tokens.len() && !self.at_statement() {
            if self.accept(Token::Semicolon) {
                return;
            }
            self.at += 1;
        }
    }

    fn at_statement(&self) -> bool {
        matches!(
            (self.peek(0), self.peek(1), self.peek(2)),
            (Some(Token::Word), Some(Token::Assign), Some(Token::From))
                | (Some(Token::Disable), Some(Token::OpenParen), _)
        )
    }

    fn end_of_statement(&mut self) -> Parsed<()> {
        if self.at == self.tokens.len() || self.accept(Token::Semicolon) {
            return Ok(());
        }
        let last = self.at.saturating_sub(1);
        let mut problem = self.unexpected(&format!("`;` after {}", self.shown(last)));
        problem.span = self.span_at(last);
        Err(problem)
    }

    fn statement(&mut self) -> Parsed<Statement<'a>> {
        if self.accept(Token::Disable) {
            self.expect(Token::OpenParen)?;
            let name = self.name("the name of a stream")?;
            self.expect(Token::CloseParen)?;
            return Ok(Statement::Disable(name));
        }
        let name = self.name("the name of a metric or `disable`")?;
        let rule = self.rule(name).map_err(|problem| problem.in_rule(name.text))?;
        Ok(Statement::Rule(Box::new(rule)))
    }

    fn rule(&mut self, name: Word<'a>) -> Parsed<RuleSyntax<'a>> {
        self.expect(Token::Assign)?;
        self.expect(Token::From)?;
        self.expect(Token::OpenParen)?;
        let (source, value) = self.source()?;
        self.expect(Token::CloseParen)?;
        self.expect(Token::Dot)?;
        let mut filters = Vec::new();
        while self.accept(Token::Filter) {
            self.expect(Token::OpenParen)?;
            filters.push(self.condition()?);
            self.expect(Token::CloseParen)?;
            self.expect(Token::Dot)?;
        }
        let call = self.call()?;
        let mut decorator = None;
        if self.accept(Token::Dot) {
            self.expect(Token::Decorator)?;
            self.expect(Token::OpenParen)?;
            decorator = Some(self.quoted()?);
            self.expect(Token::CloseParen)?;
        }
        Ok(RuleSyntax { name, source, value, filters, call, decorator })
    }

    /// What stands in the brackets of `from`.
    fn source(&mut self) -> Parsed<(Word<'a>, Option<Operand<'a>>)> {
        let cast = self.cast()?;
        let source = self.name("the name of a source")?;
        let whole = !self.accept(Token::Dot) || self.accept(Token::Star);
        if !whole {
            let operand = self.path(cast)?;
            return Ok((source, Some(operand)));
        }
        match cast {
            Some((_, span)) => Err(Problem::new(span, "a cast needs an attribute")),
            None => Ok((source, None)),
        }
    }

    fn operand(&mut self) -> Parsed<Operand<'a>> {
        let cast = self.cast()?;
        self.path(cast)
    }

    fn path(&mut self, cast: Option<(Cast, Span)>) -> Parsed<Operand<'a>> {
        let start = self.at;
        let mut path = Vec::new();
        loop {
            let name = self.name("the name of an attribute")?;
            let mut key = None;
            if self.accept(Token::OpenBracket) {
                key = Some(self.quoted()?.0);
                self.expect(Token::CloseBracket)?;
            }
            path.push(Segment { name, key });
            if !self.accept(Token::Dot) {
                return Ok(Operand { cast, path, span: self.span_from(start) });
            }
        }
    }

    /// `(str->long)`, `(long)`, `(str->int)`, `(int)`, or nothing.
    fn cast(&mut self) -> Parsed<Option<(Cast, Span)>> {
        let start = self.at;
        if !self.accept(Token::OpenParen) {
            return Ok(None);
        }
        let mut target = self.name("the type of a cast")?;
        if target.text == "str" && self.accept(Token::Arrow) {
            target = self.name("`long` or `int`")?;
        }
        let cast = match target.text {
            "long" => Cast::Long,
            "int" => Cast::Int,
            other => {
                let message = format!("no cast to `{other}`, only `(str->long)` and `(str->int)`");
                return Err(Problem::new(target.span, message));
            }
        };
        self.expect(Token::CloseParen)?;
        Ok(Some((cast, self.span_from(start))))
    }

    fn condition(&mut self) -> Parsed<ConditionSyntax<'a>> {
        let start = self.at;
        let left = self.operand()?;
        self.comparison(start, left)
    }

    /// The rest of a condition that begins at the token `start`.
    fn comparison(&mut self, start: usize, left: Operand<'a>) -> Parsed<ConditionSyntax<'a>> {
        let operator_start = self.at;
        let Some(operator) = self.operator() else {
            return Err(self.unexpected("an operator"));
        };
        let operator_span = self.span_from(operator_start);
        let right = if operator == Operator::In { self.list()? } else { self.literal()? };
        Ok(ConditionSyntax { left, operator, operator_span, right, span: self.span_from(start) })
    }

    fn operator(&mut self) -> Option<Operator> {
        let operator = match self.peek(0)? {
            Token::Equal => Operator::Equal,
            Token::NotEqual => Operator::NotEqual,
            Token::Greater => Operator::Greater,
            Token::GreaterEqual => Operator::GreaterEqual,
            Token::Less => Operator::Less,
            Token::LessEqual => Operator::LessEqual,
            Token::Like => Operator::Like,
            Token::In => Operator::In,
            Token::Contain => Operator::Contain,
            Token::Word
                if self.span_at(self.at).text(self.text) == "not"
                    && self.peek(1) == Some(Token::Contain) =>
            {
                self.at += 1;
                Operator::NotContain
            }
            _ => return None,
        };
        self.at += 1;
        Some(operator)
    }

    fn list(&mut self) -> Parsed<LiteralSyntax<'a>> {
        let start = self.at;
        self.expect(Token::OpenBracket)?;
        let mut items = vec![self.literal()?];
        while self.accept(Token::Comma) {
            items.push(self.literal()?);
        }
        self.expect(Token::CloseBracket)?;
        Ok(LiteralSyntax { value: Written::List(items), span: self.span_from(start) })
    }

    fn literal(&mut self) -> Parsed<LiteralSyntax<'a>> {
        let start = self.at;
        let span = self.span_at(start);
        let spelling = span.text(self.text);
        let reject = |message| Problem::new(span, message);
        let value = match self.peek(0) {
            Some(Token::Null) => Written::Null,
            Some(Token::True) => Written::Bool(true),
            Some(Token::False) => Written::Bool(false),
            Some(Token::Int) => Written::Int(int(spelling).map_err(reject)?),
            Some(Token::Float) => Written::Float(float(spelling).map_err(reject)?),
            Some(Token::Text) => Written::Text(unquote(spelling).map_err(reject)?),
            Some(Token::Word) => return self.constant(),
            _ => return Err(self.unexpected("a value")),
        };
        self.at += 1;
        Ok(LiteralSyntax { value, span: self.span_from(start) })
    }

    fn constant(&mut self) -> Parsed<LiteralSyntax<'a>> {
        let start = self.at;
        let enumeration = self.name("an enumeration")?;
        if !self.accept(Token::Dot) {
            let message = format!(
                "`{}` is no value: text is written `\"{0}\"`, a constant `Enumeration.{0}`",
                enumeration.text
            );
            return Err(Problem::new(enumeration.span, message));
        }
        let constant = self.name("a constant")?;
        let value = Written::Constant(enumeration, constant);
        Ok(LiteralSyntax { value, span: self.span_from(start) })
    }

    fn call(&mut self) -> Parsed<Call<'a>> {
        let start = self.at;
        let name = self.name("a function or `filter`")?;
        self.expect(Token::OpenParen)?;
        let mut arguments = Vec::new();
        if !self.accept(Token::CloseParen) {
            arguments.push(self.argument()?);
            while self.accept(Token::Comma) {
                arguments.push(self.argument()?);
            }
            self.expect(Token::CloseParen)?;
        }
        Ok(Call { name, arguments, span: self.span_from(start) })
    }

    fn argument(&mut self) -> Parsed<Argument<'a>> {
        if !matches!(self.peek(0), Some(Token::Word | Token::OpenParen)) {
            return self.literal().map(Argument::Literal);
        }
        let start = self.at;
        let left = self.operand()?;
        if matches!(self.peek(0), Some(Token::Comma | Token::CloseParen)) {
            return Ok(Argument::Attribute(left));
        }
        self.comparison(start, left).map(Argument::Condition)
    }
}
