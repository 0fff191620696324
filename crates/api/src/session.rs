//! Sessions of browsers: a cookie that stands for the token.

use http::HeaderMap;
use http::header::COOKIE;
use ring::hmac;
use skytrail_base::clock::SharedClock;
use skytrail_base::secret::Secret;

/// Name of the cookie.
const NAME: &str = concat!("skytrail", "_session");

/// How long a session lasts, in seconds: 7 days. It is renewed in its second half.
const LIFETIME: i64 = 7 * 86_400;

/// Makes and knows cookies. Each says when it ends and proves, by a code whose key is the token
/// (HMAC-SHA256), that whoever made it knew the token: so nothing is kept here, a restart asks
/// nobody again, and another token ends all sessions.
pub(crate) struct Sessions {
    key: hmac::Key,
    clock: SharedClock,
    is_encrypted: bool,
}

/// What a cookie is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    /// Nothing.
    None,
    /// The token.
    Valid,
    /// The token, and it should be renewed.
    Ageing,
}

impl Sessions {
    /// Of a token; `is_encrypted` says whether browsers come by TLS only.
    pub(crate) fn new(token: &Secret, clock: SharedClock, is_encrypted: bool) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.expose().as_bytes());
        Self { key, clock, is_encrypted }
    }

    fn now(&self) -> i64 {
        self.clock.unix_millis().div_euclid(1_000)
    }

    /// What the cookie of a request is worth.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Session {
        let values = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let pairs = values.flat_map(|value| value.split(';'));
        let ours = pairs.filter_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='));
        let worth = ours.map(|value| self.worth(value));
        worth.max_by_key(|session| *session as u8).unwrap_or(Session::None)
    }

    fn worth(&self, value: &str) -> Session {
        let known = value.split_once('.').and_then(|(ends, code)| {
            hmac::verify(&self.key, message(ends).as_bytes(), &bytes(code)?).ok()?;
            ends.parse::<i64>().ok()
        });
        match known.map(|ends| ends - self.now()) {
            Some(left) if left > LIFETIME / 2 => Session::Valid,
            Some(left) if left > 0 => Session::Ageing,
            _ => Session::None,
        }
    }

    /// The header that gives a browser a session, for a path.
    pub(crate) fn begin(&self, path: &str) -> String {
        let ends = (self.now() + LIFETIME).to_string();
        let code = hmac::sign(&self.key, message(&ends).as_bytes());
        let code: String = code.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        self.cookie(&format!("{ends}.{code}"), LIFETIME, path)
    }

    /// The header that ends it.
    pub(crate) fn end(&self, path: &str) -> String {
        self.cookie("", 0, path)
    }

    fn cookie(&self, value: &str, seconds: i64, path: &str) -> String {
        let secure = if self.is_encrypted { "; Secure" } else { "" };
        format!("{NAME}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }
}

/// What is signed: nothing else that is signed with the token begins like this.
fn message(ends: &str) -> String {
    format!("skytrail session until {ends}")
}

/// Hexadecimal digits to bytes.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..64).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::COOKIE;
    use skytrail_base::clock::ManualClock;
    use skytrail_base::secret::Secret;

    use super::{LIFETIME, Session, Sessions};

    const SECOND: i64 = 1_000_000_000;

    fn sent(cookie: &str) -> HeaderMap {
        let value = cookie.split(';').next().unwrap();
        let value = format!("theme=dark; {value}; other=1");
        [(COOKIE, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_session_lasts_its_time_and_no_longer() {
        let clock = ManualClock::at(1_000 * SECOND);
        let sessions = Sessions::new(&Secret::new("s3cret"), clock.clone(), true);
        let cookie = sessions.begin("/apm/");
        for part in ["; Path=/apm/;", "; HttpOnly;", "; SameSite=Strict", "; Secure"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("s3cret"));
        assert_eq!(sessions.of(&sent(&cookie)), Session::Valid);
        clock.set((1_000 + LIFETIME / 2) * SECOND);
        assert_eq!(sessions.of(&sent(&cookie)), Session::Ageing);
        clock.set((1_000 + LIFETIME) * SECOND);
        assert_eq!(sessions.of(&sent(&cookie)), Session::None);
        assert!(sessions.end("/").contains("skytrail_session=; Path=/; Max-Age=0;"));
    }

    #[test]
    fn nothing_else_is_a_session() {
        let clock = ManualClock::at(1_000 * SECOND);
        let sessions = Sessions::new(&Secret::new("s3cret"), clock.clone(), false);
        let others = Sessions::new(&Secret::new("s3cret2"), clock, false);
        let cookie = sessions.begin("/");
        let value = cookie.split(';').next().unwrap();
        assert_eq!(sessions.of(&HeaderMap::new()), Session::None);
        assert_eq!(others.of(&sent(&cookie)), Session::None, "another token");
        let (ends, code) = value.split_once('.').unwrap();
        let ends: i64 = ends.rsplit_once('=').unwrap().1.parse().unwrap();
        let longer = format!("skytrail_session={}.{code}", ends + 1);
        for wrong in [longer.as_str(), "skytrail_session=", "skytrail_session=1.zz"] {
            assert_eq!(sessions.of(&sent(wrong)), Session::None, "{wrong}");
        }
        for place in 0..code.len() {
            let mut digits = code.to_owned().into_bytes();
            digits[place] ^= 1;
            let forged = format!("skytrail_session={ends}.{}", String::from_utf8(digits).unwrap());
            assert_eq!(sessions.of(&sent(&forged)), Session::None, "{forged}");
        }
    }
}
