//! Wrong tokens by the address that they come from: whoever guesses has to wait.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::request::Parts;
use parking_lot::Mutex;
use skytrail_base::clock::SharedClock;
use skytrail_base::metrics::{Counter, Registry};

/// Wrong tokens that an address may show at once.
const AT_ONCE: i64 = 10;

/// Milliseconds after which it may show one more.
const EACH: i64 = 6_000;

/// Addresses that are remembered, at most. The one that may try soonest is forgotten for another.
const MOST: usize = 1_024;

/// Where a request comes from; whoever accepts connections adds it to the extensions of requests.
/// Requests without it count as those of one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Remembers who showed wrong tokens.
pub(crate) struct Guesses {
    /// When an address will have shown none, as far as it matters: milliseconds since the Unix
    /// epoch.
    until: Mutex<HashMap<IpAddr, i64>>,
    clock: SharedClock,
    wrong: Counter,
    refused: Counter,
}

impl Guesses {
    pub(crate) fn new(clock: SharedClock, registry: &Registry) -> Self {
        Self {
            until: Mutex::default(),
            clock,
            wrong: registry.register(
                "skytrail_api_wrong_tokens",
                "Requests with a wrong token",
                Counter::default(),
            ),
            refused: registry.register(
                "skytrail_api_refused_tokens",
                "Requests whose token was not looked at, since too many wrong ones came before",
                Counter::default(),
            ),
        }
    }

    /// Whether a token of a request may be looked at.
    ///
    /// # Errors
    /// Seconds until one may be.
    pub(crate) fn allow(&self, request: &Parts) -> Result<(), u64> {
        let until = self.until.lock().get(&address(request)).copied().unwrap_or(0);
        // One more must fit.
        let wait = until - self.clock.unix_millis() - (AT_ONCE - 1) * EACH;
        if wait <= 0 {
            return Ok(());
        }
        self.refused.inc();
        Err(u64::try_from(wait).unwrap_or(0).div_ceil(1_000))
    }

    /// The token of a request was wrong.
    pub(crate) fn note(&self, request: &Parts) {
        self.wrong.inc();
        let (now, address) = (self.clock.unix_millis(), address(request));
        let mut until = self.until.lock();
        if until.len() >= MOST && !until.contains_key(&address) {
            until.retain(|_, until| *until > now);
            let soonest = until.iter().min_by_key(|(_, until)| **until).map(|(one, _)| *one);
            if let Some(soonest) = soonest.filter(|_| until.len() >= MOST) {
                until.remove(&soonest);
            }
        }
        let slot = until.entry(address).or_insert(now);
        // A clock that was set back must not keep anybody out for long.
        *slot = (*slot).clamp(now, now + AT_ONCE * EACH) + EACH;
    }
}

/// What counts as one address: of IPv6 the network of a household, which has all of it.
fn address(request: &Parts) -> IpAddr {
    let peer = request.extensions.get::<Peer>();
    match peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.to_canonical()) {
        IpAddr::V6(long) => {
            let [one, two, three, four, ..] = long.segments();
            IpAddr::V6(Ipv6Addr::new(one, two, three, four, 0, 0, 0, 0))
        }
        short => short,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http::request::Parts;
    use skytrail_base::clock::ManualClock;
    use skytrail_base::metrics::Registry;

    use super::{Guesses, MOST, Peer};

    fn from(address: &str) -> Parts {
        let mut request = Request::new(());
        request.extensions_mut().insert(Peer(address.parse().unwrap()));
        request.into_parts().0
    }

    #[test]
    fn who_guesses_has_to_wait_and_nobody_else() {
        let clock = ManualClock::at(0);
        let guesses = Guesses::new(clock.clone(), &Registry::default());
        let one = from("10.0.0.1");
        for _ in 0..10 {
            assert_eq!(guesses.allow(&one), Ok(()));
            guesses.note(&one);
        }
        assert_eq!(guesses.allow(&one), Err(6));
        assert_eq!(guesses.allow(&from("10.0.0.2")), Ok(()));
        clock.set(6_000_000_000);
        assert_eq!(guesses.allow(&one), Ok(()));
        guesses.note(&one);
        assert_eq!(guesses.allow(&one), Err(6));
        clock.set(70_000_000_000);
        (0..10).for_each(|_| guesses.note(&from("2001:db8::1")));
        assert_eq!(guesses.allow(&from("2001:db8::2")), Err(6), "the same network");
        assert_eq!(guesses.allow(&from("2001:db8:0:1::1")), Ok(()));
        assert_eq!(guesses.allow(&one), Ok(()), "all is forgiven");
    }

    #[test]
    fn few_are_remembered_and_the_worst_are_among_them() {
        let guesses = Guesses::new(ManualClock::at(0), &Registry::default());
        let worst = from("10.0.0.1");
        (0..10).for_each(|_| guesses.note(&worst));
        for n in 0..5_000_u32 {
            guesses.note(&from(&std::net::Ipv4Addr::from(0x0b00_0000 + n).to_string()));
        }
        assert_eq!(guesses.until.lock().len(), MOST);
        assert!(guesses.allow(&worst).is_err());
    }
}
