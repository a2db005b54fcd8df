//! Who is signed in: random cookies that lead to bearer tokens, in memory only.
//!
//! The token is looked at again at each request, so that revoking it ends its sessions at once.
//! Invariant: a session ends after [`IDLE_MAX`] without a request, after [`SESSION_MAX`] whatever happens, and with the
//! process; there are [`SESSIONS_MAX`] at most. Only the cookie's hash is kept.
//! Invariant: a form counts only with its session's own secret (CSRF), compared in constant time.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use data_encoding::BASE64URL_NOPAD;
use parking_lot::Mutex;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How long nothing may come: a person who went to lunch signs in again.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(30 * 60);
/// How long a session lasts at most: a working day.
pub(crate) const SESSION_MAX: Duration = Duration::from_secs(12 * 3_600);
/// Sessions at a time: every recruiter of a large employer. One more ends the one that was idle for longest.
pub(crate) const SESSIONS_MAX: usize = 1_000;
/// Bytes of a cookie's and a form's secret.
const SECRET_BYTES: usize = 32;

/// Every session.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], Kept>>);

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("count", &self.0.lock().len()).finish_non_exhaustive()
    }
}

struct Kept {
    token: Zeroizing<String>,
    form: String,
    begun: Instant,
    seen: Instant,
}

/// One session, found by its cookie.
pub(crate) struct Session {
    /// The bearer token that it stands for.
    pub(crate) token: Zeroizing<String>,
    /// What its forms carry.
    pub(crate) form: String,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    /// Whether a form came from a page of this session.
    pub(crate) fn sent(&self, form: &str) -> bool {
        bool::from(self.form.as_bytes().ct_eq(form.as_bytes()))
    }
}

impl Sessions {
    /// Begins a session for a token that was accepted; gives its cookie, or nothing if the system has no random numbers.
    pub(crate) fn begin(&self, token: &str, now: Instant) -> Option<Zeroizing<String>> {
        let (cookie, form) = (Zeroizing::new(secret()?), secret()?);
        let mut live = self.0.lock();
        live.retain(|_, kept| kept.is_live(now));
        if live.len() >= SESSIONS_MAX {
            let oldest = live.iter().min_by_key(|(_, kept)| kept.seen).map(|(key, _)| *key);
            oldest.map(|key| live.remove(&key));
        }
        let token = Zeroizing::new(token.to_owned());
        live.insert(key(&cookie), Kept { token, form, begun: now, seen: now });
        Some(cookie)
    }

    /// The session of a cookie, if it still goes on; it was used now.
    pub(crate) fn find(&self, cookie: &str, now: Instant) -> Option<Session> {
        let mut live = self.0.lock();
        let kept = live.get_mut(&key(cookie)).filter(|kept| kept.is_live(now))?;
        kept.seen = now;
        Some(Session { token: kept.token.clone(), form: kept.form.clone() })
    }

    /// Ends a session.
    pub(crate) fn end(&self, cookie: &str) {
        self.0.lock().remove(&key(cookie));
    }
}

impl Kept {
    fn is_live(&self, now: Instant) -> bool {
        now.duration_since(self.seen) < IDLE_MAX && now.duration_since(self.begun) < SESSION_MAX
    }
}

fn key(cookie: &str) -> [u8; 32] {
    *blake3::hash(cookie.as_bytes()).as_bytes()
}

fn secret() -> Option<String> {
    let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
    getrandom::fill(&mut *bytes).ok()?;
    Some(BASE64URL_NOPAD.encode(&*bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_session_ends_when_it_is_idle_and_in_any_case_after_a_day_of_work() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let cookie = sessions.begin("larum_x", start).unwrap();
        assert!(sessions.find("guess", start).is_none());
        let mut now = start;
        while now + IDLE_MAX / 2 < start + SESSION_MAX {
            now += IDLE_MAX / 2;
            assert_eq!(sessions.find(&cookie, now).unwrap().token.as_str(), "larum_x");
        }
        assert!(sessions.find(&cookie, start + SESSION_MAX).is_none(), "used all the time, and over");

        let idle = sessions.begin("larum_x", start).unwrap();
        assert!(sessions.find(&idle, start + IDLE_MAX).is_none());
        let ended = sessions.begin("larum_x", start).unwrap();
        sessions.end(&ended);
        assert!(sessions.find(&ended, start).is_none());
    }

    #[test]
    fn i10_sessions_are_bounded_and_the_idlest_goes_first() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let first = sessions.begin("larum_first", start).unwrap();
        let second = sessions.begin("larum_second", start).unwrap();
        sessions.find(&first, start + Duration::from_secs(2)).unwrap();
        for _ in 2..=SESSIONS_MAX {
            sessions.begin("larum_x", start + Duration::from_secs(1)).unwrap();
        }
        assert_eq!(sessions.0.lock().len(), SESSIONS_MAX);
        assert!(sessions.find(&first, start + Duration::from_secs(3)).is_some());
        assert!(sessions.find(&second, start + Duration::from_secs(3)).is_none());
    }

    #[test]
    fn a_form_of_another_session_does_not_count() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (one, two) = (sessions.begin("a", now).unwrap(), sessions.begin("b", now).unwrap());
        let (one, two) = (sessions.find(&one, now).unwrap(), sessions.find(&two, now).unwrap());
        assert!(one.sent(&one.form) && !one.sent(&two.form) && !one.sent(""));
    }
}
