//! What keeps machines from filling the log with inquiries: nobody else is asked, nothing is stored in a browser, and no puzzle
//! shuts out whoever cannot see it.
//!
//! Each form carries a mark of the time at which it was drawn, which only this process can make; it counts from a few seconds on
//! to some hours after, and once. Somebody who sends many forms from one address has to wait. The register bounds a day as a whole.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use model::entropy::NoEntropy;
use model::time::{MILLIS_PER_SECOND, SECONDS_PER_DAY};
use model::{Digest, Entropy, Span, Timestamp};
use sha2::{Digest as _, Sha256};
use web::{Peer, Throttle};

/// How long somebody needs at least to write something.
const WRITING_MIN: Span = Span::seconds(3);
/// How long a form may lie on a table.
const FORM_MAX: Span = Span::hours(12);
/// The most that one address sends in a day.
const ADDRESS_DAY_MAX: u32 = 20;
/// The most forms that are remembered as used.
const USED_MAX: usize = 16_384;

/// Why a form is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotTaken {
    /// Its mark is none of this process, is too old, or was used.
    #[error("This page was open for too long, or was sent before. What you wrote is still here: please send it again.")]
    Stale,
    /// It came faster than somebody can write.
    #[error("That was very quick. Please look over what you wrote and send it again.")]
    TooFast,
    /// The address, or everybody together, sent too many.
    #[error("Too much was sent from your network. Please wait a little, or until tomorrow, and send it again.")]
    TooMany,
}

/// The marks of forms.
#[derive(Default)]
pub(crate) struct Asking {
    secret: OnceLock<[u8; 32]>,
    used: Mutex<HashMap<Digest, Timestamp>>,
    senders: Throttle,
    /// The present day in UTC, and what each address sent in it.
    today: Mutex<(i64, HashMap<IpAddr, u32>)>,
}

impl Asking {
    /// A mark for a new form.
    pub(crate) fn mark(&self, entropy: &dyn Entropy, now: Timestamp) -> Result<String, NoEntropy> {
        let (secret, nonce) = (entropy.bytes32()?, entropy.bytes32()?);
        // Of two processes' threads that come first at once, one secret stays.
        let secret = self.secret.get_or_init(|| secret);
        let nonce = Digest::new(nonce).to_string();
        Ok(format!("{}.{nonce}.{}", now.millis(), proof(secret, now.millis(), &nonce)))
    }

    /// Whether a form that came back may be taken; a mark that was taken is not taken again.
    pub(crate) fn take(&self, mark: &str, peer: Peer, now: Timestamp) -> Result<(), NotTaken> {
        let (drawn, proof) = self.read(mark).ok_or(NotTaken::Stale)?;
        let age = now.since(drawn);
        if drawn > now || age >= FORM_MAX {
            return Err(NotTaken::Stale);
        }
        if age < WRITING_MIN {
            return Err(NotTaken::TooFast);
        }
        if !self.senders.counted(peer, now) || !self.within_the_day(peer, now) {
            return Err(NotTaken::TooMany);
        }
        let mut used = self.used();
        used.retain(|_, drawn| now.since(*drawn) < FORM_MAX);
        if used.len() >= USED_MAX {
            return Err(NotTaken::TooMany);
        }
        if used.insert(proof, drawn).is_some() { Err(NotTaken::Stale) } else { Ok(()) }
    }

    /// Counts a form of an address; false if it sent too many today. One machine alone would otherwise fill a city's day.
    fn within_the_day(&self, peer: Peer, now: Timestamp) -> bool {
        let Some(address) = peer.address() else { return true };
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        let day = now.millis().div_euclid(i64::from(SECONDS_PER_DAY) * MILLIS_PER_SECOND);
        if today.0 != day {
            *today = (day, HashMap::new());
        }
        let sent = today.1.entry(address).or_default();
        *sent += 1;
        *sent <= ADDRESS_DAY_MAX
    }

    fn used(&self) -> MutexGuard<'_, HashMap<Digest, Timestamp>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When a form was drawn, if this process drew it.
    fn read(&self, mark: &str) -> Option<(Timestamp, Digest)> {
        let mut parts = mark.splitn(3, '.');
        let (millis, nonce, given) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?.parse().ok()?);
        let made = proof(self.secret.get()?, millis, nonce);
        let differs =
            |a: &Digest, b: &Digest| a.as_bytes().iter().zip(b.as_bytes()).fold(0, |all, (a, b)| all | (a ^ b));
        (differs(&made, &given) == 0).then_some((Timestamp::from_millis(millis), given))
    }
}

/// What only a holder of the secret can make of a time: of fixed length in front, so that nothing can be added behind.
fn proof(secret: &[u8; 32], millis: i64, nonce: &str) -> Digest {
    let inner = Sha256::new().chain_update(secret).chain_update(millis.to_be_bytes()).chain_update(nonce).finalize();
    Digest::new(Sha256::new().chain_update(secret).chain_update(inner).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_taken_once_neither_at_once_nor_after_hours_and_only_from_the_process_that_drew_it() {
        let (entropy, now) = (testkit::SeededBytes::new(1), Timestamp::from_millis(1_000_000));
        let (asking, other) = (Asking::default(), Asking::default());
        let mark = asking.mark(&entropy, now).unwrap();
        assert_ne!(mark, asking.mark(&entropy, now).unwrap());
        other.mark(&entropy, now).unwrap();
        let peer = Peer::default();
        let later = now + Span::minutes(5);
        assert_eq!(asking.take(&mark, peer, now + Span::seconds(2)), Err(NotTaken::TooFast));
        assert_eq!(other.take(&mark, peer, later), Err(NotTaken::Stale));
        for bad in ["", "1.2", &mark[..mark.len() - 1], &format!("1{mark}"), &mark.replace('.', "")] {
            assert_eq!(asking.take(bad, peer, later), Err(NotTaken::Stale), "{bad}");
        }
        assert_eq!(asking.take(&mark, peer, now - Span::minutes(1)), Err(NotTaken::Stale), "a clock set back");
        assert_eq!(asking.take(&mark, peer, now + FORM_MAX), Err(NotTaken::Stale));
        assert_eq!(asking.take(&mark, peer, later), Ok(()));
        assert_eq!(asking.take(&mark, peer, later), Err(NotTaken::Stale), "used");
    }

    #[test]
    fn whoever_sends_many_from_one_address_has_to_wait() {
        let (entropy, now) = (testkit::SeededBytes::new(2), Timestamp::from_millis(1_000_000));
        let asking = Asking::default();
        let send = |peer: &str, at: Timestamp| {
            let mark = asking.mark(&entropy, at - Span::minutes(1)).unwrap();
            asking.take(&mark, Peer(peer.parse().unwrap()), at)
        };
        assert!((0..10).all(|_| send("192.0.2.1", now).is_ok()));
        assert_eq!(send("192.0.2.1", now), Err(NotTaken::TooMany));
        assert_eq!(send("192.0.2.2", now), Ok(()));
        assert_eq!(send("192.0.2.1", now + Span::minutes(11)), Ok(()));
        // A day has its own bound; the next one begins anew, and a web server on this machine is everybody.
        let sent = (2..14).filter(|ten| send("192.0.2.1", now + Span::minutes(ten * 11)).is_ok()).count();
        assert_eq!(sent, 9, "twenty in a day, with the eleven before");
        assert_eq!(send("192.0.2.1", now + Span::days(1)), Ok(()));
        assert!((0..100).all(|_| send("127.0.0.1", now + Span::days(2)).is_ok()));
    }
}
