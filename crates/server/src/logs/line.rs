//! One event is one line, whatever senders wrote into it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// Writes each event to standard error as one line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines;

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }
}

impl Write for Lines {
    /// Takes one event, as the subscriber gives it: all at once, its line feed last.
    /// A log that nobody can write, on a full disk or into a closed pipe, is no
    /// reason to stop serving; and the subscriber would say so on standard error,
    /// which is the log.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let _ = io::stderr().lock().write_all(one_line(&text).as_bytes());
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}

/// Escapes what could begin another line, move a terminal's cursor or turn the
/// direction of text. The escapes are those of JSON, so JSON stays what it was.
fn one_line(event: &str) -> Cow<'_, str> {
    let (body, end) = event.strip_suffix('\n').map_or((event, ""), |body| (body, "\n"));
    if !body.contains(is_treacherous) {
        return Cow::Borrowed(event);
    }
    let mut line = String::with_capacity(event.len() + 16);
    for character in body.chars() {
        match character {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            other if is_treacherous(other) => {
                // Writing to memory cannot fail.
                let _ = write!(line, "\\u{:04x}", u32::from(other));
            }
            other => line.push(other),
        }
    }
    line.push_str(end);
    Cow::Owned(line)
}

/// Control characters, separators of lines and paragraphs, marks of direction.
/// All are below U+10000, so four digits tell them.
fn is_treacherous(character: char) -> bool {
    let is_mark = matches!(
        character,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() || is_mark
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        for (event, line) in [
            ("as it is: \u{e4}\u{4e2d} \"\\n\"\n", "as it is: \u{e4}\u{4e2d} \"\\n\"\n"),
            ("shop\n2026 ERROR\r\n", "shop\\n2026 ERROR\\r\n"),
            ("a\tb\u{1b}[2J\u{7f}\u{9b}31m\n", "a\\tb\\u001b[2J\\u007f\\u009b31m\n"),
            ("\u{2028}\u{202e}\u{2066}\n", "\\u2028\\u202e\\u2066\n"),
            ("no end\nof it", "no end\\nof it"),
        ] {
            assert_eq!(one_line(event), line);
        }
    }
}
