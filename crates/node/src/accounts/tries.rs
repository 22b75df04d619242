//! How often somebody may try a login: whatever it is, and whether or not it is anybody's.
//!
//! A stranger's tries count by login and address, so that nobody keeps an owner out from one place; those of all strangers together
//! have a wider limit. A browser in which somebody was signed in with a login has tries of its own, and strangers do not use them up.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{Digest, Span, Timestamp};
use sha2::{Digest as _, Sha256};
use web::Peer;

/// How long tries count.
const WINDOW: Span = Span::minutes(10);
/// The most wrong tries of one login from one address in that time, or in a browser that is known.
const ADDRESS_MAX: u32 = 10;
/// The most wrong tries of one login from all addresses in that time.
const LOGIN_MAX: u32 = 100;
/// The most that is remembered; the limit on all tries of a node lies far below it.
const TRIED_MAX: usize = 16_384;
/// How long a browser is known after somebody signed in with it.
const BROWSER_MAX: Span = Span::days(30);
/// The most browsers that are known; then the one that was used longest ago is not any more.
const BROWSERS_MAX: usize = 16_384;
/// The most of them of one login; then its own oldest is not any more, and nobody else's.
const OF_LOGIN_MAX: usize = 8;

/// What is tried: a login or a browser, of which a hash is kept, and from which address, where each address counts by itself.
type Tried = (Digest, Option<IpAddr>);

/// The tries of the present stretch of time, by what was tried; and the browsers that are known, by what is kept of their cookie, with
/// the login that was right there.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    tried: Mutex<HashMap<Tried, (Timestamp, u32)>>,
    browsers: Mutex<HashMap<Digest, (Digest, Timestamp)>>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether something of some time is within a span of now.
fn lasts(since: Timestamp, now: Timestamp, span: Span) -> bool {
    since <= now && now.since(since) < span
}

impl Tries {
    /// Counts a stranger's try of a login before it is looked at; false if there were too many, and then it is not looked at. Where an
    /// address is this machine's, behind whose web server everybody is, it tells nobody apart.
    pub(crate) fn counted(&self, login: &str, peer: Peer, now: Timestamp) -> bool {
        let login = of_login(login);
        let of_address = peer.address().map(|address| ((login, Some(address)), ADDRESS_MAX));
        self.count([Some(((login, None), LOGIN_MAX)), of_address], now)
    }

    /// Counts a try in a browser that is known.
    pub(crate) fn counted_in(&self, browser: Digest, now: Timestamp) -> bool {
        self.count([Some(((browser, None), ADDRESS_MAX)), None], now)
    }

    /// Counts one try of each, if there were not too many of one.
    fn count(&self, keys: [Option<(Tried, u32)>; 2], now: Timestamp) -> bool {
        let mut tried = lock(&self.tried);
        if tried.len() + keys.len() > TRIED_MAX {
            tried.retain(|_, (since, _)| lasts(*since, now, WINDOW));
        }
        let had =
            |key: &Tried| tried.get(key).filter(|(since, _)| lasts(*since, now, WINDOW)).map_or(0, |(_, had)| *had);
        let full = tried.len() + keys.len() > TRIED_MAX;
        if full || keys.iter().flatten().any(|(key, max)| had(key) >= *max) {
            return false;
        }
        for (key, _) in keys.into_iter().flatten() {
            let (since, had) = tried.entry(key).or_insert((now, 0));
            if !lasts(*since, now, WINDOW) {
                (*since, *had) = (now, 0);
            }
            *had += 1;
        }
        true
    }

    /// Forgets what was tried of a login from an address or in a browser: it was right.
    pub(crate) fn forget(&self, login: &str, peer: Peer, browser: Digest) {
        let mut tried = lock(&self.tried);
        let login = of_login(login);
        for key in [(login, None), (login, peer.address()), (browser, None)] {
            tried.remove(&key);
        }
    }

    /// Remembers the browser in which somebody is signed in with a login, in the place of what it was known by before.
    pub(crate) fn know(&self, browser: Digest, before: Digest, login: &str, now: Timestamp) {
        let (mut browsers, login) = (lock(&self.browsers), of_login(login));
        browsers.remove(&before);
        browsers.retain(|_, (_, since)| lasts(*since, now, BROWSER_MAX));
        let own = browsers.values().filter(|(known, _)| *known == login).count();
        let whose = (own >= OF_LOGIN_MAX).then_some(login);
        if whose.is_some() || browsers.len() >= BROWSERS_MAX {
            let may_go = browsers.iter().filter(|(_, (known, _))| whose.is_none_or(|whose| *known == whose));
            if let Some(oldest) = may_go.min_by_key(|(_, (_, since))| *since).map(|(browser, _)| *browser) {
                browsers.remove(&oldest);
            }
        }
        browsers.insert(browser, (login, now));
    }

