//! The token that agents share.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use skytrail_base::secret::Secret;

/// The header, or gRPC metadata, that agents put it in.
pub(crate) const AUTHENTICATION: HeaderName = HeaderName::from_static("authentication");

/// Whether the right token is shown, as SkyWalking's agents do or as a bearer;
/// without a token nobody is asked.
pub(crate) fn is_allowed(token: &Secret, headers: &HeaderMap) -> bool {
    let shown = headers.get(AUTHENTICATION).map(|shown| shown.as_bytes());
    let bearer = headers.get(AUTHORIZATION).and_then(|shown| shown.as_bytes().strip_prefix(BEARER));
    token.is_empty() || shown.or(bearer).is_some_and(|shown| token.is(shown))
}

const BEARER: &[u8] = b"Bearer ";

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use skytrail_base::secret::Secret;

    use super::{AUTHENTICATION, is_allowed};

    #[test]
    fn only_the_very_token_opens() {
        let shown = |token: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHENTICATION, HeaderValue::from_static(token));
            headers
        };
        assert!(is_allowed(&Secret::default(), &HeaderMap::new()));
        assert!(is_allowed(&Secret::new("secret"), &shown("secret")));
        let mut bearer = HeaderMap::new();
        bearer.insert("authorization", HeaderValue::from_static("Bearer secret"));
        assert!(is_allowed(&Secret::new("secret"), &bearer));
        assert!(!is_allowed(&Secret::new("secre"), &bearer));
        for wrong in ["", "secre", "secrets", "Secret", "secreu"] {
            assert!(!is_allowed(&Secret::new("secret"), &shown(wrong)), "{wrong}");
        }
        assert!(!is_allowed(&Secret::new("secret"), &HeaderMap::new()));
    }
}
