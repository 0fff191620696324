//! The words of OAL.

use std::fmt;

use logos::{FilterResult, Lexer, Logos};

/// What is carried from token to token.
#[derive(Debug, Default, Clone)]
pub(super) struct Scan {
    /// Set once a comment did not close at its nesting level: from then on comments end at the first
    /// `*/`, so that a text full of `/*` is scanned to its end once and not once per comment.
    flat_comments: bool,
}

#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(extras = Scan, error = LexError)]
#[logos(skip r"[ \t\r\n\u{feff}]+")]
#[logos(skip(r"//[^\r\n]*", allow_greedy = true))]
pub(super) enum Token {
    #[token("from")]
    From,
    #[token("filter")]
    Filter,
    #[token("decorator")]
    Decorator,
    #[token("disable")]
    Disable,
    #[token("like")]
    Like,
    #[token("in")]
    In,
    #[token("contain")]
    Contain,
    #[token("null")]
    Null,
    #[token("true")]
    True,
    #[token("false")]
    False,
    #[token(".")]
    Dot,
    #[token("(")]
    OpenParen,
    #[token(")")]
    CloseParen,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token(",")]
    Comma,
    #[token(";")]
    Semicolon,
    #[token("=")]
    Assign,
    #[token("*")]
    Star,
    #[token("->")]
    Arrow,
    #[token("==")]
    Equal,
    #[token("!=")]
    NotEqual,
    #[token(">")]
    Greater,
    #[token(">=")]
    GreaterEqual,
    #[token("<")]
    Less,
    #[token("<=")]
    LessEqual,
    #[regex(r"[0-9][0-9_]*[lL]?")]
    Int,
    #[regex(r"[0-9][0-9_]*\.[0-9]+")]
    Float,
    /// With its quotes and escapes.
    #[regex(r#""([^"\\\r\n]|\\[^\r\n])*""#)]
    #[regex(r#""([^"\\\r\n]|\\[^\r\n])*\\?"#, callback = open_text)]
    #[token("'", callback = single_quote)]
    Text,
    /// As in SkyWalking, letters are `a-z A-Z $ _` and everything beyond ASCII; but not what is
    /// invisible there (controls, spaces, marks of direction).
    #[regex(r"[a-zA-Z$_\u{a1}-\u{1fff}\u{2070}-\u{2fff}\u{3001}-\u{fefe}\u{ff00}-\u{ffef}\u{10000}-\u{10ffff}][a-zA-Z0-9$_\u{a1}-\u{1fff}\u{2070}-\u{2fff}\u{3001}-\u{fefe}\u{ff00}-\u{ffef}\u{10000}-\u{10ffff}]*")]
    Word,
    /// Never emitted.
    #[token("/*", comment)]
    Comment,
}

/// Why no token begins here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LexError {
    #[default]
    Unknown,
    OpenText,
    SingleQuote,
    OpenComment,
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unexpected character",
            Self::OpenText => "the text has no closing `\"` on its line",
            Self::SingleQuote => "text is written in double quotes",
            Self::OpenComment => "the comment has no closing `*/`",
        })
    }
}

fn open_text(_: &mut Lexer<'_, Token>) -> Result<(), LexError> {
    Err(LexError::OpenText)
}

fn single_quote(_: &mut Lexer<'_, Token>) -> Result<(), LexError> {
    Err(LexError::SingleQuote)
}

/// Skips a comment. Comments nest; one that does not close at its level ends at the first `*/`, as in
/// `/* rules of oal/*.oal */`.
fn comment(lexer: &mut Lexer<'_, Token>) -> FilterResult<(), LexError> {
    let rest = lexer.remainder();
    let nested = if lexer.extras.flat_comments { None } else { nested_end(rest) };
    lexer.extras.flat_comments |= nested.is_none();
    match nested.or_else(|| rest.find("*/").map(|at| at + 2)) {
        Some(length) => {
            lexer.bump(length);
            FilterResult::Skip
        }
        None => {
            lexer.bump(rest.len());
            FilterResult::Error(LexError::OpenComment)
        }
    }
}

/// Length of the comment whose opening was just read.
fn nested_end(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut depth = 1_usize;
    let mut at = 0;
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

impl Token {
    /// How messages name it.
    pub(super) fn described(self) -> &'static str {
        match self {
            Self::From => "`from`",
            Self::Filter => "`filter`",
            Self::Decorator => "`decorator`",
            Self::Disable => "`disable`",
            Self::Like => "`like`",
            Self::In => "`in`",
            Self::Contain => "`contain`",
            Self::Null => "`null`",
            Self::True => "`true`",
            Self::False => "`false`",
            Self::Dot => "`.`",
            Self::OpenParen => "`(`",
            Self::CloseParen => "`)`",
            Self::OpenBracket => "`[`",
            Self::CloseBracket => "`]`",
            Self::Comma => "`,`",
            Self::Semicolon => "`;`",
            Self::Assign => "`=`",
            Self::Star => "`*`",
            Self::Arrow => "`->`",
            Self::Equal => "`==`",
            Self::NotEqual => "`!=`",
            Self::Greater => "`>`",
            Self::GreaterEqual => "`>=`",
            Self::Less => "`<`",
            Self::LessEqual => "`<=`",
            Self::Int | Self::Float => "a number",
            Self::Text => "a text",
            Self::Word => "a name",
            Self::Comment => "a comment",
        }
    }

    /// Whether it is spelled like a name but has a meaning of its own.
    pub(super) fn is_reserved(self) -> bool {
        matches!(
            self,
            Self::From
                | Self::Filter
                | Self::Decorator
                | Self::Disable
                | Self::Like
                | Self::In
                | Self::Contain
                | Self::Null
                | Self::True
                | Self::False
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{LexError, Token};
    use logos::Logos;

    fn check(text: &str, expected: &[Result<Token, LexError>]) {
        let tokens: Vec<_> = Token::lexer(text).collect();
        assert_eq!(tokens, expected, "{text}");
    }

    #[test]
    fn comments_nest_and_fall_back_to_the_first_end() {
        check("a /* x /* y */ z */ b", &[Ok(Token::Word), Ok(Token::Word)]);
        check("/* oal/*.oal */ b // c\n;", &[Ok(Token::Word), Ok(Token::Semicolon)]);
        let flat = "/* oal/*.oal */ a /* x /* y */ b */";
        let end = [Ok(Token::Star), Err(LexError::Unknown)];
        check(flat, &[&[Ok(Token::Word), Ok(Token::Word)], &end[..]].concat());
        check("b /* c", &[Ok(Token::Word), Err(LexError::OpenComment)]);
        check("//", &[]);
    }

    #[test]
    fn texts_and_numbers() {
        check(r#""a\"b" 1_000L 2.5"#, &[Ok(Token::Text), Ok(Token::Int), Ok(Token::Float)]);
        check("\"a\n;", &[Err(LexError::OpenText), Ok(Token::Semicolon)]);
        check("\"a\\", &[Err(LexError::OpenText)]);
        check("'", &[Err(LexError::SingleQuote)]);
        check("#", &[Err(LexError::Unknown)]);
    }
}
