//! A city: its register, its lake, its keys and its plans, in one folder.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use journal::{JournalError, SqliteJournal};
use lake::{Lake, LakeError, Options};
use model::{Clock, DeviceId, Digest, Entropy, Order, Party, PartyId, StreamId, Timestamp};
use privacy::EpochKeys;
use register::{Command, Founding, OpenError, Receipt, Register, Submission, SubmitError};
use tlog::SigningKey;

use crate::admit::{Admitted, admit};
use crate::counters::Counters;
use crate::folder::{Folder, FolderError};
use crate::ingest::{
    BATCH_ROWS_MAX, BODY_BYTES_MAX, Batch, Chunks, FileFormat, IngestError, Ingested, RefusedRows, RowError,
};
use crate::ingest::{ndjson, ngsi, open_file, same_device};
use crate::keys::{KeyError, Keys};
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
    pub(crate) counters: Counters,
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

impl City {
    /// Begins a city in an empty folder.
    ///
    /// # Errors
    /// The folder holds something, or a part cannot be made.
    pub fn create(
        root: &Path,
        created: Created,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, CityError> {
        let folder = Folder::create(root)?;
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
        let (planner, counters, ticking) = (Planner::default(), Counters::default(), Mutex::new(()));
        Ok(Self { register, lake, keys, orders, planner, counters, ticking, folder })
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

    fn admitted(&self, stream: &StreamId) -> Result<Admitted, IngestError> {
        let plans = self.planner.current(&self.register, &self.orders);
        admit(&plans, stream, self.register.now()).map_err(IngestError::Refused)
    }

    /// The device with a token, if its stream may take observations now.
    fn device(&self, token: &str) -> Result<(DeviceId, Admitted), IngestError> {
        let state = self.register.state();
        let device = state.device_with(&credential(token)).ok_or(IngestError::UnknownToken)?;
        let admitted = self.admitted(&device.stream);
        if admitted.is_err() {
            self.counters.add(&device.stream, |counts| counts.refused += 1);
        }
        Ok((device.id.clone(), admitted?))
    }

    /// The keys that a batch of an admitted stream may need.
    fn keys_for(&self, admitted: &Admitted) -> Result<EpochKeys, IngestError> {
        let stream = &admitted.ready().stream;
        let mut keys = EpochKeys::new(&stream.id);
        for (_, length) in stream.pseudonyms() {
            let (epoch, key) = self.keys.key(&self.register, &stream.id, length, admitted.at())?;
            keys.insert(epoch, key);
        }
        Ok(keys)
    }

    /// Takes a batch of NGSI-LD entities from a device, whole or not at all.
    ///
    /// # Errors
    /// Why nothing of it was taken.
    pub fn ingest_ngsi(&self, token: &str, body: &[u8]) -> Result<Ingested, IngestError> {
        let (device, admitted) = self.device(token)?;
        if body.len() > BODY_BYTES_MAX {
            return Err(IngestError::TooLarge);
        }
        let entities = ngsi::entities(body).map_err(|error| IngestError::Malformed(error.to_string()))?;
        let mut ids = Vec::with_capacity(entities.len());
        let outcome = self.take(&admitted, &[device], |batch| {
            let mut values = Vec::new();
            numbered(entities.len())?.zip(&entities).try_for_each(|(row, entity)| {
                let fail = |error| IngestError::Row { row, error };
                let read =
                    ngsi::parse(&admitted.ready().recipe, entity, &mut values).map_err(|error| fail(error.into()))?;
                batch.push(read.at, None, &values).map_err(fail)?;
                ids.push(read.id.into_owned());
                Ok(())
            })
        });
        outcome.map(|ingested| Ingested { ids, ..ingested })
    }

    /// Takes a batch of lines (NDJSON) from a device, whole or not at all.
    ///
    /// # Errors
    /// Why nothing of it was taken.
    pub fn ingest_lines(&self, token: &str, body: &[u8]) -> Result<Ingested, IngestError> {
        let (device, admitted) = self.device(token)?;
        if body.len() > BODY_BYTES_MAX {
            return Err(IngestError::TooLarge);
        }
        let lines = || body.split(|&byte| byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
        self.take(&admitted, std::slice::from_ref(&device), |batch| {
            let mut values = Vec::new();
            numbered(lines().count())?.zip(lines()).try_for_each(|(row, line)| {
                let fail = |error| IngestError::Row { row, error };
                let read =
                    ndjson::parse(&admitted.ready().recipe, line, &mut values).map_err(|error| fail(error.into()))?;
                let name = same_device(read.device, &device).map_err(fail)?;
                batch.push(read.at, Some(&name), &values).map_err(fail)
            })
        })
    }

    /// Takes a file for a stream, by somebody who holds the city's folder. Rows that cannot be taken are counted by
    /// reason; the others are. `device` names the file's device where the rows do not.
    ///
    /// # Errors
    /// The stream takes nothing, or the file or the disk fails; chunks taken before stay taken.
    pub fn ingest_file(
        &self,
        stream: &StreamId,
        format: &FileFormat,
        device: Option<&DeviceId>,
        file: impl Read + 'static,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Ingested, IngestError> {
        let admitted = self.admitted(stream)?;
        let devices = self.devices_of(stream, device)?;
        let mut chunks = Chunks::new(open_file(file)?, format, &admitted)?;
        let mut total = Ingested { stream: stream.clone(), admitted: 0, refused: Default::default(), ids: Vec::new() };
        let mut row = 0_u64;
        while chunks.read()? {
            // Asked again for each chunk: an approval may lapse while a long file is read.
            let admitted = self.admitted(stream)?;
            let mut rows = 0;
            let taken = self.take(&admitted, &devices, |batch| {
                rows = chunks.push(&admitted, batch, |at, error| note(&mut total, row + at as u64 + 1, error));
                Ok(())
            })?;
            total.admitted += taken.admitted;
            row += rows as u64;
            progress(row);
        }
        Ok(total)
    }

    fn devices_of(&self, stream: &StreamId, device: Option<&DeviceId>) -> Result<Vec<DeviceId>, IngestError> {
        let state = self.register.state();
        let registered = state.devices_of(stream).map(|device| device.id.clone());
        match device {
            None => Ok(registered.collect()),
            Some(device) => {
                let known = registered.into_iter().find(|known| known == device);
                known.map(|known| vec![known]).ok_or_else(|| IngestError::UnknownDevice(device.clone()))
            }
        }
    }

    /// Treats and stores one batch; answers only when the disk has it.
    fn take<'b>(
        &self,
        admitted: &'b Admitted,
        devices: &'b [DeviceId],
        fill: impl FnOnce(&mut Batch<'_>) -> Result<(), IngestError>,
    ) -> Result<Ingested, IngestError> {
        let stream = &admitted.ready().stream.id;
        let keys = self.keys_for(admitted)?;
        let mut batch = Batch::begin(admitted, &keys, devices, self.released_through(stream)?);
        fill(&mut batch).inspect_err(|_| self.counters.add(stream, |counts| counts.refused += 1))?;
        let (treated, taken, late) = batch.finish();
        self.lake.append(stream, &treated)?;
        self.counters.add(stream, |counts| {
            counts.admitted += taken;
            counts.late += late;
        });
        Ok(Ingested { stream: stream.clone(), admitted: taken, refused: Default::default(), ids: Vec::new() })
    }

    /// The end of the last window that any view of a stream has released: what is older comes late.
    fn released_through(&self, stream: &StreamId) -> Result<Option<Timestamp>, LakeError> {
        let state = self.register.state();
        let mut latest = None;
        for view in state.views_of(stream).filter(|view| view.bin().is_some()) {
            latest = latest.max(self.lake.released_through(stream, &view.id, view.version)?);
        }
        Ok(latest)
    }

    /// One tick at a time.
    pub(crate) fn tick_lock(&self) -> std::sync::MutexGuard<'_, ()> {
        self.ticking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Row numbers for a batch that is not too long.
fn numbered(rows: usize) -> Result<std::ops::RangeInclusive<u64>, IngestError> {
    if rows > BATCH_ROWS_MAX { Err(IngestError::TooLarge) } else { Ok(1..=rows as u64) }
}

fn note(total: &mut Ingested, row: u64, error: RowError) {
    total.refused.entry(error).or_insert(RefusedRows { rows: 0, first: row }).rows += 1;
}
