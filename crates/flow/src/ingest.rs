//! Ingest: from outside bytes to treated observations on disk.
//!
//! A batch from a device is taken whole or not at all, and the answer comes after the disk has it. A file is taken row
//! by row; what is wrong with a row is counted and said by line, never with its values.

mod batch;
mod doors;
pub mod fault;
mod file;
mod instant;
pub(crate) mod ndjson;
pub(crate) mod ngsi;
mod table;
mod value;

use std::collections::BTreeMap;

use lake::LakeError;
use model::{DeviceId, RefusedFor, StreamId};

use crate::admit::Refused;
use crate::keys::KeyError;
use fault::Place;

pub use batch::RowError;
pub use file::{FileFormat, LINE_BYTES_MAX, open as open_file};
pub use instant::instant;
pub use table::{Mapping, MappingError};

/// The largest body of one request, in bytes.
pub const BODY_BYTES_MAX: usize = 4 << 20;
/// The most observations of one batch.
pub const BATCH_ROWS_MAX: usize = 50_000;
/// How far ahead of the city's clock an observation may be, in seconds.
pub const CLOCK_SKEW_MAX: model::Span = model::Span::minutes(5);
// What counts as gone after the end of a deployment is gone, whatever its sensors' clocks said.
const _: () = assert!(CLOCK_SKEW_MAX.as_seconds() <= register::left::AFTER_END_MAX.as_seconds());

/// What a batch or a file brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingested {
    /// Of which stream.
    pub stream: StreamId,
    /// Observations admitted, whatever their treatment left of them.
    pub admitted: u64,
    /// Those of them that came after their window was released, and count in no number.
    pub late: u64,
    /// Rows of a file that were refused, by reason.
    pub refused: BTreeMap<RowError, RefusedRows>,
    /// The ids of the entities, where there were any.
    pub ids: Vec<String>,
}

impl Ingested {
    /// Nothing of a stream.
    pub(crate) fn nothing(stream: &StreamId) -> Self {
        Self { stream: stream.clone(), admitted: 0, late: 0, refused: BTreeMap::new(), ids: Vec::new() }
    }
}

/// How many rows were refused for a reason, and where the first was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedRows {
    /// How many.
    pub rows: u64,
    /// The first one's number, from 1.
    pub first: u64,
    /// Where in the first one, if that is known.
    pub place: Option<Place>,
}

/// How a problem is to be told to whoever sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Who is asking is not known.
    Unauthorized,
    /// It is known who asks, and it is not allowed.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The request cannot be read.
    BadRequest,
    /// The request is too large.
    TooLarge,
    /// The request can be read and its content cannot be taken.
    Unprocessable,
    /// The city cannot do it now.
    Unavailable,
    /// The city's disk is full.
    Full,
}

/// Why a batch or a file was not taken. Nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The token is no device's.
    #[error("this token belongs to no registered device; register the device, or use its newest token")]
    UnknownToken,
    /// The stream takes nothing now.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The body is too large.
    #[error("the body has more than {BODY_BYTES_MAX} bytes or {BATCH_ROWS_MAX} observations; send smaller batches")]
    TooLarge,
    /// The body is not what it should be.
    #[error("the body cannot be read: {0}")]
    Malformed(String),
    /// One of the observations cannot be taken, so none is.
    #[error("observation {row} cannot be taken, so none of the batch was: {error}{}", at(*.place))]
    Row {
        /// Its number, from 1.
        row: u64,
        /// Where in it, if that is known.
        place: Option<Place>,
        /// Why.
        error: RowError,
    },
    /// There is no pseudonym key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The stream is worked out in the memory of a node.
    #[error(
        "stream `{0}` is worked out in the memory of a running node, and of what is in a file nothing would be left; let the \
         device send its observations to the node as they come"
    )]
    InMemory(StreamId),
    /// Memory is full.
    #[error(transparent)]
    Memory(#[from] privacy::memory::Full),
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] model::entropy::NoEntropy),
    /// The disk could not take it.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The file could not be read.
    #[error("the file could not be read: {0}")]
    Read(#[from] std::io::Error),
    /// The columns do not fit.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The device stated for a whole file is not registered for the stream.
    #[error("device `{0}` is not registered for this stream")]
    UnknownDevice(DeviceId),
}

/// A place in brackets, if there is one.
fn at(place: Option<Place>) -> String {
    place.map(|place| format!(" ({place})")).unwrap_or_default()
}

impl IngestError {
    /// Under which reason it is counted.
    #[must_use]
    pub const fn class(&self) -> RefusedFor {
        match self {
            Self::Refused(Refused::NoPlan(_) | Refused::Norms { .. }) => RefusedFor::Norms,
            Self::Refused(Refused::Device { .. }) | Self::UnknownToken => RefusedFor::Device,
            Self::TooLarge | Self::Malformed(_) | Self::Read(_) | Self::Mapping(_) => RefusedFor::Unreadable,
            Self::Row { error, .. } => error.class(),
            Self::UnknownDevice(_) | Self::InMemory(_) | Self::Key(KeyError::Destroyed { .. }) => RefusedFor::Unfit,
            Self::Refused(Refused::List { .. })
            | Self::Key(_)
            | Self::Lake(_)
            | Self::Memory(_)
            | Self::NoEntropy(_) => RefusedFor::City,
        }
    }

    /// How to tell it.
    #[must_use]
    pub const fn kind(&self) -> Problem {
        match self {
            Self::UnknownToken => Problem::Unauthorized,
            Self::Refused(Refused::NoPlan(_)) => Problem::NotFound,
            Self::Refused(_) => Problem::Forbidden,
            Self::TooLarge => Problem::TooLarge,
            Self::Malformed(_) | Self::Read(_) | Self::Mapping(_) => Problem::BadRequest,
            Self::Row { .. } | Self::UnknownDevice(_) | Self::InMemory(_) => Problem::Unprocessable,
            Self::Key(KeyError::Destroyed { .. }) => Problem::Unprocessable,
            Self::Lake(LakeError::Full { .. }) => Problem::Full,
            Self::Key(_) | Self::Lake(_) | Self::Memory(_) | Self::NoEntropy(_) => Problem::Unavailable,
        }
    }
}
