//! Signing in by a city's identity provider (OpenID Connect Core 1.0; RFC 6749, 7636, 9207, 9700): a code with a proof that it was asked
//! for here, and a token that says who somebody is there.
//!
//! The provider says who somebody is, and nothing else: which party they speak for and in which roles stands in the account to which
//! they were invited. One provider is known, the one in the city's settings; what is asked of it is asked once.

mod provider;
pub(crate) mod token;

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flow::folder::{FolderError, remove_private, write_secret};
use model::entropy::NoEntropy;
use model::{Digest, Entropy, Span, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use web::{Peer, SessionId};

use crate::problem::{Kind, Problem};
use provider::{Doors, doors, origin};
pub(crate) use token::Claims;
pub use token::TokenError;
use token::{Expected, verified};

/// The settings, in a city's folder.
const FILE: &str = "identity-provider.json";
/// How long somebody may take at the provider.
const ASKED_MAX: Span = Span::minutes(10);
/// The most that are under way at once.
const UNDER_WAY_MAX: usize = 4_096;
/// How long what a provider published is believed.
const DOORS_MAX: Span = Span::hours(1);
/// How long to wait before its keys are asked for again.
const KEYS_MIN: Span = Span::minutes(1);
/// The most who wait for an answer of the provider at once: it may be slow, and their places are taken from whoever asks without a
/// token.
const ASKED_AT_ONCE: usize = 4;
/// The most of them from one address: whoever begins again and again, or waits for long, keeps out nobody from elsewhere.
const OF_ADDRESS_AT_ONCE: usize = 2;
/// Places beside those, for browsers in which somebody was signed in before: strangers take none of them.
const KNOWN_AT_ONCE: usize = 2;
/// How long a provider that did not answer is not asked again.
const SILENCE: Span = Span::seconds(10);

/// A city's identity provider. Its debug text tells no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who it is, exactly as it says it: an address with TLS, or on this machine.
    pub issuer: String,
    /// What the city is called there.
    pub client_id: String,
    /// What the city shows there; none if the provider takes the proof of the code alone.
    pub client_secret: Option<String>,
    /// What it is called on the page to sign in.
    pub name: String,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({}, {})", self.issuer, self.client_id)
    }
}

/// Why nobody signs in by the provider.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// There is none.
    #[error("this city has no identity provider")]
    None,
    /// The settings are none of ours.
    #[error("an identity provider is an address that begins with https (or is on this machine), a client and a name")]
    Settings,
    /// They cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The provider did not answer.
    #[error("the identity provider does not answer; try again later")]
    Silent,
    /// The provider refused.
    #[error("the identity provider refuses this; begin again")]
    Refused,
    /// The provider says what it must not.
    #[error(
        "the identity provider says something that it must not; whoever keeps the city has to look at its settings"
    )]
    Odd,
    /// Nobody began this, or in another browser, or too long ago.
    #[error("this was not begun in this browser, or too long ago; begin again")]
    NotBegun,
    /// Another provider answered.
    #[error("another provider answered than the one that was asked; begin again")]
    MixUp,
    /// The token is none.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Too many are under way.
    #[error("too many sign in at this moment; try again in some minutes")]
    TooMany,
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

/// Somebody who was sent to the provider.
struct Begun {
    /// What is kept of the visitor's cookie.
    visitor: Digest,
    nonce: String,
    verifier: String,
    redirect: String,
    at: Timestamp,
}

/// What somebody brings back.
pub(crate) struct Brought {
    pub(crate) code: String,
    pub(crate) state: String,
    pub(crate) issuer: Option<String>,
}

/// The provider of a city, and who is under way.
pub(crate) struct Oidc {
    settings: Option<Settings>,
    doors: Mutex<Option<(Doors, Timestamp)>>,
    begun: Mutex<HashMap<Digest, Begun>>,
    places: Arc<Semaphore>,
    known_places: Arc<Semaphore>,
    /// How many places each address has.
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
    /// When the provider did not answer.
    silent: Mutex<Option<Timestamp>>,
}

