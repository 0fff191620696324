//! Which addresses may be listened on.

use std::io;
use std::net::{IpAddr, SocketAddr};

use skytrail_base::code::Code;
use tokio::net::TcpListener;

/// The code of a port that cannot be opened.
const PORT: Code = Code("ST-1002");
/// The code of a port that would be open to everyone.
const OPEN: Code = Code("ST-1003");

/// A port and what protects it.
#[derive(Debug)]
pub struct OpenCheck<'a> {
    /// The configuration key of its host.
    pub host_key: &'a str,
    /// The configuration key of the token that would protect it.
    pub token_key: &'a str,
    /// Whether a token is set.
    pub has_token: bool,
    /// Whether the operator wrote that everyone may come.
    pub allow_open: bool,
}

impl OpenCheck<'_> {
    /// Says why an address must not be listened on.
    pub fn check(&self, address: IpAddr) -> Result<(), String> {
        if address.is_loopback() || self.has_token || self.allow_open {
            return Ok(());
        }
        Err(format!(
            "{OPEN}: {} is {address}, which others can reach, and nothing asks them who they are; \
             set {}, with a certificate under server.tls, or write server.allow_open: true if the network is trusted",
            self.host_key, self.token_key
        ))
    }
}

/// Opens a port; the error says which key to change.
pub async fn bind(name: &str, key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let help = match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("something listens there already; stop it or set {key}")
            }
            io::ErrorKind::PermissionDenied => {
                format!("ports below 1024 need privileges; set {key}")
            }
            io::ErrorKind::AddrNotAvailable => {
                format!("this machine has no such address; set the host beside {key}")
            }
            _ => format!("set {key}"),
        };
        anyhow::anyhow!("{PORT}: cannot listen on {address} for {name}: {error}; {help}")
    })
}

#[cfg(test)]
mod tests {
    use super::{OpenCheck, bind};

    fn check(has_token: bool, allow_open: bool) -> OpenCheck<'static> {
        OpenCheck { host_key: "api.rest.host", token_key: "api.auth.token", has_token, allow_open }
    }

    #[test]
    fn only_loopback_is_free() {
        let everyone = "0.0.0.0".parse().unwrap();
        assert!(check(false, false).check("127.0.0.1".parse().unwrap()).is_ok());
        assert!(check(false, false).check("::1".parse().unwrap()).is_ok());
        let error = check(false, false).check(everyone).unwrap_err();
        assert!(error.contains("api.rest.host") && error.contains("api.auth.token"), "{error}");
        assert!(check(true, false).check(everyone).is_ok());
        assert!(check(false, true).check(everyone).is_ok());
    }

    #[tokio::test]
    async fn a_taken_port_names_the_key_to_change() {
        let first = bind("test", "api.rest.port", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let error = bind("test", "api.rest.port", first.local_addr().unwrap()).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("listens there already") && text.contains("api.rest.port"), "{text}");
    }
}
