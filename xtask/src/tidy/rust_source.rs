//! Rust read as text: comments and strings told apart from code, test code from product code,
//! functions with their length. No syntax tree: rustfmt has made the text regular.

/// One Rust file, scanned.
#[derive(Debug, Default)]
pub(crate) struct RustSource {
    /// The code: comments, strings and character literals blanked, offsets and lines as in the file.
    pub(crate) code: String,
    /// As `code`, with everything under `#[cfg(test)]` blanked as well.
    pub(crate) product: String,
    /// String literals in order.
    pub(crate) literals: Vec<Literal>,
    lines: Lines,
}

/// A string literal: what stands between its quotes, escapes unread.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Counted from 1.
    pub(crate) line: usize,
    /// Byte offset of the opening quote.
    pub(crate) offset: usize,
    pub(crate) value: String,
}

/// A function item; closures are none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Line of its `fn`, counted from 1.
    pub(crate) line: usize,
    /// From the line of `fn` to the line of its closing brace; 0 when it has no body.
    pub(crate) lines: usize,
}

impl RustSource {
    pub(crate) fn scan(text: &str) -> Self {
        let lines = Lines::of(text);
        let code = text.as_bytes().to_vec();
        let mut scanner = Scanner { text, lines: &lines, code, literals: Vec::new() };
        scanner.run();
        let code = String::from_utf8_lossy(&scanner.code).into_owned();
        let literals = scanner.literals;
        Self { product: without_tests(&code), code, literals, lines }
    }

    /// Line of a byte offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.lines.at(offset)
    }

    /// String literals outside test code.
    pub(crate) fn product_literals(&self) -> impl Iterator<Item = &Literal> {
        // Outside tests the two texts agree around the blanked literal; inside, everything is blank.
        let (code, product) = (self.code.as_bytes(), self.product.as_bytes());
        self.literals.iter().filter(move |literal| {
            let before = code.get(..literal.offset).unwrap_or_default();
            let last = before.iter().rposition(|byte| !byte.is_ascii_whitespace());
            last.is_none_or(|at| code.get(at) == product.get(at))
        })
    }

    /// Functions in order, nested ones too.
    pub(crate) fn functions(&self) -> Vec<Function> {
        words(&self.code)
            .filter(|(_, word)| *word == "fn")
            .filter_map(|(offset, _)| self.function_at(offset))
            .collect()
    }

    fn function_at(&self, offset: usize) -> Option<Function> {
        let after = self.code.get(offset + "fn".len()..)?;
        let (_, name) = words(after).next()?;
        // `fn(u8)` is a type: a name must follow at once.
        if !after.trim_start().starts_with(name) {
            return None;
        }
        let line = self.line(offset);
        let end = head_end(&self.code, offset)?;
        let lines = if self.code.as_bytes().get(end) == Some(&b'{') {
            self.line(closing_brace(&self.code, end)?) - line + 1
        } else {
            0
        };
        Some(Function { name: name.to_owned(), line, lines })
    }
}

/// Offsets of the line breaks.
#[derive(Debug, Default)]
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    fn at(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|end| *end < offset)
    }
}

/// Identifiers and keywords with their offsets. Runs of letters, digits and underscores.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + code.get(at..)?.find(part)?;
        let rest = code.get(start..)?;
        let length = rest.find(|c: char| !part(c)).unwrap_or(rest.len());
        at = start + length;
        Some((start, code.get(start..at)?))
    })
}

