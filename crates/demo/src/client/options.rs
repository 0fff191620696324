//! What a sender is told.

use std::fmt;
use std::time::Duration;

/// Highest rate, in traces per second: about what one core makes.
pub(super) const MAX_RATE: f64 = 5_000.0;

/// Longest history.
pub(super) const MAX_HISTORY: Duration = Duration::from_secs(31 * 86_400);

/// What to send and where to.
#[derive(Debug, Clone)]
pub struct Options {
    /// `host:port` of the server's gRPC port.
    pub address: String,
    /// Traces per second, above 0 and at most 5,000.
    pub rate: f64,
    /// Equal seeds make equal customers.
    pub seed: u64,
    /// The shared token, sent as `Authentication` with every call.
    pub token: Option<String>,
    /// Stop after so long; none means until the shutdown.
    pub duration: Option<Duration>,
    /// Speak TLS.
    pub tls: Option<Tls>,
    /// First send what the shop did for so long until now, at the same rate in the shop's time and
    /// as fast as the server takes it; at most 31 days.
    pub history: Duration,
    /// What goes wrong in the shop, by number, and how many seconds after now; below zero in the history.
    pub incident: Option<(u64, i64)>,
    /// Send the fixed set once, with `M0` starting at this instant (Unix milliseconds of a full
    /// minute), and stop; rate and seed do not matter then.
    pub once_fixed: Option<i64>,
}

impl Default for Options {
    /// 20 traces per second to this machine.
    fn default() -> Self {
        Self {
            address: "127.0.0.1:11800".to_owned(),
            rate: 20.0,
            seed: 1,
            token: None,
            duration: None,
            tls: None,
            history: Duration::ZERO,
            incident: None,
            once_fixed: None,
        }
    }
}

/// How to trust the server.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Certificates (PEM) of the authorities that are trusted, and no others.
    pub authorities: Vec<u8>,
    /// Name in the server's certificate, where it is not the host of the address.
    pub domain: Option<String>,
}

impl Options {
    /// Refuses what cannot be sent.
    pub(super) fn validate(&self) -> Result<(), Error> {
        if !(self.rate > 0.0 && self.rate <= MAX_RATE) {
            return Err(Error::Rate(self.rate));
        }
        if self.history > MAX_HISTORY {
            return Err(Error::History(self.history));
        }
        match self.once_fixed {
            Some(base) if base % 60_000 != 0 => Err(Error::Base(base)),
            _ => Ok(()),
        }
    }
}

/// Why nothing was sent.
#[derive(Debug)]
pub enum Error {
    /// `address` is not `host:port`.
    Address(String),
    /// `rate` is out of bounds.
    Rate(f64),
    /// `history` is too long.
    History(Duration),
    /// `once_fixed` is not the start of a minute.
    Base(i64),
    /// `token` holds characters that no header may hold.
    Token,
    /// `tls` cannot be used.
    Tls(tonic::transport::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(out, "address '{address}' is not host:port"),
            Self::Rate(rate) => {
                write!(out, "rate {rate} is not above 0 and at most {MAX_RATE} traces per second")
            }
            Self::History(history) => {
                write!(out, "history of {} s is longer than 31 days", history.as_secs())
            }
            Self::Base(base) => {
                write!(out, "once_fixed {base} is not the start of a minute in unix milliseconds")
            }
            Self::Token => write!(out, "token holds characters that are not visible ascii"),
            Self::Tls(_) => write!(out, "tls authorities or domain cannot be used"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Tls(source) => Some(source),
            _ => None,
        }
    }
}