/// A place to wait for the provider, until it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    _place: OwnedSemaphorePermit,
    address: Option<IpAddr>,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

fn lock(held: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut held = lock(&self.held);
        match held.get_mut(&address) {
            Some(places) if *places > 1 => *places -= 1,
            _ => drop(held.remove(&address)),
        }
    }
}

/// Where the settings lie in a city's folder.
fn path(root: &Path) -> PathBuf {
    root.join(FILE)
}

impl Settings {
    /// Those of a city; none if it has no provider.
    ///
    /// # Errors
    /// They cannot be read, or are none of ours.
    pub fn of(root: &Path) -> Result<Option<Self>, OidcError> {
        let path = path(root);
        match fs::read(&path) {
            Ok(bytes) => {
                let read: Self = serde_json::from_slice(&bytes).map_err(|_| OidcError::Settings)?;
                read.fit().map(Some)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderError::File { path, error }.into()),
        }
    }

    fn fit(self) -> Result<Self, OidcError> {
        let plain = |text: &str| !text.is_empty() && text.len() <= 400 && !text.chars().any(char::is_control);
        let at = origin(&self.issuer).is_some() && !self.issuer.contains(['?', '#']);
        if at && plain(&self.issuer) && plain(&self.client_id) && plain(&self.name) {
            Ok(self)
        } else {
            Err(OidcError::Settings)
        }
    }

    /// Keeps them; a node reads them when it starts.
    ///
    /// # Errors
    /// They do not fit, or cannot be written.
    pub fn keep(self, root: &Path) -> Result<Self, OidcError> {
        let fit = self.fit()?;
        let bytes = serde_json::to_vec(&fit).map_err(|_| OidcError::Settings)?;
        write_secret(&path(root), &bytes)?;
        Ok(fit)
    }

    /// Forgets them.
    ///
    /// # Errors
    /// They cannot be removed.
    pub fn forget(root: &Path) -> Result<(), OidcError> {
        Ok(remove_private(&path(root))?)
    }
}

impl Oidc {
    /// The provider of a city's folder. Settings that cannot be read are as none: nobody signs in by a provider that is not known.
    pub(crate) fn of(root: &Path) -> Self {
        Self {
            settings: Settings::of(root).ok().flatten(),
            doors: Mutex::default(),
            begun: Mutex::default(),
            places: Arc::new(Semaphore::new(ASKED_AT_ONCE)),
            known_places: Arc::new(Semaphore::new(KNOWN_AT_ONCE)),
            held: Arc::default(),
            silent: Mutex::default(),
        }
    }

    /// A place to wait for the provider, for as long as the work takes that asks it. An address has two of those that strangers share;
    /// where it tells nobody apart ([`Peer::address`]) they share them as they come. A browser that is known has others to go to.
    ///
    /// # Errors
    /// As many wait already as may, of this address or of all.
    pub(crate) fn place(&self, peer: Peer, is_known: bool) -> Result<Waiting, OidcError> {
        let address = peer.address();
        let held = Arc::clone(&self.held);
        if let Some(place) = self.of_strangers(address) {
            return Ok(Waiting { _place: place, address, held });
        }
        let known = is_known.then(|| Arc::clone(&self.known_places).try_acquire_owned().ok()).flatten();
        let place = known.ok_or(OidcError::TooMany)?;
        Ok(Waiting { _place: place, address: None, held })
    }

    /// One of the places that strangers share, counted for its address.
    fn of_strangers(&self, address: Option<IpAddr>) -> Option<OwnedSemaphorePermit> {
        let mut held = lock(&self.held);
        if address.is_some_and(|address| held.get(&address).is_some_and(|places| *places >= OF_ADDRESS_AT_ONCE)) {
            return None;
        }
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        if let Some(address) = address {
            *held.entry(address).or_default() += 1;
        }
        Some(place)
    }

