//! Text that nobody may print.

use std::fmt;
use std::hint::black_box;

use serde::{Deserialize, Deserializer};

/// A shared token, a password. Empty means that there is none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that has to send it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a header can carry it: visible ASCII without blanks.
    pub fn fits_header(&self) -> bool {
        self.0.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// Whether what was shown is the secret. The time it takes tells nothing
    /// but the length. Without a secret nothing is.
    pub fn is(&self, shown: &[u8]) -> bool {
        let secret = self.0.as_bytes();
        let differing =
            secret.iter().zip(shown).fold(0_u8, |seen, (a, b)| black_box(seen | (a ^ b)));
        !secret.is_empty() && secret.len() == shown.len() && black_box(differing) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "none" } else { "***" })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn only_the_very_secret_is_it_and_it_is_not_printed() {
        let secret = Secret::new("hunter2");
        assert!(secret.is(b"hunter2"));
        for wrong in ["", "hunter", "hunter22", "Hunter2"] {
            assert!(!secret.is(wrong.as_bytes()), "{wrong}");
        }
        assert!(!Secret::default().is(b""));
        assert_eq!(format!("{secret:?} {:?}", Secret::default()), "*** none");
        assert!(!Secret::new("a b").fits_header());
    }
}
