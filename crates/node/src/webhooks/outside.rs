//! The way out for what is sent: over TLS to an address of the open internet, and nowhere else unless it was allowed.

use std::fmt;
use std::time::Duration;

use ureq::Agent;
use web::{Allowed, Guarded};

/// The longest that one try may take.
const TRY_TIME_MAX: Duration = Duration::from_secs(15);

/// The way out.
pub(super) struct Outside(Agent);

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}

impl Outside {
    pub(super) fn new(allowed: Vec<Allowed>) -> Self {
        let config = Agent::config_builder().timeout_global(Some(TRY_TIME_MAX)).max_idle_connections(0);
        Self(Guarded::secret(allowed, "--webhooks-allow").agent(config))
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
