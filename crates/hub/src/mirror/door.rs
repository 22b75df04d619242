//! A city's log at its address, read with a limit on everything: bytes, requests, and time.
//!
//! Every address that the name means is looked at before it is connected to ([`web::Guarded`]): a members' list is other people's
//! writing, and must not make the hub ask its own network. No redirect is followed. What is read is a claim.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use model::{Clock, Span, Timestamp};
use tlog::audit::{LogSource, SourceError};
use ureq::Agent;
use web::{Allowed, Guarded};

use super::City;
use super::refresh::Reach;

/// The most that is read of one city in a whole refresh, in bytes.
pub const LOOK_BYTES_MAX: u64 = 256 << 20;
/// The most files that one city is asked for in a whole refresh.
const REQUESTS_MAX: u32 = 4_096;
/// The longest wait for one file.
const FILE_TIME_MAX: Duration = Duration::from_secs(15);
/// How long after the first file of a city another one is asked for in the same refresh, however much there is.
const LOOK_TIME_MAX: Span = Span::minutes(2);
/// The largest headers of an answer, in bytes.
const HEADER_BYTES_MAX: usize = 16 << 10;

/// The way to the logs of cities.
#[derive(Clone)]
pub struct Doors {
    agent: Agent,
    clock: Arc<dyn Clock>,
}

impl Doors {
    /// To the open internet, and to what is allowed besides.
    #[must_use]
    pub fn new(allowed: Vec<Allowed>, clock: Arc<dyn Clock>) -> Self {
        Self::with_patience(allowed, clock, FILE_TIME_MAX)
    }

    /// The same, with another longest wait for one file.
    #[must_use]
    pub fn with_patience(allowed: Vec<Allowed>, clock: Arc<dyn Clock>, patience: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(patience))
            .max_response_header_size(HEADER_BYTES_MAX)
            .max_idle_connections(64)
            .max_idle_connections_per_host(1);
        Self { agent: Guarded::public(allowed, "--allow").agent(config), clock }
    }

    /// One file at an address, of at most so many bytes.
    ///
    /// # Errors
    /// Why it was not had, in words without the address.
    pub fn file(&self, address: &str, limit: usize) -> Result<Vec<u8>, String> {
        let mut response = self.agent.get(address).call().map_err(|error| words(&error))?;
        match response.status().as_u16() {
            200 => {}
            status => return Err(format!("it answered {status}")),
        }
        let too_large = || format!("it is larger than {limit} bytes");
        match response.body_mut().with_config().limit(limit as u64 + 1).read_to_vec() {
            Ok(bytes) if bytes.len() <= limit => Ok(bytes),
            Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => Err(too_large()),
            Err(error) => Err(words(&error)),
        }
    }

    /// The log below an address.
    #[must_use]
    pub fn to(&self, address: &str) -> Door {
        Door {
            agent: self.agent.clone(),
            clock: Arc::clone(&self.clock),
            base: address.trim_end_matches('/').to_owned(),
            until: self.clock.now() + LOOK_TIME_MAX,
            bytes: Cell::new(LOOK_BYTES_MAX),
            requests: Cell::new(REQUESTS_MAX),
        }
    }
}

impl Reach for Doors {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        Box::new(self.to(&city.kept.address))
    }
}

/// The way to one log for one refresh: everything that is looked at in a row has one deadline and one amount of bytes.
pub struct Door {
    agent: Agent,
    clock: Arc<dyn Clock>,
    base: String,
    until: Timestamp,
    bytes: Cell<u64>,
    requests: Cell<u32>,
}

impl LogSource for Door {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.get_limited(path, usize::try_from(LOOK_BYTES_MAX).unwrap_or(usize::MAX))
    }

    fn get_limited(&self, path: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        let failed = |message: &str| SourceError::Failed { path: path.to_owned(), message: message.to_owned() };
        if self.clock.now() > self.until {
            return Err(failed("the look took too long"));
        }
        let requests = self.requests.get().checked_sub(1).ok_or_else(|| failed("the look asked for too many files"))?;
        self.requests.set(requests);
        let most = self.bytes.get().min(limit as u64);
        let request = self.agent.get(format!("{}/log/{path}", self.base));
        let mut response = request.call().map_err(|error| failed(&words(&error)))?;
        match response.status().as_u16() {
            200 => {}
            404 => return Err(SourceError::NotFound(path.to_owned())),
            status => return Err(failed(&format!("the city answered {status}"))),
        }
        // One more than may be, so that what is too large is told from what just fits.
        match response.body_mut().with_config().limit(most + 1).read_to_vec() {
            Ok(bytes) if bytes.len() as u64 <= most => {
                self.bytes.set(self.bytes.get() - bytes.len() as u64);
                Ok(bytes)
            }
            Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => {
                Err(SourceError::TooLarge { path: path.to_owned(), limit: usize::try_from(most).unwrap_or(limit) })
            }
            Err(error) => Err(failed(&words(&error))),
        }
    }
}

/// Why a file was not had, in words without the address.
fn words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Other(closed) => closed.to_string(),
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::HostNotFound => "its name means no address".to_owned(),
        ureq::Error::BadUri(_) => "its address is no address".to_owned(),
        ureq::Error::Io(error) => format!("the connection failed: {}", error.kind()),
        _ => "what answers does not speak HTTP or TLS as it should".to_owned(),
    }
}
