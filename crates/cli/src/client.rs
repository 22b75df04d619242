//! A city at an address: the same questions over HTTP.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use model::{Clock, Span, Timestamp, plain};
use register::Submission;
use serde_json::Value;
use tlog::audit::{LogSource, SourceError};
use ureq::Agent;
use ureq::http::Response;

use crate::output::Refused;

/// The longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The longest silence of a node that is watched: it gives a sign of life much more often.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// The largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// The most characters of why something is refused that are shown.
const DETAIL_CHARS_MAX: usize = 64 << 10;

/// Whether a city is named by its address rather than its folder.
pub(crate) fn is_address(city: &str) -> bool {
    city.starts_with("http://") || city.starts_with("https://")
}

/// A city's node at an address.
pub(crate) struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        let config = Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build();
        Self { agent: config.into(), base: address.trim_end_matches('/').to_owned() }
    }

    /// The same with another longest wait for an answer, from its first byte to its last, and nobody but who is named is asked: it leads
    /// nowhere else.
    pub(crate) fn patient(address: &str, patience: Duration) -> Self {
        let config = Agent::config_builder().timeout_global(Some(patience)).max_redirects(0);
        let config = config.http_status_as_error(false).build();
        Self { agent: config.into(), base: address.trim_end_matches('/').to_owned() }
    }

    /// Asks for something that may not be there; nothing if it is not.
    pub(crate) fn find(&self, path: &str) -> anyhow::Result<Option<Value>> {
        let response = self.agent.get(format!("{}{path}", self.base)).call();
        let response = response.with_context(|| format!("no answer from {}", self.base))?;
        if response.status().as_u16() == 404 { Ok(None) } else { answer(response).map(Some) }
    }

    /// Asks for a path with a query.
    pub(crate) fn get(&self, path: &str, query: &[(&str, String)], token: Option<&str>) -> anyhow::Result<Value> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        for (name, value) in query {
            request = request.query(name, value);
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.call().with_context(|| format!("no answer from {}", self.base))?)
    }

    /// Asks for released rows, as a party, and with the token of one that authorised it.
    pub(crate) fn released(
        &self,
        query: &[(&str, String)],
        token: Option<&str>,
        authorising: Option<&str>,
    ) -> anyhow::Result<Value> {
        let mut request = self.agent.get(format!("{}/api/v1/released", self.base));
        for (name, value) in query {
            request = request.query(name, value);
        }
        for (name, token) in [("authorization", token), ("ordinance-authorised-by", authorising)] {
            if let Some(token) = token {
                request = request.header(name, format!("Bearer {token}"));
            }
        }
        answer(request.call().with_context(|| format!("no answer from {}", self.base))?)
    }

    /// Begins to watch what is released to a party, from where it left off. What comes is read as it comes; nothing for so
    /// long that the connection must be broken is an error.
    pub(crate) fn live(
        &self,
        query: &[(&str, String)],
        tokens: [(&str, Option<&str>); 2],
        after: Option<&str>,
    ) -> anyhow::Result<ureq::BodyReader<'static>> {
        let config = Agent::config_builder().timeout_per_read(Some(SILENCE_MAX)).timeout_connect(Some(TIMEOUT));
        let agent: Agent = config.http_status_as_error(false).build().into();
        let mut request = agent.get(format!("{}/api/v1/released/live", self.base));
        for (name, value) in query {
            request = request.query(name, value);
        }
        for (name, token) in tokens {
            if let Some(token) = token {
                request = request.header(name, format!("Bearer {token}"));
            }
        }
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let response = request.call().with_context(|| format!("no answer from {}", self.base))?;
        if response.status().as_u16() != 200 {
            return Err(answer(response)
                .err()
                .unwrap_or_else(|| anyhow::anyhow!("the node does not answer with events")));
        }
        Ok(response.into_body().into_with_config().limit(u64::MAX).reader())
    }

    /// The bytes at the address itself, no more than a limit.
    pub(crate) fn bytes(&self, limit: usize) -> anyhow::Result<Vec<u8>> {
        let mut response =
            self.agent.get(&self.base).call().with_context(|| format!("no answer from {}", self.base))?;
        let status = response.status().as_u16();
        if status != 200 {
            bail!("`{}` answered {status}", self.base);
        }
        match response.body_mut().with_config().limit(limit as u64).read_to_vec() {
            Ok(bytes) => Ok(bytes),
            Err(ureq::Error::BodyExceedsLimit(_)) => {
                bail!("what `{}` answers is larger than {limit} bytes", self.base)
            }
            Err(error) => Err(error).with_context(|| format!("what `{}` answers did not come to its end", self.base)),
        }
    }

    /// Sends a body.
    pub(crate) fn post(&self, path: &str, kind: &str, body: &[u8], token: Option<&str>) -> anyhow::Result<Value> {
        let mut request = self.agent.post(format!("{}{path}", self.base)).header("content-type", kind);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.send(body).with_context(|| format!("no answer from {}", self.base))?)
    }

    /// Sends one command.
    pub(crate) fn submit(&self, submission: &Submission, token: &str) -> anyhow::Result<Value> {
        self.post("/api/v1/commands", "application/json", &serde_json::to_vec(submission)?, Some(token))
    }

    /// Asks what commands would do, one after the other. Nothing is done.
    pub(crate) fn preview(&self, submissions: &[Submission], token: &str) -> anyhow::Result<Value> {
        self.post("/api/v1/commands/preview", "application/json", &serde_json::to_vec(submissions)?, Some(token))
    }
}

