//! The words of MQE.

use logos::Logos;

/// Words of letters are all [`Token::Name`]: which of them are reserved depends on the place, and the
/// parser knows.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n]+")]
pub(super) enum Token {
    #[token(".")]
    Dot,
    #[token(",")]
    Comma,
    #[token("(")]
    OpenParen,
    #[token(")")]
    CloseParen,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token("=")]
    Assign,
    #[token("-")]
    Minus,
    #[token("+")]
    Plus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    #[token("==")]
    Equal,
    #[token("!=")]
    NotEqual,
    #[token("<=")]
    LessEqual,
    #[token("<")]
    Less,
    #[token(">=")]
    GreaterEqual,
    #[token(">")]
    Greater,
    #[token("&&")]
    And,
    #[token("||")]
    Or,
    #[regex("[0-9]+", priority = 10)]
    Integer,
    #[regex(r"[0-9]+\.[0-9]+")]
    Decimal,
    /// May begin with a digit: `5xx_cpm` is a name.
    #[regex("[a-zA-Z0-9_]+")]
    Name,
    /// With its quotes; there are no escapes.
    #[regex("'[^']*'")]
    #[regex(r#""[^"]*""#)]
    Text,
}
