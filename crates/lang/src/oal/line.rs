//! Byte offsets to lines and columns.

/// Walks through a text; asking for ascending offsets costs one pass in all.
#[derive(Debug)]
pub(super) struct LineCursor<'a> {
    text: &'a str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'a> LineCursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, offset: 0, line: 1, column: 1 }
    }

    /// Line and column of a byte offset, both from 1, the column in characters.
    pub(super) fn locate(&mut self, offset: usize) -> (u32, u32) {
        if offset < self.offset {
            *self = Self::new(self.text);
        }
        for c in self.text.get(self.offset..offset).unwrap_or_default().chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
        (self.line, self.column)
    }
}

/// Byte offset of a line and column, clamped to the text.
pub(super) fn offset_of(text: &str, line: u32, column: u32) -> usize {
    let skipped = text.split_inclusive('\n').take(line.saturating_sub(1) as usize);
    let start: usize = skipped.map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let columns = rest.chars().take(column.saturating_sub(1) as usize);
    start + columns.map(char::len_utf8).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::{LineCursor, offset_of};

    #[test]
    fn there_and_back() {
        let text = "é=\n\nxé;";
        let mut cursor = LineCursor::new(text);
        for (offset, place) in [(0, (1, 1)), (2, (1, 2)), (6, (3, 2)), (9, (3, 4)), (2, (1, 2))] {
            assert_eq!(cursor.locate(offset), place);
            assert_eq!(offset_of(text, place.0, place.1), offset);
        }
        assert_eq!(offset_of(text, 99, 1), text.len());
        assert_eq!(offset_of("", 1, 1), 0);
    }
}
