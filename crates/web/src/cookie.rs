//! The one cookie: how it is named, set, read and taken back.
//!
//! It is `Secure` and bound to the host by its name wherever the node is reached by a name of its own, so that a browser sends it
//! over TLS or not at all. Only where the browser itself is on this machine, at `localhost` or a loopback address, there is no
//! network to protect it from, and not every browser keeps `Secure` cookies there. A web server in front has to pass on the host
//! that was asked; one that says that it passes something on is never taken for a browser on this machine.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::SessionId;

/// The name over TLS; browsers take it only with `Secure`, without `Domain`, for the whole host.
const SECURE: &str = "__Host-ordinance";
/// The name on plain loopback.
const LOOPBACK: &str = "ordinance";

/// What web servers add to what they pass on.
const PASSED_ON: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "via"];

/// How the cookie of a request is called and set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookies {
    loopback: bool,
}

impl Cookies {
    /// By the host that the browser asks.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let passed_on = PASSED_ON.iter().any(|name| headers.contains_key(*name));
        Self { loopback: is_loopback(host) && !passed_on }
    }

    const fn name(self) -> &'static str {
        if self.loopback { LOOPBACK } else { SECURE }
    }

    /// The id in the cookie of a request; none if there is none, or two.
    #[must_use]
    pub fn read(self, headers: &HeaderMap) -> Option<SessionId> {
        let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut ours = pairs.filter(|(name, _)| *name == self.name());
        let (_, value) = ours.next().filter(|_| ours.next().is_none())?;
        SessionId::parse(value)
    }

    /// What sets it, until the browser is closed.
    #[must_use]
    pub fn set(self, id: &SessionId) -> Option<HeaderValue> {
        self.header(&id.text(), "")
    }

    /// What takes it back.
    #[must_use]
    pub fn take_back(self) -> Option<HeaderValue> {
        self.header("", "; Max-Age=0")
    }

    fn header(self, value: &str, more: &str) -> Option<HeaderValue> {
        let secure = if self.loopback { "" } else { "; Secure" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}", self.name());
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// Whether a host, with or without a port, is this machine itself.
fn is_loopback(host: &str) -> bool {
    let name = host.strip_prefix('[').map_or_else(
        || host.rsplit_once(':').map_or(host, |(name, _)| name),
        |rest| rest.split_once(']').map_or("", |(name, _)| name),
    );
    let address = name.parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &str, cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        for cookie in cookies {
            headers.append(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        headers
    }

    #[test]
    fn the_cookie_is_secure_but_on_loopback() {
        let id = SessionId([5; 32]);
        for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "[::1]"] {
            let set = Cookies::of(&asked(host, &[])).set(&id).unwrap();
            let set = set.to_str().unwrap();
            assert!(set.starts_with("ordinance=") && !set.contains("Secure"), "{host}: {set}");
        }
        for host in
            ["sensors.city.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "", "[::2]"]
        {
            let set = Cookies::of(&asked(host, &[])).set(&id).unwrap();
            let set = set.to_str().unwrap();
            let guarded = ["__Host-ordinance=", "; Path=/; ", "HttpOnly", "SameSite=Strict", "; Secure"];
            assert!(guarded.iter().all(|part| set.contains(part)) && !set.contains("Domain"), "{host}: {set}");
        }
        for passed_on in PASSED_ON {
            let mut headers = asked("127.0.0.1:8080", &[]);
            headers.insert(passed_on, HeaderValue::from_static("x"));
            assert_eq!(Cookies::of(&headers), Cookies { loopback: false }, "{passed_on}");
        }
        assert!(Cookies { loopback: false }.take_back().unwrap().to_str().unwrap().contains("Max-Age=0"));
    }

    #[test]
    fn one_cookie_of_our_name_is_read_and_no_other() {
        let id = SessionId([5; 32]);
        let (host, own) = ("city.example", format!("__Host-ordinance={}", id.text()));
        let read = |host: &str, cookies: &[&str]| {
            let headers = asked(host, cookies);
            Cookies::of(&headers).read(&headers)
        };
        assert_eq!(read(host, &[&format!("a=b; {own}")]), Some(id.clone()));
        assert_eq!(read(host, &["a=b", &own]), Some(id.clone()));
        for none in [&[][..], &["__Host-ordinance=x"], &[&own, &own], &[&format!("ordinance={}", id.text())]] {
            assert_eq!(read(host, none), None, "{none:?}");
        }
        assert_eq!(read("localhost", &[&own]), None, "what was set over TLS is not read without it");
    }
}
