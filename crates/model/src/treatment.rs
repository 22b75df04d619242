//! What happens to a property at collection, before any disk.

use serde::{Deserialize, Serialize};

use crate::geo::H3Resolution;
use crate::id::OrderId;
use crate::strict::nothing_more;
use crate::time::{EpochLength, TimeBin};

/// What happens to one property of an observation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Treatment {
    /// Stored as it came. Never allowed for an identifier.
    #[serde(deserialize_with = "nothing_more")]
    Keep,
    /// Read and forgotten.
    #[serde(deserialize_with = "nothing_more")]
    Drop,
    /// Replaced by a keyed tag; the key lives for one epoch and the minutes of grace that `flow` keeps after it, and is then
    /// destroyed, so that tags of two epochs cannot be joined.
    Pseudonymise {
        /// How long one key lives.
        epoch: EpochLength,
    },
    /// A position becomes the H3 cell that holds it.
    Cell {
        /// How fine the cell is.
        resolution: H3Resolution,
    },
    /// A number falls to the lower edge of its class of the given width, in the property's own unit.
    Band {
        /// Width of a class; more than zero.
        width: u32,
    },
    /// Compared in memory with the sealed list of an order. A non-hit leaves no trace at all; of a hit the list
    /// entry's number is kept, never the value itself.
    Match {
        /// The order whose list is compared.
        order: OrderId,
    },
    /// Forgotten, and otherwise equal observations of one batch become one with a count.
    #[serde(deserialize_with = "nothing_more")]
    Count,
}

impl Treatment {
    /// A word for the register's pages and for Cedar.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Pseudonymise { .. } => "pseudonymise",
            Self::Cell { .. } => "cell",
            Self::Band { .. } => "band",
            Self::Match { .. } => "match",
            Self::Count => "count",
        }
    }

    /// Whether something derived from the value reaches the store.
    #[must_use]
    pub const fn leaves_a_trace(&self) -> bool {
        !matches!(self, Self::Drop | Self::Count)
    }
}

/// What happens to the time of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TimeTreatment {
    /// Stored to the millisecond.
    #[serde(deserialize_with = "nothing_more")]
    Keep,
    /// Falls to the start of its bin.
    Bin {
        /// Width of the bin.
        bin: TimeBin,
    },
}
