//! What a window of a view counts or measures.

use serde::{Deserialize, Serialize};

use crate::id::PropertyName;
use crate::strict::nothing_more;

/// The most edges between classes.
const EDGES_MAX: usize = 63;

/// Edges between classes of a number, in its own unit, from low to high: one class below the first, one from each edge on.
/// Declared, so that they tell nothing of what was counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<i32>", into = "Vec<i32>")]
pub struct Edges(Vec<i32>);

/// Numbers that are no edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the edges between classes are 1 to {EDGES_MAX} whole numbers, each higher than the one before")]
pub struct EdgesError;

impl Edges {
    /// How many classes they make.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.0.len() + 1
    }

    /// The class of a number, counted from the lowest.
    #[must_use]
    pub fn class(&self, number: f64) -> usize {
        self.0.partition_point(|edge| f64::from(*edge) <= number)
    }

    /// The edges, from low to high.
    #[must_use]
    pub fn as_slice(&self) -> &[i32] {
        &self.0
    }
}

impl TryFrom<Vec<i32>> for Edges {
    type Error = EdgesError;
    fn try_from(edges: Vec<i32>) -> Result<Self, EdgesError> {
        let rising = edges.is_sorted_by(|low, high| low < high);
        if rising && (1..=EDGES_MAX).contains(&edges.len()) { Ok(Self(edges)) } else { Err(EdgesError) }
    }
}

impl From<Edges> for Vec<i32> {
    fn from(edges: Edges) -> Self {
        edges.0
    }
}

/// A share in whole percent, from 1 to 99.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Percent(u8);

/// A number that is no share of some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a share from 1 to 99 percent")]
pub struct PercentError(u8);

impl Percent {
    /// As a number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Percent {
    type Error = PercentError;
    fn try_from(percent: u8) -> Result<Self, PercentError> {
        if (1..=99).contains(&percent) { Ok(Self(percent)) } else { Err(PercentError(percent)) }
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

/// The least and the most that a number counts as, in its own unit: the lowest below the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(i32, i32)", into = "(i32, i32)")]
pub struct Clamp {
    lowest: i32,
    highest: i32,
}

/// Limits that are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limits of a number are two whole numbers, the lower one first")]
pub struct ClampError;

impl Clamp {
    /// The least.
    #[must_use]
    pub const fn lowest(self) -> i32 {
        self.lowest
    }
    /// The most.
    #[must_use]
    pub const fn highest(self) -> i32 {
        self.highest
    }
}

impl TryFrom<(i32, i32)> for Clamp {
    type Error = ClampError;
    fn try_from((lowest, highest): (i32, i32)) -> Result<Self, ClampError> {
        if lowest < highest { Ok(Self { lowest, highest }) } else { Err(ClampError) }
    }
}

impl From<Clamp> for (i32, i32) {
    fn from(clamp: Clamp) -> Self {
        (clamp.lowest, clamp.highest)
    }
}

/// What is measured in each cell of a window.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Measure {
    /// Number of observations; the minimum counts observations. Not for streams about people.
    #[serde(deserialize_with = "nothing_more")]
    Observations,
    /// Number of distinct pseudonyms; the minimum counts the same.
    Distinct {
        /// The pseudonymised property.
        property: PropertyName,
    },
    /// Number of distinct pseudonyms from the begin of their key's life to the end of the window: who was here today so far.
    /// Only with noise, which grows with the logarithm of the windows (a tree of sums), and under a bound, which holds for the
    /// whole life of a key.
    Running {
        /// The pseudonymised property.
        property: PropertyName,
    },
    /// Number of distinct pseudonyms in each class of a number: one row for each class, the minimum holds for each. A unit
    /// whose number lies in several classes counts in each of them, as often as its bound lets it.
    Histogram {
        /// The pseudonymised property; in a stream about nobody none, and observations are counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        property: Option<PropertyName>,
        /// The number.
        number: PropertyName,
        /// Where its classes end.
        edges: Edges,
    },
    /// The lowest edge below which at least so many percent of what a histogram would count lie; held back if it is none of
    /// the edges. Of people only with noise.
    Quantile {
        /// The pseudonymised property; in a stream about nobody none, and observations are counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        property: Option<PropertyName>,
        /// The number.
        number: PropertyName,
        /// Where its classes end.
        edges: Edges,
        /// How many percent.
        percent: Percent,
    },
    /// Mean of a number over distinct pseudonyms, of each of which its own mean counts once, between two limits; in
    /// thousandths. Only with noise.
    ClampedMean {
        /// The pseudonymised property.
        property: PropertyName,
        /// The number.
        number: PropertyName,
        /// Between what it counts.
        clamp: Clamp,
    },
    /// Mean of a number that says nothing about a person, rounded down to thousandths; the minimum counts observations. Not
    /// for streams about people.
    Mean {
        /// The property.
        property: PropertyName,
    },
}

impl Measure {
    /// The pseudonym of which it counts distinct ones: what stands for a person.
    #[must_use]
    pub const fn unit(&self) -> Option<&PropertyName> {
        match self {
            Self::Observations | Self::Mean { .. } => None,
            Self::Distinct { property } | Self::Running { property } | Self::ClampedMean { property, .. } => {
                Some(property)
            }
            Self::Histogram { property, .. } | Self::Quantile { property, .. } => property.as_ref(),
        }
    }

