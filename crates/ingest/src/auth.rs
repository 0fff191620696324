//! The token that agents share.

use http::{HeaderMap, HeaderName};

/// The header, or gRPC metadata, that agents put it in.
pub(crate) const AUTHENTICATION: HeaderName = HeaderName::from_static("authentication");

/// Whether the right token is shown. It takes equally long for every wrong
/// token of the right length.
pub(crate) fn is_allowed(token: Option<&str>, headers: &HeaderMap) -> bool {
    let Some(token) = token else { return true };
    let shown = headers.get(AUTHENTICATION).map_or(&[][..], |shown| shown.as_bytes());
    is_same(token.as_bytes(), shown)
}

fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let difference = a.iter().zip(b).fold(0, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
    std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{AUTHENTICATION, is_allowed};

    #[test]
    fn only_the_very_token_opens() {
        let shown = |token: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHENTICATION, HeaderValue::from_static(token));
            headers
        };
        assert!(is_allowed(None, &HeaderMap::new()));
        assert!(is_allowed(Some("secret"), &shown("secret")));
        for wrong in ["", "secre", "secrets", "Secret", "secreu"] {
            assert!(!is_allowed(Some("secret"), &shown(wrong)), "{wrong}");
        }
        assert!(!is_allowed(Some("secret"), &HeaderMap::new()));
    }
}
