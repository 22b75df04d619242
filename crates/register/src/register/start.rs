//! Founding a city and opening one: replay, check against what was published, or refuse to write.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU32};
use std::sync::{Arc, Mutex};

use arc_swap::{ArcSwap, ArcSwapOption};
use journal::JournalError;
use model::act::{ActError, CityFounded, PolicyAdoptedFrom};
use model::policy::PolicyText;
use model::{Act, Clock, Entropy, Party, PolicyHash, What};
use tlog::{Hash, RightEdge, SigningKey};

use super::catching_up::follow;
use super::{CLOCK_AHEAD_MAX, Register, Store, SubmitError, Writer, lock};
use crate::command::Adopting;
use crate::decide::{Draft, Refusal, assemble, distinct, worded};
use crate::publish::{PublishError, Publisher};
use crate::rules::{Rules, RulesError};
use crate::sources::{Said, sources};
use crate::state::{ApplyError, State};

/// Why a register does not open. Nothing is written in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There is no city in the journal yet.
    #[error("there is no city here yet; begin one with `ordinance init`")]
    NotFounded,
    /// There is a city in the journal already.
    #[error("there is a city here already; nothing was changed")]
    AlreadyFounded,
    /// An entry is not an act.
    #[error("entry {entry}: {error}")]
    Act {
        /// Its index.
        entry: u64,
        /// Why.
        error: ActError,
    },
    /// An act cannot follow its past.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The signing key is not the log's.
    #[error("the signing key belongs to `{found}`, the log is signed by `{expected}`; put the right key back")]
    WrongKey {
        /// The key in the log.
        expected: String,
        /// The key that was given.
        found: String,
    },
    /// The published checkpoint is not a prefix of the journal: a restored backup or a fork.
    #[error(
        "the published checkpoint of size {published} is not a prefix of the journal of size {stored}: the journal is \
         older than what was published, or another one. Nothing may be signed; restore the newer journal"
    )]
    RolledBack {
        /// Size of the published checkpoint.
        published: u64,
        /// Size of the journal.
        stored: u64,
    },
    /// The policies in the log do not assemble under this software.
    #[error("the policies in force cannot be used: {0}")]
    Policy(#[from] RulesError),
    /// The policies in the log assemble to another hash: this software's schema differs.
    #[error("the policies in force were adopted under another schema ({adopted}, now {computed}); adopt them anew")]
    Schema {
        /// The hash in the log.
        adopted: PolicyHash,
        /// The hash under this software.
        computed: PolicyHash,
    },
    /// The log's files could not be read or written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// No city can begin under these policies.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The founding itself could not be committed.
    #[error(transparent)]
    Submit(#[from] Box<SubmitError>),
}

/// What a city begins with.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The city's name.
    pub name: String,
    /// The city's own party.
    pub founder: Party,
    /// Its first policies, and what is said of their layers.
    pub adopting: Adopting,
    /// Why it begins under these, in words that residents will read.
    pub reason: Option<String>,
}

impl Register {
    /// Begins a city in an empty journal: entry 0 founds it, entry 1 adopts its policies.
    ///
    /// # Errors
    /// There is a city already, the policies do not assemble, or nothing could be written.
    pub fn found(
        store: Box<dyn Store>,
        log_folder: &Path,
        key: SigningKey,
        founding: Founding,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        if store.head().size != 0 {
            return Err(OpenError::AlreadyFounded);
        }
        let Adopting { policies, unreleased, released, kept } = founding.adopting;
        worded(unreleased.as_deref()).and_then(|()| distinct(&policies)).map_err(Box::new)?;
        let rules = assemble(&policies).map_err(Box::new)?;
        let (at, by, under) = (clock.now(), founding.founder.id.clone(), Some(rules.hash()));
        let city = CityFounded {
            name: founding.name,
            origin: key.name().to_owned(),
            founder: founding.founder,
            log_key: key.vkey().to_string(),
        };
        let act = |reason, what| Draft::plain(Act { at, by: by.clone(), under, because: Vec::new(), reason, what });
        let reason = founding.reason.as_deref();
        let said = Said { released: &released, kept: &kept, unreleased: unreleased.as_deref(), reason };
        let sources = sources(&policies, None, said).map_err(|missing| Box::new(Refusal::from(missing)))?;
        let adopted = What::PolicyAdoptedFrom(PolicyAdoptedFrom { hash: rules.hash(), text: policies, sources });
        let drafts = vec![act(None, What::CityFounded(city)), act(founding.reason, adopted)];
        let empty = Replayed::default();
        let register = Self::assembled(store, log_folder, key, empty, Some(rules), clock, entropy);
        {
            let mut writer = lock(&register.writer);
            register.commit(&mut writer, State::default(), drafts).map_err(Box::new)?;
        }
        register.publish()?;
        Ok(register)
    }

