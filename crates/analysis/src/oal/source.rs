//! What rules were compiled from, as bytes that a checkpoint keeps: the log
//! behind it is replayed with them, whatever the rules are by then.
//!
//! ```text
//! whether thresholds differ by name (1 byte) | number of files | name and text of each
//! ```

use crate::checkpoint::{Reader, put_number, put_text};
use crate::error::Result;

/// Rule files, and what of the configuration went into the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Whether apdex thresholds differ by name.
    pub(crate) is_named: bool,
    /// Name and text.
    pub(crate) files: Vec<(String, String)>,
}

impl Source {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.is_named)];
        put_number(&mut bytes, self.files.len() as u64);
        for (name, text) in &self.files {
            put_text(&mut bytes, name);
            put_text(&mut bytes, text);
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let is_named = reader.byte()? != 0;
        let mut files = Vec::new();
        for _ in 0..reader.count()? {
            files.push((reader.text()?.to_owned(), reader.text()?.to_owned()));
        }
        reader.end()?;
        Ok(Self { is_named, files })
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn what_was_compiled_reads_back_and_nothing_else_does() {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let files = vec![file("core.oal", "a = from(Service.*).cpm();"), file("b.oal", "")];
        let source = Source { is_named: true, files };
        let bytes = source.encode();
        assert_eq!(Source::decode(&bytes).unwrap(), source);
        for cut in 0..bytes.len() {
            assert!(Source::decode(&bytes[..cut]).is_err(), "{cut}");
        }
        assert!(Source::decode(&[&bytes[..], b"x"].concat()).is_err());
    }
}
