//! What sensors brought in a month and what of it was refused, in numbers. Only of streams that are about nobody and
//! count nobody ([`crate::Stream::may_be_counted`]): of the others the number itself would tell of people, and no minimum and no noise has
//! gone over it; of them only an order of magnitude is told ([`crate::estimated`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::StreamId;
use crate::month::Month;

/// The most streams that one act tells of: with the longest ids and numbers it stays below 64 KiB.
pub const STREAMS_COUNTED_MAX: usize = 128;

/// The observations of some streams in a month that is over. Each stream is told of once for a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservationsCounted {
    /// Which month, by when they came.
    pub month: Month,
    /// The streams, [`STREAMS_COUNTED_MAX`] at most.
    pub streams: Vec<Counted>,
}

/// The observations of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Which stream.
    pub stream: StreamId,
    /// How many observations were admitted.
    pub admitted: u64,
    /// What was refused, by reason: a batch of a device counts once, since it is refused as a whole; so does a row of a file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<RefusedFor, u64>,
}

/// Why observations were refused, in classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusedFor {
    /// The stream might not collect.
    Norms,
    /// The norms shut the device out.
    Device,
    /// It could not be read. Of what was too large only what reached the norms: doors refuse most of it before.
    Unreadable,
    /// It could be read and did not fit: its time, its sensor, or what it held.
    Unfit,
    /// The city could not take it: no key, no room, a disk that failed.
    City,
}

impl RefusedFor {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::Norms, Self::Device, Self::Unreadable, Self::Unfit, Self::City];

    /// As it stands in acts and tables.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Norms => "norms",
            Self::Device => "device",
            Self::Unreadable => "unreadable",
            Self::Unfit => "unfit",
            Self::City => "city",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_written_as_its_code() {
        for class in RefusedFor::ALL {
            assert_eq!(serde_json::to_value(class).ok(), Some(class.code().into()));
        }
    }

    #[test]
    fn the_most_that_an_act_tells_of_is_within_the_limit_of_acts() {
        let refused: BTreeMap<RefusedFor, u64> = RefusedFor::ALL.into_iter().map(|class| (class, u64::MAX)).collect();
        let longest = (1..=256).rev().find_map(|long| StreamId::new(&"s".repeat(long)).ok());
        let counted = longest.map(|stream| Counted { stream, admitted: u64::MAX, refused });
        let streams = vec![counted.unwrap_or_else(|| unreachable!()); STREAMS_COUNTED_MAX];
        let told = ObservationsCounted { month: Month::of(crate::Timestamp::MAX), streams };
        let bytes = serde_json::to_vec(&told).map(|bytes| bytes.len()).unwrap_or(usize::MAX);
        assert!(bytes + 4_096 < crate::act::ACT_BYTES_MAX, "{bytes}");
    }
}
