//! How often somebody may try a token that is nobody's, or send a form: by address, and all together.
//!
//! A token cannot be guessed; the limit keeps strangers from asking for hours. Behind a web server on the same machine all
//! addresses are that machine's, so that only the limit for all counts there; it is wide, because it would keep parties out as well.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use model::{Span, Timestamp};

/// How long tries count.
const WINDOW: Span = Span::minutes(10);
/// The most wrong tokens of one address in that time.
pub const ADDRESS_MAX: u32 = 10;
/// The most wrong tokens of all in that time.
pub const ALL_MAX: u32 = 1_000;

/// The address that a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Default for Peer {
    fn default() -> Self {
        Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}

impl Peer {
    /// Whoever a connection comes from, where some addresses are those of one's own web servers: these are as this machine is.
    #[must_use]
    pub fn of(address: IpAddr, own_servers: &[IpAddr]) -> Self {
        let is_own = own_servers.iter().any(|own| own.to_canonical() == address.to_canonical());
        Self(if is_own { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address })
    }

    /// Whose it is, if it tells anybody apart.
    #[must_use]
    pub fn address(self) -> Option<IpAddr> {
        Some(self.group()).filter(|_| !self.is_own())
    }

    /// Whether it is this machine, whose web server may stand in front, or another that was said to: then the address is everybody's.
    fn is_own(self) -> bool {
        self.0.to_canonical().is_loopback()
    }

    /// What counts as one address: of IPv6 a whole subnet, because whoever has one address there has all of it.
    fn group(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 => v4,
        }
    }
}

/// The wrong tries of the present stretch of time. There are never more addresses in it than tries of all.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Tried>);

#[derive(Debug, Default)]
struct Tried {
    since: Option<Timestamp>,
    all: u32,
    each: HashMap<IpAddr, u32>,
}

impl Throttle {
    /// Counts a try before it is looked at; false if there were too many, and then it is not looked at.
    pub fn counted(&self, peer: Peer, now: Timestamp) -> bool {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let present = tried.since.is_some_and(|since| since <= now && now.since(since) < WINDOW);
        if !present {
            *tried = Tried { since: Some(now), ..Tried::default() };
        }
        let own = tried.each.get(&peer.group()).copied().unwrap_or(0);
        if (own >= ADDRESS_MAX && !peer.is_own()) || tried.all >= ALL_MAX {
            return false;
        }
        tried.each.insert(peer.group(), own + 1);
        tried.all += 1;
        true
    }

    /// Forgets a try: the token was right.
    pub fn forget(&self, peer: Peer) {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = tried.each.get_mut(&peer.group()).filter(|own| **own > 0) {
            *own -= 1;
            tried.all = tried.all.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer(text.parse().unwrap())
    }

    #[test]
    fn an_address_that_tries_too_often_waits_and_others_do_not() {
        let throttle = Throttle::default();
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        for at in 0..ADDRESS_MAX {
            assert!(throttle.counted(peer(&format!("2001:db8::{at:x}")), now));
        }
        assert!(!throttle.counted(peer("2001:db8::ffff"), now), "a subnet is one address");
        assert!(throttle.counted(peer("192.0.2.1"), now));
        assert!(!throttle.counted(peer("2001:db8::1"), now + Span::minutes(9)));
        assert!(throttle.counted(peer("2001:db8::1"), now + WINDOW));
        assert!(throttle.counted(peer("2001:db8::1"), now - WINDOW), "a clock that was set back begins anew");
    }

    #[test]
    fn ones_own_web_server_on_another_machine_is_everybody_and_no_other_is() {
        let own: [IpAddr; 2] = ["10.1.2.3".parse().unwrap(), "2001:db8::5".parse().unwrap()];
        for (address, tells) in [
            ("10.1.2.3", false),
            ("::ffff:10.1.2.3", false),
            ("2001:db8::5", false),
            ("10.1.2.4", true),
            ("2001:db8::6", true),
        ] {
            assert_eq!(Peer::of(address.parse().unwrap(), &own).address().is_some(), tells, "{address}");
        }
        let (throttle, now): (_, Timestamp) = (Throttle::default(), "2026-11-24T08:00:00Z".parse().unwrap());
        assert!((0..ADDRESS_MAX * 3).all(|_| throttle.counted(Peer::of(own[0], &own), now)));
    }

    #[test]
    fn all_together_have_a_limit_and_right_tokens_do_not_count() {
        let throttle = Throttle::default();
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        for at in 0..ALL_MAX {
            assert!(throttle.counted(peer(&format!("10.0.{}.{}", at / 256, at % 256)), now));
        }
        assert!(!throttle.counted(peer("192.0.2.1"), now));
        throttle.forget(peer("10.0.0.0"));
        assert!(throttle.counted(peer("192.0.2.1"), now));
        throttle.forget(peer("192.0.2.9"));
        assert!(!throttle.counted(peer("192.0.2.2"), now), "who never tried has nothing to forget");
    }
}