    /// Whether somebody was signed in in a browser, with whichever login.
    pub(crate) fn has(&self, browser: Digest, now: Timestamp) -> bool {
        lock(&self.browsers).get(&browser).is_some_and(|(_, since)| lasts(*since, now, BROWSER_MAX))
    }

    /// Whether somebody was signed in with a login in a browser.
    pub(crate) fn is_known(&self, browser: Digest, login: &str, now: Timestamp) -> bool {
        let browsers = lock(&self.browsers);
        browsers
            .get(&browser)
            .is_some_and(|(known, since)| *known == of_login(login) && lasts(*since, now, BROWSER_MAX))
    }
}

fn of_login(login: &str) -> Digest {
    Digest::new(Sha256::digest(login.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer(text.parse().unwrap())
    }

    #[test]
    fn a_login_that_is_tried_too_often_from_one_place_waits_there_and_nowhere_else() {
        let (tries, now) = (Tries::default(), Timestamp::from_millis(1_000_000));
        let (here, there) = (peer("192.0.2.1"), peer("192.0.2.2"));
        assert!((0..ADDRESS_MAX).all(|_| tries.counted("a", here, now)));
        assert!(!tries.counted("a", here, now) && tries.counted("b", here, now));
        assert!(tries.counted("a", there, now), "whoever tries elsewhere does not keep its owner out");
        assert!(!tries.counted("a", here, now + Span::minutes(9)));
        assert!(tries.counted("a", here, now + WINDOW));
        tries.forget("b", here, Digest::new([1; 32]));
        assert!((0..ADDRESS_MAX).all(|_| tries.counted("b", here, now)), "what was right is forgotten");
    }

    #[test]
    fn a_login_has_a_limit_from_all_addresses_and_behind_a_web_server_on_this_machine() {
        let (tries, now) = (Tries::default(), Timestamp::from_millis(1_000_000));
        for at in 0..LOGIN_MAX {
            assert!(tries.counted("a", peer(&format!("10.0.0.{at}")), now));
        }
        assert!(!tries.counted("a", peer("192.0.2.1"), now) && tries.counted("b", peer("192.0.2.1"), now));
        let own = peer("127.0.0.1");
        assert!((0..LOGIN_MAX).all(|_| tries.counted("c", own, now)) && !tries.counted("c", own, now));
    }

    #[test]
    fn a_browser_that_is_known_has_tries_of_its_own_for_its_login() {
        let (tries, now) = (Tries::default(), Timestamp::from_millis(1_000_000));
        let [first, second, other] = [1, 2, 3].map(|byte| Digest::new([byte; 32]));
        tries.know(first, other, "a", now);
        assert!(
            tries.is_known(first, "a", now) && !tries.is_known(first, "b", now) && !tries.is_known(other, "a", now)
        );
        for at in 0..LOGIN_MAX {
            assert!(tries.counted("a", peer(&format!("10.0.0.{at}")), now));
        }
        assert!((0..ADDRESS_MAX).all(|_| tries.counted_in(first, now)) && !tries.counted_in(first, now));
        assert!(tries.counted_in(second, now));
        // Under another cookie it is the same browser, and the old cookie is nobody's.
        tries.know(second, first, "a", now);
        assert!(tries.is_known(second, "a", now) && !tries.is_known(first, "a", now));
        assert!(!tries.is_known(second, "a", now + BROWSER_MAX));
    }

    #[test]
    fn a_login_pushes_out_its_own_oldest_browser_and_nobody_elses() {
        let (tries, now) = (Tries::default(), Timestamp::from_millis(1_000_000));
        let browser = |at: u8| Digest::new([at; 32]);
        tries.know(browser(200), browser(0), "a", now);
        for at in 1..=20 {
            tries.know(browser(at), browser(0), "b", now + Span::minutes(u32::from(at)));
        }
        let later = now + Span::minutes(30);
        assert!(tries.is_known(browser(200), "a", later), "the oldest of all, and somebody else's");
        assert!((1..=12).all(|at| !tries.has(browser(at), later)) && (13..=20).all(|at| tries.has(browser(at), later)));
        assert_eq!(lock(&tries.browsers).len(), OF_LOGIN_MAX + 1);
    }
}
