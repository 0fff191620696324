//! What a message tells before it is decoded.

use skytrail_base::ahead::read_ahead;

use super::{BYTES, Cursor, DEPTH, Malformed};

/// The occurrences of a repeated message field at the top level of a message. An
/// error ends them.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    cursor: Cursor<'a>,
    key: u64,
    known: u64,
}

impl<'a> Elements<'a> {
    /// Of field `key` in a message that has no other fields.
    pub fn new(message: &'a [u8], key: u64) -> Self {
        Self { cursor: Cursor::new(message), key, known: key >> 3 }
    }

    /// Of field `key` among others, which are not looked at.
    pub fn among(message: &'a [u8], key: u64) -> Self {
        Self { cursor: Cursor::new(message), key, known: 0 }
    }

    fn step(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        while let Some(key) = self.cursor.key()? {
            if key == self.key {
                return self.cursor.bytes().map(Some);
            }
            self.cursor.skip(key, self.known, DEPTH)?;
        }
        Ok(None)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<&'a [u8], Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.step().transpose();
        if matches!(item, Some(Err(_))) {
            self.cursor = Cursor::new(&[]);
        }
        item
    }
}

/// What the top level of a message tells without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance<'a> {
    /// The text field that was asked for; empty when it is absent.
    pub text: &'a [u8],
    /// How often the repeated field that was asked for occurs.
    pub count: u64,
}

/// Looks at the top level of a message: the last occurrence of text field
/// `text`, and how often field `repeated` occurs. On an error the count so far
/// comes along.
pub fn glance(message: &[u8], text: u64, repeated: u64) -> Result<Glance<'_>, (Malformed, u64)> {
    begin(message);
    let mut cursor = Cursor::new(message);
    let mut glance = Glance { text: &[], count: 0 };
    loop {
        match step(&mut cursor, text, repeated, &mut glance) {
            Ok(true) => {}
            Ok(false) => return Ok(glance),
            Err(error) => return Err((error, glance.count)),
        }
    }
}

/// Bytes of a line of a processor's cache.
const CACHE_LINE: usize = 64;

/// Lines that are read ahead; a message that is much longer does not fit.
const MOST_LINES: usize = 512;

/// Reads a byte of every cache line that a message begins with. Where the next
/// field begins is known only once the one before is there; so its lines would
/// be waited for one after the other.
fn begin(message: &[u8]) {
    let lines = message.iter().step_by(CACHE_LINE).take(MOST_LINES);
    read_ahead(lines.map(|byte| u32::from(*byte)));
}

#[inline]
fn step<'a>(
    cursor: &mut Cursor<'a>,
    text: u64,
    repeated: u64,
    glance: &mut Glance<'a>,
) -> Result<bool, Malformed> {
    let Some(key) = cursor.key()? else { return Ok(false) };
    if key & 7 != BYTES {
        return cursor.skip_value(key, DEPTH).map(|()| true);
    }
    let bytes = cursor.bytes()?;
    if key == repeated {
        glance.count += 1;
    } else if key == text {
        glance.text = bytes;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::super::len;
    use super::{Malformed, glance};

    #[test]
    fn a_glance_takes_the_last_text_and_counts() {
        let message = b"\x1a\x00\x22\x01a\x1a\x01x\x22\x02bc";
        let seen = glance(message, len(4), len(3)).unwrap();
        assert_eq!((seen.text, seen.count), (b"bc".as_slice(), 2));
        let cut = glance(&message[..10], len(4), len(3));
        assert_eq!(cut, Err((Malformed::Length, 2)));
    }
}