    /// What it is called; none if there is none.
    pub(crate) fn name(&self) -> Option<&str> {
        self.settings.as_ref().map(|settings| settings.name.as_str())
    }

    /// Who it is.
    pub(crate) fn issuer(&self) -> Result<&str, OidcError> {
        self.settings().map(|settings| settings.issuer.as_str())
    }

    fn settings(&self) -> Result<&Settings, OidcError> {
        self.settings.as_ref().ok_or(OidcError::None)
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<Digest, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins for a visitor; gives where to send them. Asks the provider, if what it published is old.
    pub(crate) fn begin(
        &self,
        visitor: &SessionId,
        redirect: String,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<String, OidcError> {
        let (settings, doors) = (self.settings()?, self.listened(now, || self.doors(now))?);
        let random = || Ok::<_, NoEntropy>(URL_SAFE_NO_PAD.encode(entropy.bytes32()?));
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let asked = [
            ("response_type", "code"),
            ("client_id", &settings.client_id),
            ("redirect_uri", &redirect),
            ("scope", "openid email"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let asked: Vec<String> = asked.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let sign = if doors.authorization.contains('?') { '&' } else { '?' };
        let to = format!("{}{sign}{}", doors.authorization, asked.join("&"));
        let mut begun = self.begun();
        begun.retain(|_, begun| begun.lasts(now));
        if begun.len() >= UNDER_WAY_MAX {
            return Err(OidcError::TooMany);
        }
        begun.insert(hash(&state), Begun { visitor: visitor.kept(), nonce, verifier, redirect, at: now });
        Ok(to)
    }

    /// Ends what a visitor began: who they are to the provider. Whatever the provider says, it is over.
    pub(crate) fn end(&self, visitor: &SessionId, brought: &Brought, now: Timestamp) -> Result<Claims, OidcError> {
        self.listened(now, || self.ended(visitor, brought, now))
    }

    /// Asks the provider, unless it did not answer just before; if it does not answer now, that is remembered.
    fn listened<T>(&self, now: Timestamp, ask: impl FnOnce() -> Result<T, OidcError>) -> Result<T, OidcError> {
        let silent = || self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if silent().is_some_and(|at| at <= now && now.since(at) < SILENCE) {
            return Err(OidcError::Silent);
        }
        let said = ask();
        if matches!(said, Err(OidcError::Silent)) {
            *silent() = Some(now);
        }
        said
    }

    fn ended(&self, visitor: &SessionId, brought: &Brought, now: Timestamp) -> Result<Claims, OidcError> {
        let settings = self.settings()?;
        // Somebody else's state stays that somebody's: it is looked at before it is taken.
        let begun = {
            let (mut all, key) = (self.begun(), hash(&brought.state));
            let theirs = all.get(&key).is_some_and(|begun| begun.visitor == visitor.kept());
            if theirs { all.remove(&key) } else { None }
        };
        let begun = begun.filter(|begun| begun.lasts(now)).ok_or(OidcError::NotBegun)?;
        let doors = self.doors(now)?;
        let named = match &brought.issuer {
            Some(issuer) => *issuer == settings.issuer,
            None => !doors.names_itself,
        };
        if !named {
            return Err(OidcError::MixUp);
        }
        let token = doors.token(settings, &brought.code, &begun.redirect, &begun.verifier)?;
        let expected = Expected { issuer: &settings.issuer, client: &settings.client_id, nonce: &begun.nonce, now };
        match verified(&token, &doors.keys, &expected) {
            // The provider may have another key since, by another name or by none.
            Err(TokenError::Key | TokenError::Signature) => Ok(verified(&token, &self.fresh_keys(now)?, &expected)?),
            said => Ok(said?),
        }
    }

    fn known(&self) -> MutexGuard<'_, Option<(Doors, Timestamp)>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doors(&self, now: Timestamp) -> Result<Doors, OidcError> {
        let lasts = |at: Timestamp| at <= now && now.since(at) < DOORS_MAX;
        if let Some((doors, _)) = self.known().as_ref().filter(|(_, at)| lasts(*at)) {
            return Ok(doors.clone());
        }
        // Nobody waits for another's question; of two answers the later one stays.
        let found = doors(self.settings()?)?;
        *self.known() = Some((found.clone(), now));
        Ok(found)
    }

    /// The keys as they are now, if they were not asked for just before.
    fn fresh_keys(&self, now: Timestamp) -> Result<Vec<token::Key>, OidcError> {
        let known = self.known().clone();
        let Some((mut doors, at)) = known else { return Err(TokenError::Key.into()) };
        if at <= now && now.since(at) < KEYS_MIN {
            return Ok(doors.keys);
        }
        doors.keys = doors.fresh_keys()?;
        let keys = doors.keys.clone();
        *self.known() = Some((doors, now));
        Ok(keys)
    }
}

impl Begun {
    fn lasts(&self, now: Timestamp) -> bool {
        self.at <= now && now.since(self.at) < ASKED_MAX
    }
}

fn hash(state: &str) -> Digest {
    Digest::new(Sha256::digest(state.as_bytes()).into())
}

/// Text as it stands in a query or a form.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            text + char::from(byte).encode_utf8(&mut [0; 4])
        }
        _ => format!("{text}%{byte:02X}"),
    })
}

