//! Views: declared degrees of exposure of a stream. A view is what a grant gives; a release makes its rows.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::geo::{Districts, H3Resolution};
use crate::id::{PropertyName, StreamId, ViewId};
use crate::measure::Measure;
use crate::noise::Noise;
use crate::strict::nothing_more;
use crate::time::{Delay, Depth, TimeBin};

/// The version of a view. Of a stream about people a new version begins where the windows released before end, so that no
/// window is released twice; of any other stream it is a new release of every window that it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ViewVersion(pub u32);

/// What may be told about who was there, from nothing to everything; ordered by exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentifierExposure {
    /// No identifier and nothing derived from one.
    None,
    /// Tags whose key is destroyed at the end of an epoch.
    Rotating,
    /// Tags that stay the same.
    Stable,
    /// Identifiers as they came, or the entry of an order that they matched.
    Raw,
}

impl IdentifierExposure {
    /// 0 (nothing) to 3 (raw): what Cedar compares.
    #[must_use]
    pub const fn rank(self) -> i64 {
        self as i64
    }
}

/// The fewest distinct units a released cell may stand for. Cells with fewer, zero included, are withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MinimumUnits(pub u32);

/// How many cells of one window a unit may count in, for the noise to be bounded. Windows are bounded one by one: a unit
/// that is there all day counts in every window of it. `None` bounds nothing and is right only where no noise is promised.
/// A distinct count needs none within a cell: a unit counts once in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bound(pub Option<u32>);

/// The spatial grain of a windowed view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Space {
    /// One cell for the whole stream.
    #[serde(deserialize_with = "nothing_more")]
    Stream,
    /// The H3 cell of the sensor's position.
    Cell {
        /// How fine.
        resolution: H3Resolution,
    },
    /// The first of some registered places that holds the sensor's position.
    District {
        /// Which.
        of: Districts,
    },
    /// Each registered sensor.
    #[serde(deserialize_with = "nothing_more")]
    Sensor,
    /// Each way from one registered sensor to another on which somebody went: of journeys alone.
    #[serde(deserialize_with = "nothing_more")]
    Pair,
}

impl Space {
    /// The codes of all grains.
    pub const CODES: [&'static str; 5] = ["stream", "cell", "district", "sensor", "pair"];

    /// The grain without its details, as norms speak of it and as its JSON says in `by`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Cell { .. } => "cell",
            Self::District { .. } => "district",
            Self::Sensor => "sensor",
            Self::Pair => "pair",
        }
    }
}

/// How a view exposes its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Exposure {
    /// Each treated record by itself, released at once. Only for streams about nobody, or under a named order.
    Records {
        /// The properties shown besides time and sensor.
        fields: BTreeSet<PropertyName>,
    },
    /// A table of cells, one window at a time.
    Windows {
        /// Width of a window.
        bin: TimeBin,
        /// Spatial grain.
        space: Space,
        /// What is measured.
        measure: Measure,
    },
}

/// A declared degree of exposure of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its id, unique within the stream.
    pub id: ViewId,
    /// Its version; a change of anything else needs a higher one.
    pub version: ViewVersion,
    /// The stream it shows.
    pub stream: StreamId,
    /// In words for residents: what can be seen.
    pub title: String,
    /// How it shows it.
    pub exposure: Exposure,
    /// What it tells about who was there.
    pub identifiers: IdentifierExposure,
    /// The fewest distinct units behind a released cell.
    pub minimum: MinimumUnits,
    /// How many cells of one window a unit may count in.
    pub bound: Bound,
    /// The noise on each cell.
    pub noise: Noise,
    /// How long it holds back.
    pub delay: Delay,
    /// How far back it reaches.
    pub depth: Depth,
}

impl View {
    /// The width of its windows, if it has windows.
    #[must_use]
    pub const fn bin(&self) -> Option<TimeBin> {
        match &self.exposure {
            Exposure::Windows { bin, .. } => Some(*bin),
            Exposure::Records { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grain_has_the_code_that_its_json_has() {
        let details = |code| match code {
            "cell" => r#","resolution":9"#,
            "district" => r#","of":["old-town"]"#,
            _ => "",
        };
        for code in Space::CODES {
            let space: Space = serde_json::from_str(&format!(r#"{{"by":"{code}"{}}}"#, details(code))).unwrap();
            assert_eq!(space.code(), code);
        }
    }
}
