//! Orders: the sealed lists that match-or-drop streams compare with, and their keys.
//!
//! A list is stored as keyed tags; the key lies in a file of its own and dies with the order. The values sought are in
//! memory only while the list is made.

use std::fs;
use std::io;
use std::path::PathBuf;

use journal::Payload;
use model::{Entropy, OrderId, Timestamp};
use privacy::{HotList, HotListKey};
use register::state::OrderRecord;
use register::{Register, State, sealing};
use zeroize::Zeroizing;

use crate::folder::{FolderError, destroy_drafts, destroy_secret, private_folder, write_secret};

/// Why an order's list cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("the key file of order `{0}` is missing or damaged; nothing is compared. Issue a new order")]
    Key(OrderId),
    #[error("the order `{0}` is over; nothing is compared")]
    Over(OrderId),
    #[error("the list of order `{0}` was erased or is damaged; nothing is compared")]
    List(OrderId),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    #[error(transparent)]
    NoEntropy(#[from] model::entropy::NoEntropy),
}

/// The keys of orders' lists.
pub(crate) struct Orders {
    folder: PathBuf,
}

impl Orders {
    pub(crate) fn open(folder: PathBuf) -> Result<Self, FolderError> {
        private_folder(&folder)?;
        destroy_drafts(&folder)?;
        Ok(Self { folder })
    }

    fn path(&self, order: &OrderId) -> PathBuf {
        self.folder.join(format!("{order}.key"))
    }

    /// Makes the list of a new order: its key is kept, and what comes back may be sealed.
    pub(crate) fn make_list(
        &self,
        order: &OrderId,
        values: &[String],
        entropy: &dyn Entropy,
    ) -> Result<String, OrderError> {
        let bytes = match self.read(order)? {
            // Kept before a crash or a refusal; the same order may go on with it.
            Some(bytes) => bytes,
            None => {
                let bytes = Zeroizing::new(entropy.bytes32()?);
                write_secret(&self.path(order), bytes.as_slice())?;
                bytes
            }
        };
        Ok(HotList::build(&HotListKey::new(*bytes), order, values).to_text())
    }

    /// The list of an order in force, opened from its payload.
    pub(crate) fn list(&self, register: &Register, record: &OrderRecord) -> Result<HotList, OrderError> {
        let order = &record.order.id;
        if record.order.until <= register.now() {
            return Err(OrderError::Over(order.clone()));
        }
        let key = self.read(order)?.ok_or_else(|| OrderError::Key(order.clone()))?;
        let Payload::Present(payload) = register.payload(record.entry)? else {
            return Err(OrderError::List(order.clone()));
        };
        let fields = sealing::open(&payload, &record.list).map_err(|_| OrderError::List(order.clone()))?;
        let text = fields.0.get("list").and_then(Option::as_deref).unwrap_or_default();
        HotList::from_text(HotListKey::new(*key), order, text).map_err(|_| OrderError::List(order.clone()))
    }

    /// Why the list of an order must not be compared with any more, if so: what is in memory does not outlive its order,
    /// its payload or its key file.
    pub(crate) fn gone(&self, state: &State, record: &OrderRecord, now: Timestamp) -> Option<OrderError> {
        let order = &record.order.id;
        if record.order.until <= now {
            return Some(OrderError::Over(order.clone()));
        }
        if state.erased.contains(&record.entry) {
            return Some(OrderError::List(order.clone()));
        }
        // Anything that is not surely there is not there.
        (!self.path(order).is_file()).then(|| OrderError::Key(order.clone()))
    }

    /// Destroys the keys of orders that are over. Gives what failed: one does not keep the others.
    pub(crate) fn destroy_due(&self, state: &State, now: Timestamp) -> Vec<FolderError> {
        let over = state.orders.values().filter(|record| record.order.until <= now);
        over.filter_map(|record| destroy_secret(&self.path(&record.order.id)).err()).collect()
    }

    fn read(&self, order: &OrderId) -> Result<Option<Zeroizing<[u8; 32]>>, OrderError> {
        let path = self.path(order);
        match fs::read(&path).map(Zeroizing::new) {
            Ok(bytes) => {
                let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| OrderError::Key(order.clone()))?;
                Ok(Some(Zeroizing::new(bytes)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderError::File { path, error }.into()),
        }
    }
}