impl From<OidcError> for Problem {
    fn from(error: OidcError) -> Self {
        let kind = match &error {
            OidcError::None => Kind::NotFound,
            OidcError::Folder(_) | OidcError::NoEntropy(_) => return Self::new(Kind::Unavailable),
            OidcError::Settings | OidcError::Silent | OidcError::Odd => Kind::Unavailable,
            OidcError::Refused | OidcError::NotBegun | OidcError::MixUp | OidcError::Token(_) => Kind::Forbidden,
            OidcError::TooMany => Kind::Busy,
        };
        Self::new(kind).detail(error.to_string())
    }
}

#[cfg(test)]
mod places {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer(text.parse().unwrap())
    }

    #[test]
    fn an_address_holds_two_places_and_whoever_is_known_has_others() {
        let oidc = Oidc::of(Path::new("/nowhere"));
        let first = [oidc.place(peer("2001:db8::1"), false).unwrap(), oidc.place(peer("2001:db8::9"), false).unwrap()];
        for own in ["2001:db8::1", "2001:db8::2"] {
            assert!(matches!(oidc.place(peer(own), false), Err(OidcError::TooMany)), "a subnet is one address: {own}");
        }
        let others: Vec<Waiting> =
            ["192.0.2.1", "192.0.2.2"].iter().map(|other| oidc.place(peer(other), false).unwrap()).collect();
        assert!(matches!(oidc.place(peer("192.0.2.4"), false), Err(OidcError::TooMany)), "there are four");
        let known = [oidc.place(peer("192.0.2.4"), true).unwrap(), oidc.place(peer("2001:db8::1"), true).unwrap()];
        assert!(matches!(oidc.place(peer("192.0.2.5"), true), Err(OidcError::TooMany)));
        drop(known);
        drop(first);
        let again = oidc.place(peer("2001:db8::3"), false).unwrap();
        drop((again, others));
        assert!(lock(&oidc.held).is_empty(), "nothing is remembered of whoever is gone");
    }

    #[test]
    fn behind_a_web_server_on_this_machine_places_are_shared_as_they_come() {
        let oidc = Oidc::of(Path::new("/nowhere"));
        let held: Vec<Waiting> = (0..ASKED_AT_ONCE).map(|_| oidc.place(peer("127.0.0.1"), false).unwrap()).collect();
        assert!(matches!(oidc.place(peer("127.0.0.1"), false), Err(OidcError::TooMany)));
        drop(held);
        assert!(oidc.place(peer("127.0.0.1"), false).is_ok());
    }
}
