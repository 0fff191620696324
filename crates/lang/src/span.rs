//! Byte ranges of source text.

/// A half-open range of byte offsets into the text that was parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    pub(crate) fn new(range: std::ops::Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }

    /// The smallest span that covers both.
    pub(crate) fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text of this span; empty when `source` is not the text it was made from.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or_default()
    }

    /// The text with blanks outside quotes removed, the form in which SkyWalking quotes a part of an
    /// expression: `service_cpm * 2` is reported as `[service_cpm*2]`.
    pub fn compact(self, source: &str) -> String {
        let mut quote = None;
        let mut compact = String::with_capacity(self.end.saturating_sub(self.start));
        for c in self.text(source).chars() {
            match quote {
                Some(open) if open == c => quote = None,
                None if c == '\'' || c == '"' => quote = Some(c),
                None if matches!(c, ' ' | '\t' | '\r' | '\n') => continue,
                _ => {}
            }
            compact.push(c);
        }
        compact
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn compact_keeps_blanks_only_in_quotes() {
        let source = "a { p = 'x y' } /\n 2";
        assert_eq!(Span::new(0..source.len()).compact(source), "a{p='x y'}/2");
    }

    #[test]
    fn a_foreign_source_gives_empty_text() {
        assert_eq!(Span::new(1..2).text("é"), "");
        assert_eq!(Span::new(5..9).text("abc"), "");
    }
}
