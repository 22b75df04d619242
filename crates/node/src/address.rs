//! The address at which a node is reached, for what has to name it where no page stands around it: signs, feeds, open files.
//!
//! It is the host that the request names, and nothing that a request could smuggle in besides. A node speaks plain HTTP to
//! the proxy that keeps its certificate, so the address begins with `https`, unless the host is this machine or a bare number
//! of the network, as on a table at home. What was drawn for one host is never kept for another.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};

use crate::problem::{Kind, Problem};

/// The longest name of a host, in bytes.
const HOST_BYTES_MAX: usize = 253;

/// For answers that name the host: another one gets another answer.
pub(crate) const BY_HOST: (HeaderName, HeaderValue) = (header::VARY, HeaderValue::from_static("host"));

/// Scheme and host, without a slash at the end: `https://register.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base(String);

impl Base {
    /// The base that a `Host` header stands for; none if it is not a host's name or number, with or without a port.
    fn of(host: &str) -> Option<Self> {
        let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((_, "")) => (host, None),
            Some((_, port)) => (host.strip_suffix(port)?, Some(port.strip_prefix(':')?)),
            None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
        };
        if port.is_some_and(|port| port.is_empty() || port.parse::<u16>().is_err() || !digits(port)) {
            return None;
        }
        let number = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        let plain = number.is_ok() || name == "localhost";
        if !plain && !is_name(name) {
            return None;
        }
        Some(Self(format!("{}://{}", if plain { "http" } else { "https" }, host.to_ascii_lowercase())))
    }

    /// The address of a path, which begins with a slash.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is the name of a host: labels of letters, digits and hyphens.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= HOST_BYTES_MAX && name.split('.').all(label)
}

impl<S: Sync> FromRequestParts<S> for Base {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let named = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        named.and_then(Self::of).ok_or_else(|| {
            Problem::new(Kind::BadRequest)
                .detail("this names the address of the register, and the request’s `Host` is not the name of one")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_a_number_and_nothing_else() {
        for (host, expected) in [
            ("register.example", Some("https://register.example")),
            ("Register.Example:8443", Some("https://register.example:8443")),
            ("localhost:8080", Some("http://localhost:8080")),
            ("127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("[::1]:8080", Some("http://[::1]:8080")),
            ("[::1]", Some("http://[::1]")),
            ("", None),
            ("a/b", None),
            ("user@register.example", None),
            ("register.example:", None),
            ("register.example:+80", None),
            ("register.example:99999", None),
            ("register.example\"><script>", None),
            ("-a.example", None),
            ("a..example", None),
            ("[::1", None),
            ("[evil.example]", None),
            ("[::1]x", None),
        ] {
            assert_eq!(Base::of(host).map(|base| base.join("")).as_deref(), expected, "{host}");
        }
    }
}
