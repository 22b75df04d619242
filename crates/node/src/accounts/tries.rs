//! How often somebody may try a login: whatever it is, and whether or not it is anybody's.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::{Digest, Span, Timestamp};
use sha2::{Digest as _, Sha256};

/// How long tries count.
const WINDOW: Span = Span::minutes(10);
/// The most wrong tries of one login in that time.
const LOGIN_MAX: u32 = 10;
/// The most logins that are remembered; the limit on all tries of a node lies far below it.
const LOGINS_MAX: usize = 16_384;

/// The tries of the present stretch of time, by what was tried.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<HashMap<Digest, (Timestamp, u32)>>);

impl Tries {
    /// Counts a try before it is looked at; false if there were too many, and then it is not looked at.
    pub(crate) fn counted(&self, login: &str, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lasts = |since: Timestamp| since <= now && now.since(since) < WINDOW;
        if all.len() >= LOGINS_MAX {
            all.retain(|_, (since, _)| lasts(*since));
        }
        let full = all.len() >= LOGINS_MAX;
        let tried = all.entry(hash(login)).or_insert((now, 0));
        if !lasts(tried.0) {
            *tried = (now, 0);
        }
        if full || tried.1 >= LOGIN_MAX {
            return false;
        }
        tried.1 += 1;
        true
    }

    /// Forgets what was tried: it was right.
    pub(crate) fn forget(&self, login: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash(login));
    }
}

fn hash(login: &str) -> Digest {
    Digest::new(Sha256::digest(login.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_that_is_tried_too_often_waits_whether_or_not_it_is_somebodys_and_others_do_not() {
        let (tries, now) = (Tries::default(), Timestamp::from_millis(1_000_000));
        assert!((0..LOGIN_MAX).all(|_| tries.counted("a", now)));
        assert!(!tries.counted("a", now) && tries.counted("b", now));
        assert!(!tries.counted("a", now + Span::minutes(9)));
        assert!(tries.counted("a", now + WINDOW));
        tries.forget("b");
        assert!((0..LOGIN_MAX).all(|_| tries.counted("b", now)), "what was right is forgotten");
    }
}