/// Reads an answer; a problem document becomes an error, one of a norm a refusal.
fn answer(mut response: Response<ureq::Body>) -> anyhow::Result<Value> {
    let status = response.status().as_u16();
    let bytes = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
    let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    if (200..300).contains(&status) {
        return Ok(value);
    }
    let detail = value.get("detail").or_else(|| value.get("title")).and_then(Value::as_str);
    // What a node says is another's words.
    let message =
        detail.map_or_else(|| format!("the node answered {status}"), |detail| plain(detail, DETAIL_CHARS_MAX));
    if value.get("grounds").is_some() {
        return Err(Refused { message, details: value }.into());
    }
    bail!("{message} (status {status})")
}

/// A log's public files at an address.
pub(crate) struct AddressSource(pub(crate) Client);

impl LogSource for AddressSource {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.get_limited(path, usize::try_from(ANSWER_BYTES_MAX).unwrap_or(usize::MAX))
    }

    fn get_limited(&self, path: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        let failed = |message: String| SourceError::Failed { path: path.to_owned(), message };
        let request = self.0.agent.get(format!("{}/log/{path}", self.0.base));
        let mut response = request.call().map_err(|error| failed(error.to_string()))?;
        match response.status().as_u16() {
            200 => {}
            404 => return Err(SourceError::NotFound(path.to_owned())),
            status => return Err(failed(format!("the node answered {status}"))),
        }
        let read = response.body_mut().with_config().limit(limit as u64 + 1).read_to_vec();
        match read {
            Ok(bytes) if bytes.len() <= limit => Ok(bytes),
            Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => {
                Err(SourceError::TooLarge { path: path.to_owned(), limit })
            }
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// A log that has to be had whole by an instant and within some bytes: each file comes in time or not at all, and however many there are,
/// none is asked for after that.
pub(crate) struct Within<'a> {
    log: AddressSource,
    clock: &'a dyn Clock,
    until: Timestamp,
    bytes_left: AtomicUsize,
}

impl<'a> Within<'a> {
    /// From now on, for so long and so much.
    pub(crate) fn new(log: AddressSource, clock: &'a dyn Clock, patience: Span, bytes: usize) -> Self {
        Self { log, clock, until: clock.now() + patience, bytes_left: AtomicUsize::new(bytes) }
    }
}

impl LogSource for Within<'_> {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.get_limited(path, usize::try_from(ANSWER_BYTES_MAX).unwrap_or(usize::MAX))
    }

    fn get_limited(&self, path: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        let failed = |message: &str| SourceError::Failed { path: path.to_owned(), message: message.to_owned() };
        if self.clock.now() > self.until {
            return Err(failed("the log was not had whole in the time that there was for it"));
        }
        let left = self.bytes_left.load(Ordering::Relaxed);
        let bytes = self.log.get_limited(path, limit.min(left))?;
        self.bytes_left.store(left.saturating_sub(bytes.len()), Ordering::Relaxed);
        Ok(bytes)
    }
}
