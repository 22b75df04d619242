//! What happens to a property at collection, before any disk.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::geo::{Districts, H3Resolution};
use crate::id::OrderId;
use crate::strict::nothing_more;
use crate::time::{EpochLength, Span, TimeBin};

/// The longest time for which memory holds a value to recognise it again; the longest life of a light tier's key.
pub const REMEMBERED_MAX: Span = crate::tier::LIGHT_EPOCH_MAX;
/// The most edges between classes of duration.
pub const DURATION_EDGES_MAX: usize = 32;

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
    /// A number below the lowest becomes the lowest, one above the highest the highest (top and bottom coding). With a width
    /// it then falls to the lower edge of its class, counted from the lowest; the last class is open upwards.
    Clamp {
        /// What everything below it becomes.
        lowest: i32,
        /// What everything above it becomes; more than the lowest.
        highest: i32,
        /// Width of a class, if there are classes; more than zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        width: Option<u32>,
    },
    /// A position becomes the id of the first registered place that holds it, or `outside`.
    District {
        /// The places, each with an area.
        of: Districts,
    },
    /// Distinct values are counted in memory. Stored is only how many there were at each sensor in each bin of the stream's
    /// time, when the bin is over; of a crash an open bin is lost.
    Tally {
        /// At how many sensors a value counts in one bin at most; everywhere if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<NonZeroU32>,
    },
    /// One value at two sensors is recognised in memory. Stored is only from where to where, in which bin of the stream's time
    /// it arrived, and its class of duration, if there are classes; what is seen at one sensor only leaves no trace. A value
    /// counts once for each way and bin, with the first journey, so that numbers are numbers of vehicles.
    Journey {
        /// How long it is remembered, at most a day.
        within: Span,
        /// The edges between the classes of duration; none to keep origin and destination alone.
        classes: DurationEdges,
        /// On how many ways a value counts in one bin at most, the first ones; on all if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<NonZeroU32>,
    },
    /// One value is recognised in memory for as long as it stays at a sensor. Stored is only the sensor, the bin of the
    /// stream's time in which it was last seen, and how long it stayed, as a class. A value counts once for each sensor and
    /// bin, with the first stay that ends.
    Dwell {
        /// After how long without being seen it has gone, at most a day.
        within: Span,
        /// The edges between the classes of duration.
        classes: DurationEdges,
        /// At how many sensors a value counts in one bin at most, the first ones; everywhere if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<NonZeroU32>,
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

/// The edges between classes of duration, ascending: `["1m","5m"]` makes three classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Span>", into = "Vec<Span>")]
pub struct DurationEdges(Vec<Span>);

/// Edges that make no classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the edges of classes ascend, begin above zero and are at most {DURATION_EDGES_MAX}")]
pub struct NoClasses;

impl DurationEdges {
    /// The edges, ascending.
    #[must_use]
    pub fn edges(&self) -> &[Span] {
        &self.0
    }

    /// The lower edge of the class of a duration in milliseconds.
    #[must_use]
    pub fn class(&self, millis: i64) -> Span {
        let below = self.0.partition_point(|edge| edge.millis() <= millis);
        below.checked_sub(1).and_then(|last| self.0.get(last)).copied().unwrap_or(Span::ZERO)
    }
}

impl TryFrom<Vec<Span>> for DurationEdges {
    type Error = NoClasses;
    fn try_from(edges: Vec<Span>) -> Result<Self, NoClasses> {
        let ascend = edges.iter().zip(edges.iter().skip(1)).all(|(one, next)| one < next);
        let fit = ascend && edges.len() <= DURATION_EDGES_MAX && edges.first() != Some(&Span::ZERO);
        if fit { Ok(Self(edges)) } else { Err(NoClasses) }
    }
}
impl From<DurationEdges> for Vec<Span> {
    fn from(edges: DurationEdges) -> Self {
        edges.0
    }
}

impl Treatment {
    /// The code of every treatment.
    pub const CODES: [&'static str; 12] = [
        "keep",
        "drop",
        "pseudonymise",
        "cell",
        "band",
        "clamp",
        "district",
        "tally",
        "journey",
        "dwell",
        "match",
        "count",
    ];

    /// A word for the register's pages and for Cedar.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Pseudonymise { .. } => "pseudonymise",
            Self::Cell { .. } => "cell",
            Self::Band { .. } => "band",
            Self::Clamp { .. } => "clamp",
            Self::District { .. } => "district",
            Self::Tally { .. } => "tally",
            Self::Journey { .. } => "journey",
            Self::Dwell { .. } => "dwell",
            Self::Match { .. } => "match",
            Self::Count => "count",
        }
    }

    /// Whether something derived from each single value reaches the store under the property's name.
    #[must_use]
    pub const fn leaves_a_trace(&self) -> bool {
        !matches!(self, Self::Drop | Self::Count) && !self.works_in_memory()
    }

    /// Whether values are worked into numbers in memory, so that no record of one value is ever stored.
    #[must_use]
    pub const fn works_in_memory(&self) -> bool {
        matches!(self, Self::Tally { .. } | Self::Journey { .. } | Self::Dwell { .. })
    }

    /// In how many cells of one bin a value counts that is worked into numbers in memory, if that is bounded.
    #[must_use]
    pub const fn most(&self) -> Option<NonZeroU32> {
        match self {
            Self::Tally { most } | Self::Journey { most, .. } | Self::Dwell { most, .. } => *most,
            _ => None,
        }
    }

    /// The edges between classes of duration, if it makes any.
    #[must_use]
    pub const fn durations(&self) -> Option<&DurationEdges> {
        match self {
            Self::Journey { classes, .. } | Self::Dwell { classes, .. } => Some(classes),
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_one_class() {
        let edges: DurationEdges = serde_json::from_str(r#"["1m","5m","1h"]"#).unwrap();
        for (seconds, class) in
            [(0, "0s"), (59, "0s"), (60, "1m"), (299, "1m"), (300, "5m"), (3_600, "1h"), (9_999, "1h")]
        {
            assert_eq!(edges.class(seconds * 1_000).to_string(), class);
        }
        let none: DurationEdges = serde_json::from_str("[]").unwrap();
        assert_eq!(none.class(5_000), Span::ZERO);
        for bad in [r#"["0s"]"#, r#"["5m","1m"]"#, r#"["5m","5m"]"#, r#"["x"]"#] {
            assert!(serde_json::from_str::<DurationEdges>(bad).is_err(), "{bad}");
        }
        let many = (1..=33).map(Span::seconds).collect::<Vec<_>>();
        assert_eq!(DurationEdges::try_from(many), Err(NoClasses));
    }

    #[test]
    fn every_treatment_has_its_code_and_says_it_in_json() {
        for code in Treatment::CODES {
            let fields = match code {
                "pseudonymise" => r#","epoch":"12h""#,
                "cell" => r#","resolution":9"#,
                "band" => r#","width":5"#,
                "clamp" => r#","lowest":0,"highest":130"#,
                "district" => r#","of":["old-town"]"#,
                "journey" | "dwell" => r#","within":"1h","classes":["5m"],"most":4"#,
                "match" => r#","order":"o""#,
                _ => "",
            };
            let json = format!(r#"{{"do":"{code}"{fields}}}"#);
            let read: Treatment = serde_json::from_str(&json).unwrap();
            assert_eq!((read.code(), serde_json::to_string(&read).unwrap()), (code, json));
        }
    }
}
