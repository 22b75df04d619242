//! What is asked of the provider itself: where its doors are, its keys, and a token for a code.
//!
//! Nothing but the provider's own origin is asked, without redirects or a proxy, and no answer is read beyond a bound. What it says
//! is not repeated in errors.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use ureq::Agent;
use ureq::http::Uri;

use super::token::Key;
use super::{OidcError, Settings, encoded};

/// The longest that one question may take.
const TIME_MAX: Duration = Duration::from_secs(8);
/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 256 << 10;

/// Where a provider's doors are, and its keys.
#[derive(Debug, Clone)]
pub(super) struct Doors {
    pub(super) authorization: String,
    token: String,
    keys_at: String,
    /// Whether it says who it is when it sends somebody back (RFC 9207).
    pub(super) names_itself: bool,
    pub(super) keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(TIME_MAX))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .build();
    Agent::new_with_config(config)
}

/// Scheme, host and port of an address that a provider may have: with TLS, or on this machine.
pub(super) fn origin(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let fits = scheme == "https" || (scheme == "http" && here);
    (fits && !authority.as_str().contains('@'))
        .then(|| format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()))
}

fn answer<T: for<'d> Deserialize<'d>>(
    asked: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<T, OidcError> {
    let mut answer = asked.map_err(|_| OidcError::Silent)?;
    if !answer.status().is_success() {
        return Err(OidcError::Refused);
    }
    let bytes = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    serde_json::from_slice(&bytes.map_err(|_| OidcError::Silent)?).map_err(|_| OidcError::Odd)
}

/// Asks a provider where its doors are, and for its keys.
pub(super) fn doors(settings: &Settings) -> Result<Doors, OidcError> {
    let at = format!("{}/.well-known/openid-configuration", settings.issuer.trim_end_matches('/'));
    let said: Metadata = answer(agent().get(&at).call())?;
    // Who answers in another's name is another (Discovery, 4.3); what lies elsewhere is not asked.
    let own = origin(&settings.issuer).ok_or(OidcError::Odd)?;
    let all = [&said.authorization_endpoint, &said.token_endpoint, &said.jwks_uri];
    if said.issuer != settings.issuer || all.iter().any(|door| origin(door).as_ref() != Some(&own)) {
        return Err(OidcError::Odd);
    }
    let keys = keys(&said.jwks_uri)?;
    Ok(Doors {
        authorization: said.authorization_endpoint,
        token: said.token_endpoint,
        keys_at: said.jwks_uri,
        names_itself: said.authorization_response_iss_parameter_supported,
        keys,
    })
}

fn keys(at: &str) -> Result<Vec<Key>, OidcError> {
    let said: Keys = answer(agent().get(at).call())?;
    // A key of a kind that is not known here is left out; the others count.
    Ok(said.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
}

impl Doors {
    /// Asks for the keys again.
    pub(super) fn fresh_keys(&self) -> Result<Vec<Key>, OidcError> {
        keys(&self.keys_at)
    }

    /// Asks for a token for a code, with what shows that we are who asked for the code.
    pub(super) fn token(
        &self,
        settings: &Settings,
        code: &str,
        redirect: &str,
        verifier: &str,
    ) -> Result<String, OidcError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        let mut asked = agent().post(&self.token);
        match &settings.client_secret {
            Some(secret) => {
                let pair = format!("{}:{}", encoded(&settings.client_id), encoded(secret));
                asked = asked.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
            }
            None => form.push(("client_id", &settings.client_id)),
        }
        let tokens: Tokens = answer(asked.send_form(form))?;
        Ok(tokens.id_token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_reached_with_tls_or_on_this_machine() {
        for (address, expected) in [
            ("https://ID.example/realms/city", Some("https://id.example")),
            ("https://id.example:8443", Some("https://id.example:8443")),
            ("http://127.0.0.1:9000/", Some("http://127.0.0.1:9000")),
            ("http://localhost:9000", Some("http://localhost:9000")),
            ("http://[::1]:9000", Some("http://[::1]:9000")),
            ("http://id.example", None),
            ("http://127.0.0.1.evil.example", None),
            ("http://10.0.0.1", None),
            ("ftp://id.example", None),
            ("https://user@id.example", None),
            ("/path", None),
            ("", None),
        ] {
            assert_eq!(origin(address).as_deref(), expected, "{address}");
        }
    }
}
