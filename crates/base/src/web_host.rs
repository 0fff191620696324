//! Names under which browsers may reach this server, as an operator lists them.

use std::fmt;
use std::net::IpAddr;

/// Names of hosts, each with or without a port; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebHosts(Vec<String>);

/// A name that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebHostError(pub String);

impl fmt::Display for WebHostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(host) = self;
        write!(f, "host {host:?} must look like apm.example.com or apm.example.com:8080")
    }
}

impl std::error::Error for WebHostError {}

impl WebHosts {
    /// Names such as `apm.example.com`, which stands for every port, or
    /// `apm.example.com:8080`. Capitals are made small.
    ///
    /// # Errors
    /// The first of them that has more than a name and a port.
    pub fn parse<T: AsRef<str>>(hosts: &[T]) -> Result<Self, WebHostError> {
        let parsed = hosts.iter().map(|host| parse(host.as_ref()));
        parsed.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the value of a `Host` header is one of them.
    pub fn contains(&self, host: &str) -> bool {
        let is_it = |known: &String| {
            known.eq_ignore_ascii_case(host) || known.eq_ignore_ascii_case(without_port(host))
        };
        self.0.iter().any(is_it)
    }
}

/// Whether the value of a `Host` header names this machine: `localhost`, a name
/// below it, or a loopback address.
///
/// # Examples
/// ```
/// use skytrail_base::web_host::is_loopback;
/// assert!(is_loopback("localhost:12800") && is_loopback("[::1]:80") && is_loopback("127.8.0.1"));
/// assert!(!is_loopback("localhost.evil.example") && !is_loopback("10.0.0.1"));
/// ```
pub fn is_loopback(host: &str) -> bool {
    let name = without_port(host);
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&name);
    let is_address = address.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    is_address || name == "localhost" || name.ends_with(".localhost")
}

/// A host without its port; an IPv6 address keeps its brackets.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn parse(host: &str) -> Result<String, WebHostError> {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    match !host.is_empty() && host.chars().all(is_fit) {
        true => Ok(host.to_ascii_lowercase()),
        false => Err(WebHostError(host.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{WebHosts, is_loopback};

    #[test]
    fn a_name_without_a_port_stands_for_every_port() {
        let hosts = WebHosts::parse(&["Apm.example.com", "other.example.com:8080"]).unwrap();
        for known in ["apm.example.com", "APM.example.com:443", "other.example.com:8080"] {
            assert!(hosts.contains(known), "{known}");
        }
        for unknown in ["example.com", "apm.example.com.evil", "other.example.com", ""] {
            assert!(!hosts.contains(unknown), "{unknown}");
        }
        for wrong in ["", "https://apm.example.com", "a b", "*", "a/b"] {
            let error = WebHosts::parse(&["ok", wrong]).unwrap_err();
            assert!(error.to_string().contains("apm.example.com:8080"), "{error}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for here in ["localhost", "LOCALHOST:1", "a.localhost.", "127.0.0.1:12800", "[::1]"] {
            assert!(is_loopback(here), "{here}");
        }
        for other in ["", "evil.example", "localhost.evil", "0.0.0.0", "[::2]:1", "127.0.0.1.nip"] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
