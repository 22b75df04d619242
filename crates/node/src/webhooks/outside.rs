//! The way out: what is sent goes over TLS to an address of the open internet, and nowhere else unless it was allowed.
//!
//! Names are looked up here and every address is looked at before it is connected to, so that a name which means another
//! address a moment later leads nowhere either. No redirect is followed and no proxy is used.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::{Uri, uri::Scheme};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// The longest that one try may take.
const TRY_TIME_MAX: Duration = Duration::from_secs(15);

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
struct Guarded {
    allowed: Vec<Allowed>,
    names: DefaultResolver,
}

/// An address that is not reached from here.
#[derive(Debug, thiserror::Error)]
enum Closed {
    #[error(
        "the address leads into a network that is not open; whoever starts the node can allow it with --webhooks-allow"
    )]
    Inside,
    #[error("without TLS nothing is sent but to this machine itself; use https")]
    NotSecret,
}

impl Guarded {
    fn closed(&self, secret: bool, address: IpAddr) -> Option<Closed> {
        // An IPv4 address in the clothes of IPv6 is what it is.
        let address = address.to_canonical();
        let allowed = self.allowed.iter().any(|allowed| allowed.holds(address));
        match (allowed || is_open(address), secret || (allowed && address.is_loopback())) {
            (false, _) => Some(Closed::Inside),
            (true, false) => Some(Closed::NotSecret),
            (true, true) => None,
        }
    }
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let secret = uri.scheme() == Some(&Scheme::HTTPS);
        // One that is closed closes all: a name that means both is somebody's trick.
        match found.iter().find_map(|address| self.closed(secret, address.ip())) {
            Some(closed) => Err(ureq::Error::Other(Box::new(closed))),
            None => Ok(found),
        }
    }
}

/// The way out.
pub(super) struct Outside(Agent);

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}

impl Outside {
    pub(super) fn new(allowed: Vec<Allowed>) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TRY_TIME_MAX))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .max_idle_connections(0)
            .user_agent("ordinance")
            .build();
        let guarded = Guarded { allowed, names: DefaultResolver::default() };
        Self(Agent::with_parts(config, DefaultConnector::default(), guarded))
    }

    /// Sends a message. What is answered is not read.
    ///
    /// # Errors
    /// Why it did not arrive, in words without the address.
    pub(super) fn send(&self, address: &str, headers: &[(&str, String)], body: &[u8]) -> Result<(), String> {
        let mut request = self.0.post(address).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        match request.send(body) {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(format!("the recipient answered {}", response.status().as_u16())),
            Err(ureq::Error::Other(closed)) => Err(closed.to_string()),
            Err(ureq::Error::Timeout(_)) => Err("the recipient did not answer in time".to_owned()),
            Err(ureq::Error::HostNotFound) => Err("the recipient's name means no address".to_owned()),
            Err(ureq::Error::BadUri(_)) => Err("the recipient's address is no address".to_owned()),
            Err(ureq::Error::Io(error)) => Err(format!("the recipient could not be reached: {}", error.kind())),
            Err(_) => Err("the recipient could not be reached, or does not speak HTTP or TLS as it should".to_owned()),
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
        let guarded = |allowed: &[&str]| Guarded {
            allowed: allowed.iter().map(|text| text.parse().unwrap()).collect(),
            names: DefaultResolver::default(),
        };
        let closed =
            |guarded: &Guarded, secret: bool, address: &str| guarded.closed(secret, address.parse().unwrap()).is_some();
        let (nothing, own) = (guarded(&[]), guarded(&["127.0.0.1", "10.0.0.0/8"]));
        assert!(closed(&nothing, true, "127.0.0.1") && closed(&nothing, true, "::ffff:127.0.0.1"));
        assert!(!closed(&nothing, true, "9.9.9.9") && closed(&nothing, false, "9.9.9.9"));
        assert!(
            !closed(&own, false, "127.0.0.1") && !closed(&own, true, "10.1.1.1") && closed(&own, false, "10.1.1.1")
        );
    }

    #[test]
    fn an_error_names_no_address() {
        let outside = Outside::new(Vec::new());
        for address in [
            "http://localhost:9/secret-path",
            "https://127.0.0.1:9/secret-path",
            "https://[::1]:9/secret-path",
            "nonsense",
        ] {
            let error = outside.send(address, &[], b"{}").unwrap_err();
            assert!(!error.contains("secret-path") && !error.contains("127.0.0.1"), "{error}");
        }
    }
}
