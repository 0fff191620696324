//! Web pages that may call from a browser, as an operator lists them.

use std::fmt;

/// Origins of web pages; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebOrigins(Vec<String>);

/// An origin that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOriginError(pub String);

impl fmt::Display for WebOriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(origin) = self;
        write!(f, "origin {origin:?} must be * or look like https://host or https://host:port")
    }
}

impl std::error::Error for WebOriginError {}

impl WebOrigins {
    /// Origins such as `https://apm.example.com`, or `*` for every page. Capitals
    /// are made small, since browsers send them so (RFC 6454, section 6.2).
    ///
    /// # Errors
    /// The first of them that has no scheme and host, or has more than those and
    /// a port.
    pub fn parse<T: AsRef<str>>(origins: &[T]) -> Result<Self, WebOriginError> {
        let parsed = origins.iter().map(|origin| parse(origin.as_ref()));
        parsed.collect::<Result<_, _>>().map(Self)
    }

    /// Whether no page may call.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every page may call.
    pub fn is_any(&self) -> bool {
        self.0.iter().any(|origin| origin == "*")
    }

    /// The origins, each of visible ASCII characters, so that a header can carry it.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn parse(origin: &str) -> Result<String, WebOriginError> {
    let is_name = |part: &str| {
        let is_fit = |c: char| c.is_ascii_graphic() && !"/*?#@\\,".contains(c);
        !part.is_empty() && part.chars().all(is_fit)
    };
    let parts = origin.split_once("://");
    let is_origin = parts.is_some_and(|(scheme, host)| is_name(scheme) && is_name(host));
    if is_origin || origin == "*" {
        return Ok(origin.to_ascii_lowercase());
    }
    Err(WebOriginError(origin.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::WebOrigins;

    #[test]
    fn origins_are_a_scheme_a_host_and_perhaps_a_port() {
        let origins = WebOrigins::parse(&["https://Apm.example.com:8080", "app://local"]).unwrap();
        assert_eq!(
            origins.iter().collect::<Vec<_>>(),
            ["https://apm.example.com:8080", "app://local"]
        );
        assert!(!origins.is_any() && !origins.is_empty());
        assert!(WebOrigins::parse(&["*"]).unwrap().is_any());
        for wrong in [
            "",
            "shop.example.com",
            "https://",
            "://host",
            "https://host/",
            "https://*.example.com",
            "https://a b",
            "https://me@host",
            "https://a\n",
            "https://ä.example.com",
        ] {
            let error = WebOrigins::parse(&["https://ok", wrong]).unwrap_err();
            assert!(error.to_string().contains("https://host:port"), "{error}");
        }
    }
}