    /// The number that it looks at.
    #[must_use]
    pub const fn number(&self) -> Option<&PropertyName> {
        match self {
            Self::Observations | Self::Distinct { .. } | Self::Running { .. } => None,
            Self::Mean { property } => Some(property),
            Self::Histogram { number, .. } | Self::Quantile { number, .. } | Self::ClampedMean { number, .. } => {
                Some(number)
            }
        }
    }

    /// How many numbers it gives for each cell at most.
    #[must_use]
    pub fn numbers(&self) -> usize {
        match self {
            Self::Histogram { edges, .. } => edges.classes(),
            _ => 1,
        }
    }

    /// Whether each of its numbers is a count.
    #[must_use]
    pub const fn is_count(&self) -> bool {
        matches!(self, Self::Observations | Self::Distinct { .. } | Self::Running { .. } | Self::Histogram { .. })
    }

    /// The classes that it counts apart.
    #[must_use]
    pub const fn edges(&self) -> Option<&Edges> {
        match self {
            Self::Histogram { edges, .. } | Self::Quantile { edges, .. } => Some(edges),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_class_and_an_edge_begins_one() {
        let edges = Edges::try_from(vec![5, 15, 60]).unwrap();
        let classes = [-3.0, 4.999, 5.0, 14.0, 15.0, 60.0, 1e9].map(|number| edges.class(number));
        assert_eq!((classes, edges.classes()), ([0, 0, 1, 1, 2, 3, 3], 4));
    }

    #[test]
    fn what_is_no_edge_percent_or_limit_is_refused() {
        for edges in ["[]", "[5,5]", "[6,5]", "[1.5]", "[99999999999]"] {
            assert!(serde_json::from_str::<Edges>(edges).is_err(), "{edges}");
        }
        assert!(
            serde_json::to_string(&(0..64).collect::<Vec<i32>>())
                .is_ok_and(|many| serde_json::from_str::<Edges>(&many).is_err())
        );
        for percent in ["0", "100", "-1", "50.5"] {
            assert!(serde_json::from_str::<Percent>(percent).is_err(), "{percent}");
        }
        for clamp in ["[5,5]", "[6,5]", "[1]", "[1,2,3]"] {
            assert!(serde_json::from_str::<Clamp>(clamp).is_err(), "{clamp}");
        }
    }

    #[test]
    fn measures_are_written_as_they_are_read_and_nothing_else_is_read() {
        for text in [
            r#"{"of":"running","property":"mac"}"#,
            r#"{"of":"histogram","property":"mac","number":"dwell","edges":[1,5,15]}"#,
            r#"{"of":"histogram","number":"speed","edges":[30,50]}"#,
            r#"{"of":"quantile","property":"mac","number":"dwell","edges":[1,5],"percent":90}"#,
            r#"{"of":"clamped-mean","property":"mac","number":"dwell","clamp":[0,900]}"#,
        ] {
            let measure: Measure = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&measure).unwrap(), text);
            assert!(serde_json::from_str::<Measure>(&text.replace("\"of\"", "\"x\":1,\"of\"")).is_err());
        }
    }
}
