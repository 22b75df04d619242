//! The way out: to addresses of the open internet, and nowhere else unless it was allowed.
//!
//! Names are looked up here and every address is looked at before it is connected to, so that a name which means another
//! address a moment later leads nowhere either. No redirect is followed and no proxy is used.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ureq::Agent;
use ureq::config::{Config, ConfigBuilder};
use ureq::http::{Uri, uri::Scheme};
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Addresses that may be reached besides the open internet: one, or all that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    address: IpAddr,
    bits: u8,
}

/// Not an address or a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no range of addresses such as 10.20.0.0/16 or 127.0.0.1")]
pub struct AllowedError(String);

impl FromStr for Allowed {
    type Err = AllowedError;
    fn from_str(text: &str) -> Result<Self, AllowedError> {
        let parse = || {
            let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
            let address: IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
            (bits <= most).then_some(Self { address, bits })
        };
        parse().ok_or_else(|| AllowedError(text.chars().take(64).collect()))
    }
}

impl Allowed {
    fn holds(self, address: IpAddr) -> bool {
        let begin_alike = |a: u128, b: u128, width: u32| {
            let rest = width - u32::from(self.bits);
            a.checked_shr(rest).unwrap_or(0) == b.checked_shr(rest).unwrap_or(0)
        };
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                begin_alike(u32::from(own).into(), u32::from(other).into(), Ipv4Addr::BITS)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => begin_alike(own.into(), other.into(), Ipv6Addr::BITS),
            _ => false,
        }
    }
}

/// Whether an address is one of the open internet. What is not known to be is not.
fn is_open(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            let special = address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_documentation()
                || address.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 192 && b == 88 && c == 99)
                || (a == 198 && (b == 18 || b == 19));
            !special
        }
        // Of IPv6 only the global unicast addresses, without those that carry another address in them.
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            let tunnels = first == 0x2002 || (first == 0x2001 && second < 0x0200);
            let documentation = (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
            (first & 0xe000) == 0x2000 && !tunnels && !documentation
        }
    }
}

/// Looks names up, and looks at what they mean.
#[derive(Debug)]
pub struct Guarded {
    allowed: Vec<Allowed>,
    secret: bool,
    option: &'static str,
    names: DefaultResolver,
}

/// An address that is not reached from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// It is not one of the open internet, and nobody allowed it.
    #[error("the address leads into a network that is not open; whoever starts this can allow it with {0}")]
    Inside(&'static str),
    /// What is sent is nobody else's to read.
    #[error("without TLS nothing is sent but to this machine itself; use https")]
    NotSecret,
}

impl Guarded {
    /// The open internet, over TLS, and what is allowed besides; `option` is how whoever starts this allows more.
    #[must_use]
    pub fn secret(allowed: Vec<Allowed>, option: &'static str) -> Self {
        Self { allowed, secret: true, option, names: DefaultResolver::default() }
    }

    /// The same for what is public and signed by whoever made it: TLS is not asked for.
    #[must_use]
    pub fn public(allowed: Vec<Allowed>, option: &'static str) -> Self {
        Self { secret: false, ..Self::secret(allowed, option) }
    }

    /// A client that goes out through here alone. It follows no redirect and uses no proxy, whatever the configuration says.
    #[must_use]
    pub fn agent(self, config: ConfigBuilder<AgentScope>) -> Agent {
        let config = config.http_status_as_error(false).max_redirects(0).proxy(None).user_agent("ordinance").build();
        Agent::with_parts(config, DefaultConnector::default(), self)
    }

    fn closed(&self, tls: bool, address: IpAddr) -> Option<Closed> {
        // An IPv4 address in the clothes of IPv6 is what it is.
        let address = address.to_canonical();
        let allowed = self.allowed.iter().any(|allowed| allowed.holds(address));
        match (allowed || is_open(address), tls || !self.secret || (allowed && address.is_loopback())) {
            (false, _) => Some(Closed::Inside(self.option)),
            (true, false) => Some(Closed::NotSecret),
            (true, true) => None,
        }
    }
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let tls = uri.scheme() == Some(&Scheme::HTTPS);
        // One that is closed closes all: a name that means both is somebody's trick.
        match found.iter().find_map(|address| self.closed(tls, address.ip())) {
            Some(closed) => Err(ureq::Error::Other(Box::new(closed))),
            None => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_open_internet_is_open() {
        for closed in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "240.0.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
            "fec0::1",
        ] {
            let address: IpAddr = closed.parse().unwrap();
            assert!(!is_open(address.to_canonical()), "{closed}");
        }
        for open in ["9.9.9.9", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:2800:220:1::1", "2a00:1450::1"] {
            assert!(is_open(open.parse().unwrap()), "{open}");
        }
    }

    #[test]
    fn a_range_holds_what_begins_alike_and_nonsense_is_none() {
        let range = |text: &str| text.parse::<Allowed>().unwrap();
        let holds = |text: &str, address: &str| range(text).holds(address.parse().unwrap());
        assert!(holds("10.20.0.0/16", "10.20.255.1") && !holds("10.20.0.0/16", "10.21.0.1"));
        assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
        assert!(holds("fd00::/8", "fd12::1") && !holds("fd00::/8", "fe80::1") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("0.0.0.0/0", "10.0.0.1") && holds("::/0", "::1"));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "localhost", "10.0.0.0/-1", "10.0.0.0/8/8"] {
            assert!(bad.parse::<Allowed>().is_err(), "{bad}");
        }
    }

    #[test]
    fn without_tls_only_this_machine_is_reached_and_only_if_allowed() {
        let guarded =
            |allowed: &[&str]| Guarded::secret(allowed.iter().map(|text| text.parse().unwrap()).collect(), "--allow");
        let closed =
            |guarded: &Guarded, tls: bool, address: &str| guarded.closed(tls, address.parse().unwrap()).is_some();
        let (nothing, own) = (guarded(&[]), guarded(&["127.0.0.1", "10.0.0.0/8"]));
        assert!(closed(&nothing, true, "127.0.0.1") && closed(&nothing, true, "::ffff:127.0.0.1"));
        assert!(!closed(&nothing, true, "9.9.9.9") && closed(&nothing, false, "9.9.9.9"));
        assert!(
            !closed(&own, false, "127.0.0.1") && !closed(&own, true, "10.1.1.1") && closed(&own, false, "10.1.1.1")
        );
    }

    #[test]
    fn what_is_public_needs_no_tls_and_leads_no_further_inside() {
        let public = Guarded::public(Vec::new(), "--allow");
        let closed = |tls: bool, address: &str| public.closed(tls, address.parse().unwrap());
        assert_eq!((closed(false, "9.9.9.9"), closed(true, "9.9.9.9")), (None, None));
        for inside in ["127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1"] {
            assert_eq!(closed(false, inside), Some(Closed::Inside("--allow")), "{inside}");
        }
    }
}
