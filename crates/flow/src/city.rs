//! A city: its register, its lake, its keys and its plans, in one folder.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use journal::{JournalError, SqliteJournal};
use lake::{Lake, LakeError, Options};
use model::entropy::NoEntropy;
use model::{Clock, Digest, Entropy, Order, Party, PartyId, StreamId};
use register::{Command, Founding, OpenError, Receipt, Register, Submission, SubmitError};
use tlog::SigningKey;

use crate::admit::{Admitted, admit};
use crate::counters::{Counters, TickCounts};
use crate::folder::{Folder, FolderError, Fresh};
use crate::ingest::IngestError;
use crate::keys::{KeyError, Keys};
use crate::memories::Memories;
use crate::months::Months;
use crate::opt_outs::OptOuts;
use crate::orders::Orders;
use crate::plans::Planner;

/// Why a city cannot be begun, opened or kept going.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The register.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal's database.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The log.
    #[error(transparent)]
    Publish(#[from] register::publish::PublishError),
    /// An act.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// A release.
    #[error(transparent)]
    Release(#[from] privacy::ReleaseError),
    /// What schedules keep.
    #[error(transparent)]
    Schedule(#[from] crate::exports::ScheduleError),
    /// The log's key.
    #[error("the log's origin is not fit for a key: {0}")]
    Origin(#[from] tlog::NoteError),
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] model::entropy::NoEntropy),
}

/// What a city is begun with.
#[derive(Debug, Clone)]
pub struct Created {
    /// Name, founder, policies.
    pub founding: Founding,
    /// The log's origin, a schemeless URL.
    pub origin: String,
}

/// A running city.
pub struct City {
    pub(crate) register: Register,
    pub(crate) lake: Lake,
    pub(crate) keys: Keys,
    pub(crate) orders: Orders,
    pub(crate) planner: Planner,
    pub(crate) memories: Memories,
    pub(crate) counters: Counters,
    pub(crate) months: Months,
    ticks: Mutex<TickCounts>,
    /// One tick at a time: a window is released once.
    pub(crate) ticking: Mutex<()>,
    folder: Folder,
}

/// The SHA-256 of a token: what the register holds of it.
#[must_use]
pub fn credential(token: &str) -> Digest {
    use sha2::Digest as _;
    Digest::new(sha2::Sha256::digest(token.as_bytes()).into())
}

/// A fresh token: 256 random bits behind a prefix that scanners for leaked secrets can know.
///
/// # Errors
/// There is no randomness.
pub fn fresh_token(entropy: &dyn Entropy) -> Result<String, NoEntropy> {
    Ok(format!("ordinance_{}", Digest::new(entropy.bytes32()?)))
}

impl City {
    /// Begins a city in an empty folder.
    ///
    /// # Errors
    /// The folder holds something, or a part cannot be made; then nothing of it is left.
    pub fn create(
        root: &Path,
        created: Created,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, CityError> {
        Self::begin(Fresh::of(root)?, created, clock, entropy, |_| Ok(()))
    }

    /// Begins a city in a folder that was made for one, beside what whoever made it has put there, and does what it has to begin with.
    ///
    /// # Errors
    /// A part cannot be made, or that is not done; then nothing is left of what was put into the folder since it was made.
    pub fn begin<E: From<CityError>>(
        fresh: Fresh,
        created: Created,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        first: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<Self, E> {
        let (undo, folder) = fresh.parts();
        let city = Self::founded(folder, created, clock, entropy)?;
        match first(&city) {
            Ok(()) => undo.ends(),
            Err(error) => {
                // While the folder is still locked.
                drop(undo);
                return Err(error);
            }
        }
        Ok(city)
    }

    fn founded(
        folder: Folder,
        created: Created,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, CityError> {
        let key = SigningKey::generate(entropy.bytes32()?, &created.origin)?;
        folder.keep_log_key(&key)?;
        let store = Box::new(SqliteJournal::open(&folder.journal())?);
        let register = Register::found(store, &folder.log(), key, created.founding, clock, entropy)?;
        Self::assembled(folder, register, Options::default())
    }

    /// Opens a city.
    ///
    /// # Errors
    /// Anything at all is wrong with it; then nothing flows.
    pub fn open(root: &Path, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, CityError> {
        Self::open_with(root, clock, entropy, Options::default())
    }

    /// Opens a city whose lake behaves as told.
    ///
    /// # Errors
    /// Anything at all is wrong with it; then nothing flows.
    pub fn open_with(
        root: &Path,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        options: Options,
    ) -> Result<Self, CityError> {
        let folder = Folder::open(root)?;
        let key = folder.log_key()?;
        let store = Box::new(SqliteJournal::open(&folder.journal())?);
        let register = Register::open(store, &folder.log(), key, clock, entropy)?;
        Self::assembled(folder, register, options)
    }

    fn assembled(folder: Folder, register: Register, options: Options) -> Result<Self, CityError> {
        let (lake, _recovered) = Lake::open(&folder.lake(), options)?;
        let keys = Keys::open(folder.keys().join("epochs"))?;
        let orders = Orders::open(folder.keys().join("orders"))?;
        let planner = Planner::new(OptOuts::open(folder.keys().join("opt-outs"))?);
        let (memories, counters) = (Memories::new(register.now()), Counters::default());
        let state = register.state();
        for (stream, late) in lake.late() {
            if state.stream(&stream).is_some_and(|(_, declared)| declared.may_be_counted()) {
                counters.add(&stream, |counts| counts.late = late);
            } else {
                // Versions before kept it of every stream.
                lake.keep_late(&stream, 0)?;
            }
        }
        let months = Months::open(folder.root(), &state)?;
        let (ticks, ticking) = (Mutex::default(), Mutex::new(()));
        Ok(Self { register, lake, keys, orders, planner, memories, counters, months, ticks, ticking, folder })
    }

    /// The register.
    #[must_use]
    pub const fn register(&self) -> &Register {
        &self.register
    }
    /// The lake, for its numbers.
    #[must_use]
    pub const fn lake(&self) -> &Lake {
        &self.lake
    }
    /// What flowed so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }
    /// How the ticks went.
    #[must_use]
    pub fn ticks(&self) -> TickCounts {
        self.ticks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// How many pseudonym keys are past their time and still there. Reads a folder.
    ///
    /// # Errors
    /// The folder cannot be read, so that nobody knows.
    pub fn overdue_keys(&self) -> Result<usize, KeyError> {
        self.keys.overdue(&self.register.state(), self.register.now())
    }
    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.root()
    }

    /// The party with a token.
    #[must_use]
    pub fn party_of(&self, token: &str) -> Option<Party> {
        self.register.state().party_with(&credential(token)).cloned()
    }

    /// Issues an order with its list. The values are turned into keyed tags here and forgotten.
    ///
    /// # Errors
    /// The order is refused, or the list's key cannot be kept.
    pub fn issue_order(&self, by: &PartyId, order: Order, values: &[String]) -> Result<Receipt, SubmitError> {
        let known = self.register.state().orders.contains_key(&order.id);
        let list = if known {
            String::new()
        } else {
            let made = self.orders.make_list(&order.id, values, self.register.entropy());
            made.map_err(|error| SubmitError::Act(error.to_string()))?
        };
        self.register.submit(Submission { by: by.clone(), reason: None, command: Command::IssueOrder { order, list } })
    }

    pub(crate) fn admitted(&self, stream: &StreamId) -> Result<Admitted, IngestError> {
        let plans = self.planner.current_for(stream, &self.register, &self.orders);
        let (state, now) = (self.register.state(), self.register.now());
        admit(&plans, &state, &self.orders, stream, now).map_err(IngestError::Refused)
    }

    /// A tick is over, with these steps failed.
    pub(crate) fn ticked(&self, failed: impl Iterator<Item = crate::tick::Step>) {
        self.ticks.lock().unwrap_or_else(PoisonError::into_inner).note(failed);
    }

    /// One tick at a time.
    pub(crate) fn tick_lock(&self) -> std::sync::MutexGuard<'_, ()> {
        self.ticking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
