//! Error codes that operators see. Each has a page in `docs/errors/`.

use std::fmt;

/// The code of an operator-facing error, written `ST-` and four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