/// Offset of the brace that closes the one at `open`; the text must be masked.
pub(crate) fn closing_brace(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Offset of the `{` or `;` that ends the head of the item starting at `start`.
pub(crate) fn head_end(code: &str, start: usize) -> Option<usize> {
    let mut nesting = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => nesting += 1,
            b')' | b']' => nesting = nesting.saturating_sub(1),
            b'{' | b';' if nesting == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// Blanks every item that stands under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut bytes = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(found) = code.get(from..).and_then(|rest| rest.find(MARK)) {
        let start = from + found;
        let item = skip_attributes(code, start);
        let end = match head_end(code, item) {
            Some(at) if code.as_bytes().get(at) == Some(&b'{') => closing_brace(code, at),
            other => other,
        };
        let end = end.unwrap_or(code.len().saturating_sub(1));
        blank(&mut bytes, start, end + 1);
        from = end.max(start) + 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn skip_attributes(code: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let rest = code.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if !trimmed.starts_with("#[") {
            return at;
        }
        match trimmed.find(']') {
            Some(end) => at += end + 1,
            None => return at,
        }
    }
}

fn blank(bytes: &mut [u8], start: usize, end: usize) {
    for byte in bytes.iter_mut().take(end).skip(start) {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    lines: &'a Lines,
    code: Vec<u8>,
    literals: Vec<Literal>,
}

impl Scanner<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.text.len() {
            at = self.step(at);
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn find(&self, from: usize, needle: &str) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        rest.windows(needle.len()).position(|window| window == needle.as_bytes()).map(|i| from + i)
    }

    /// Handles what starts at `at` and returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        match (self.byte(at), self.byte(at + 1)) {
            (b'/', b'/') => {
                let end = self.find(at, "\n").unwrap_or(self.text.len());
                blank(&mut self.code, at, end);
                end
            }
            (b'/', b'*') => {
                let end = self.block_comment_end(at);
                blank(&mut self.code, at, end);
                end
            }
            (b'r', b'"' | b'#') if !self.follows_word(at) => self.raw_string(at),
            (b'b' | b'c', b'r') if !self.follows_word(at) && self.is_raw(at + 1) => {
                self.raw_string(at + 1)
            }
            (b'"', _) => self.string(at),
            (b'\'', _) => self.quote(at),
            _ => at + 1,
        }
    }

    /// Whether the byte before `at` belongs to a word, except the `b` of `br"…"`.
    fn follows_word(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| {
            let byte = self.byte(before);
            byte.is_ascii_alphanumeric() || byte == b'_'
        })
    }

    fn is_raw(&self, r: usize) -> bool {
        let hashes = (r + 1..).take_while(|at| self.byte(*at) == b'#').count();
        self.byte(r + 1 + hashes) == b'"'
    }

    fn block_comment_end(&self, start: usize) -> usize {
        let mut depth = 0_usize;
        let mut at = start;
        while at < self.text.len() {
            match (self.byte(at), self.byte(at + 1)) {
                (b'/', b'*') => (depth, at) = (depth + 1, at + 2),
                (b'*', b'/') => (depth, at) = (depth.saturating_sub(1), at + 2),
                _ => at += 1,
            }
            if depth == 0 {
                return at;
            }
        }
        self.text.len()
    }

    fn raw_string(&mut self, r: usize) -> usize {
        if !self.is_raw(r) {
            return r + 1;
        }
        let hashes = (r + 1..).take_while(|at| self.byte(*at) == b'#').count();
        let open = r + 1 + hashes;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = self.find(open + 1, &close).unwrap_or(self.text.len());
        self.literal(open, end);
        end + close.len()
    }

    fn string(&mut self, open: usize) -> usize {
        let mut at = open + 1;
        while at < self.text.len() && self.byte(at) != b'"' {
            at += if self.byte(at) == b'\\' { 2 } else { 1 };
        }
        self.literal(open, at);
        at + 1
    }

    fn literal(&mut self, open: usize, end: usize) {
        let end = end.min(self.text.len());
        self.literals.push(Literal {
            line: self.lines.at(open),
            offset: open,
            value: self.text.get(open + 1..end).unwrap_or_default().to_owned(),
        });
        blank(&mut self.code, open, end + 1);
    }

    /// A character literal, or the tick of a lifetime.
    fn quote(&mut self, open: usize) -> usize {
        let escaped = self.byte(open + 1) == b'\\';
        let Some(body) = self.text.get(open + 1..) else {
            return open + 1;
        };
        let length = if escaped { 2 } else { body.chars().next().map_or(1, char::len_utf8) };
        let rest = body.get(length..).unwrap_or_default();
        let close = if escaped { rest.find('\'') } else { rest.starts_with('\'').then_some(0) };
        let Some(close) = close else { return open + 1 };
        let end = open + 1 + length + close + 1;
        blank(&mut self.code, open, end);
        end
    }
}

#[cfg(test)]
mod tests {
    use super::{RustSource, words};

    fn values(text: &str) -> Vec<String> {
        RustSource::scan(text).literals.into_iter().map(|literal| literal.value).collect()
    }

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        let text = "a // x {\n/* b /* c */ \n d */ e \"f { \\\" g\" 'h' '\\'' '{' &'i j\n";
        let source = RustSource::scan(text);
        assert_eq!(source.code.len(), text.len());
        let left: Vec<&str> = source.code.split_whitespace().collect();
        assert_eq!(left, ["a", "e", "&'i", "j"]);
        assert_eq!(source.code.lines().count(), 3);
    }

    #[test]
    fn every_form_of_string_is_a_literal() {
        assert_eq!(
            values(r##"x("a", r"b\", r#"c"d"#, b"e", br#"f"g"#, c"h")"##),
            ["a", "b\\", "c\"d", "e", "f\"g", "h"]
        );
        assert_eq!(values("let r#type = 1; for r in \"z\" {}"), ["z"]);
    }

    #[test]
    fn test_code_is_cut_from_the_product() {
        let text = "fn a() { x(\"one\") }\n#[cfg(test)]\n#[path = \"t.rs\"]\nmod t;\n\
                    #[cfg(test)]\nmod tests { fn b() { y(\"two\") } }\nfn c() { z(\"three\") }\n";
        let source = RustSource::scan(text);
        let names: Vec<&str> = words(&source.product).map(|(_, word)| word).collect();
        assert_eq!(names, ["fn", "a", "x", "fn", "c", "z"]);
        let literals: Vec<&str> = source.product_literals().map(|l| l.value.as_str()).collect();
        assert_eq!(literals, ["one", "three"]);
    }

    #[test]
    fn functions_know_their_length() {
        let text = "trait T {\n    fn a(&self, x: [u8; 4]);\n}\nfn b<T>(f: fn(u8) -> T)\nwhere\n    \
                    T: Sized,\n{\n    if c {}\n    || 1;\n}\n";
        let functions = RustSource::scan(text).functions();
        let told: Vec<(&str, usize, usize)> =
            functions.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(told, [("a", 2, 0), ("b", 4, 7)]);
    }
}