    /// Opens a city: replays its journal and holds it against what was published.
    ///
    /// # Errors
    /// Anything at all is wrong; then nothing is written and nothing flows.
    pub fn open(
        store: Box<dyn Store>,
        log_folder: &Path,
        key: SigningKey,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let published = Publisher::new(log_folder, key.name(), key.clone()).published()?;
        let published_size = published.as_ref().map_or(0, |checkpoint| checkpoint.size);
        let replayed = replay(store.as_ref(), published_size)?;
        let city = replayed.state.city.clone().ok_or(OpenError::NotFounded)?;
        if city.log_key != key.vkey().to_string() {
            return Err(OpenError::WrongKey { expected: city.log_key.clone(), found: key.vkey().to_string() });
        }
        if published.is_some_and(|checkpoint| replayed.root_at_published != Some(checkpoint.root)) {
            return Err(OpenError::RolledBack { published: published_size, stored: replayed.state.size });
        }
        let rules = replayed.state.policy.as_ref().map(|policy| assemble_as_adopted(&policy.text, policy.hash));
        let rules = rules.transpose()?;
        let register = Self::assembled(store, log_folder, key, replayed, rules, clock, entropy);
        {
            let mut writer = lock(&register.writer);
            let Writer { store, publisher, .. } = &mut *writer;
            publisher.resume(store.as_ref(), published_size)?;
        }
        // Published anew even if nothing is new: files lost in a crash come back.
        register.publish()?;
        Ok(register)
    }

    fn assembled(
        store: Box<dyn Store>,
        log_folder: &Path,
        key: SigningKey,
        replayed: Replayed,
        rules: Option<Rules>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let origin = key.name().to_owned();
        let publisher = Publisher::new(log_folder, &origin, key);
        let writer = Writer { store, publisher, edge: replayed.edge };
        Self {
            state: ArcSwap::from_pointee(replayed.state),
            rules: ArcSwapOption::new(rules.map(Arc::new)),
            queue: Mutex::new(Vec::new()),
            writer: Mutex::new(writer),
            clock,
            believed: AtomicI64::new(0),
            ahead_max: AtomicU32::new(CLOCK_AHEAD_MAX.as_seconds()),
            entropy,
            log_folder: log_folder.to_owned(),
        }
    }
}

#[derive(Default)]
struct Replayed {
    state: State,
    edge: RightEdge,
    root_at_published: Option<Hash>,
}

/// Folds the whole journal, and notes the root at the size that was published.
fn replay(journal: &dyn Store, published_size: u64) -> Result<Replayed, OpenError> {
    let (mut state, mut edge) = (State::default(), RightEdge::new());
    let mut root_at_published = (published_size == 0).then(|| edge.root());
    follow(journal, &mut state, &mut edge, |_, edge| {
        if edge.size() == published_size {
            root_at_published = Some(edge.root());
        }
        Ok(())
    })?;
    Ok(Replayed { state, edge, root_at_published })
}

/// Assembles policies from the log; their hash must be the one that was adopted.
pub(super) fn assemble_as_adopted(text: &PolicyText, adopted: PolicyHash) -> Result<Rules, OpenError> {
    let rules = Rules::assemble(text)?;
    let computed = rules.hash();
    if computed == adopted { Ok(rules) } else { Err(OpenError::Schema { adopted, computed }) }
}
