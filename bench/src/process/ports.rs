//! Ports of loopback that nobody uses.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// So many free ports. They are free at this moment; whoever starts a server
/// on them and fails may ask again.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        *port = listener.local_addr()?.port();
        // Held until all are chosen, so that no port is given twice.
        held.push(listener);
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    #[test]
    fn ports_are_distinct() {
        let [a, b, c] = super::free_ports().unwrap();
        assert!(a != 0 && a != b && b != c && a != c);
    }
}
