//! Streams, their properties, the devices that feed them and the orders that some depend on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::geo::Point;
use crate::id::{DeploymentId, DeviceId, Digest, OrderId, PartyId, PlaceId, PropertyName, StreamId};
use crate::noise::Rho;
use crate::time::{EpochLength, Retention, Span, Timestamp};
use crate::treatment::{REMEMBERED_MAX, TimeTreatment, Treatment};
use crate::vocab::{Category, Identifies};

/// The most properties a stream may declare.
pub const PROPERTIES_MAX: usize = 32;

/// The type of a property's value, as devices send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueKind {
    /// Text of at most 256 bytes.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A finite number.
    Number,
    /// True or false.
    Boolean,
    /// A GeoJSON point.
    Point,
}

/// One property of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// What kind of data it is.
    pub category: Category,
    /// The type of its value.
    pub value: ValueKind,
    /// What happens to it at collection.
    pub treatment: Treatment,
    /// Its unit, for people: `µg/m³`, `dBm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A typed flow of observations of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Its id, unique in the city.
    pub id: StreamId,
    /// What happens to the time of each observation.
    pub time: TimeTreatment,
    /// Its properties. What is not declared here is refused.
    pub properties: BTreeMap<PropertyName, Property>,
    /// How long treated observations are kept.
    pub retention: Retention,
    /// What all releases together, to whomever, may cost a unit while its longest key lives. A view with noise needs one,
    /// and where there is one nothing is released of people without noise. The unit is what one key tells apart: a device
    /// for one epoch. Who comes every day is a new unit every day, and loses this much each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Rho>,
}

impl Stream {
    /// The strongest way in which the *raw* observation identifies people.
    #[must_use]
    pub fn identifies(&self) -> Identifies {
        self.properties.values().map(|p| p.category.identifies()).max().unwrap_or(Identifies::Nobody)
    }

    /// Whether it may be told how many observations came: it is about nobody, and none of it counts people or vehicles. A light
    /// barrier sends a line for each that passes, so that the number of its lines is the number of them.
    #[must_use]
    pub fn may_be_counted(&self) -> bool {
        self.properties.values().all(|p| p.category.identifies() == Identifies::Nobody && !p.category.counts_passers())
    }

    /// The properties that are identifiers and are stored as they came. A norm forbids any.
    pub fn raw_identifiers(&self) -> impl Iterator<Item = &PropertyName> {
        let raw = |p: &Property| {
            let kept = matches!(p.treatment, Treatment::Keep | Treatment::Band { .. } | Treatment::Clamp { .. });
            p.category.is_identifier() && kept
        };
        self.properties.iter().filter(move |(_, p)| raw(p)).map(|(name, _)| name)
    }

    /// The longest epoch of its pseudonyms, if it has any.
    #[must_use]
    pub fn longest_epoch(&self) -> Option<EpochLength> {
        let epoch = |p: &Property| match p.treatment {
            Treatment::Pseudonymise { epoch } => Some(epoch),
            _ => None,
        };
        self.properties.values().filter_map(epoch).max()
    }

    /// The properties that are pseudonymised.
    pub fn pseudonyms(&self) -> impl Iterator<Item = (&PropertyName, EpochLength)> {
        self.properties.iter().filter_map(|(name, p)| match p.treatment {
            Treatment::Pseudonymise { epoch } => Some((name, epoch)),
            _ => None,
        })
    }

    /// The places that positions of its properties fall into.
    pub fn districts(&self) -> impl Iterator<Item = &PlaceId> {
        self.properties
            .values()
            .filter_map(|p| match &p.treatment {
                Treatment::District { of } => Some(of.ids()),
                _ => None,
            })
            .flatten()
    }

    /// For how long a value of it can be told from another, by a tag: the longest epoch, or how long memory holds one that is
    /// worked out there.
    #[must_use]
    pub fn remembered(&self) -> Span {
        let span = |p: &Property| match (&p.treatment, self.time) {
            (Treatment::Pseudonymise { epoch }, _) => epoch.span(),
            (Treatment::Tally { .. }, TimeTreatment::Bin { bin }) => bin.span(),
            // Who has counted on a way is known until the bin is over.
            (Treatment::Journey { within, .. }, TimeTreatment::Bin { bin }) => (*within).max(bin.span()),
            // What never leaves is told apart until its stay is cut, and who has counted until the bin is over.
            (Treatment::Dwell { within, .. }, TimeTreatment::Bin { bin }) => {
                REMEMBERED_MAX.max(Span::seconds(bin.span().as_seconds().saturating_add(within.as_seconds())))
            }
            _ => Span::ZERO,
        };
        self.properties.values().map(span).max().unwrap_or(Span::ZERO)
    }

    /// For how long its releases are charged to one budget: a key's life, or a day where no key outlives the memory that it
    /// lies in. The same device is another unit afterwards. None if nobody is told apart.
    #[must_use]
    pub fn accounted(&self) -> Option<EpochLength> {
        let day = || EpochLength::new(REMEMBERED_MAX).ok();
        self.longest_epoch().or_else(|| self.worked().and_then(|_| day()))
    }

    /// The property whose values are worked into numbers in memory, if there is one.
    #[must_use]
    pub fn worked(&self) -> Option<(&PropertyName, &Treatment)> {
        let mut properties = self.properties.iter().map(|(name, property)| (name, &property.treatment));
        properties.find(|(_, treatment)| treatment.works_in_memory())
    }

    /// Whether its values are worked into numbers in memory, so that no observation of it is stored.
    #[must_use]
    pub fn works_in_memory(&self) -> bool {
        self.worked().is_some()
    }

    /// The order that a match-or-drop property names, if any.
    #[must_use]
    pub fn order(&self) -> Option<&OrderId> {
        self.properties.values().find_map(|p| match &p.treatment {
            Treatment::Match { order } => Some(order),
            _ => None,
        })
    }
}

/// One physical sensor. Its credential is a random token; the register holds only the token's hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Its id, unique in the city.
    pub id: DeviceId,
    /// The deployment it belongs to.
    pub deployment: DeploymentId,
    /// The stream it feeds.
    pub stream: StreamId,
    /// Where it stands.
    pub position: Point,
    /// SHA-256 of its bearer token of 256 random bits; none until one is issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Digest>,
    /// Until when its maker mends its software; none if nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_until: Option<Timestamp>,
}

/// A named order of an authority: what a match-or-drop stream compares with. The list itself is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Its id, by which hits name it.
    pub id: OrderId,
    /// The party that may have the hits.
    pub party: PartyId,
    /// The authority that issued it, by role.
    pub authority: String,
    /// The deployment it is limited to.
    pub deployment: DeploymentId,
    /// When it ends.
    pub until: Timestamp,
    /// How many entries the list has.
    pub entries: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_came_is_told_of_no_stream_that_counts_people_or_vehicles() {
        for (category, told) in [
            ("air-quality", true),
            ("device-health", true),
            ("people-count", false),
            ("crowd-density", false),
            ("vehicle-count", false),
            ("vehicle-speed", false),
            ("mac-address", false),
        ] {
            let json = format!(
                r#"{{"id":"s","time":{{"do":"keep"}},"retention":"1h","properties":{{
                "no2":{{"category":"air-quality","value":"number","treatment":{{"do":"keep"}}}},
                "x":{{"category":"{category}","value":"number","treatment":{{"do":"drop"}}}}}}}}"#
            );
            assert_eq!(serde_json::from_str::<Stream>(&json).unwrap().may_be_counted(), told, "{category}");
        }
    }

    #[test]
    fn a_stream_says_for_how_long_somebody_can_be_told_apart() {
        for (treatment, span) in [
            (r#"{"do":"pseudonymise","epoch":"12h"}"#, "12h"),
            (r#"{"do":"tally"}"#, "15m"),
            (r#"{"do":"journey","within":"90m","classes":[]}"#, "90m"),
            (r#"{"do":"dwell","within":"10m","classes":["5m"]}"#, "1d"),
            (r#"{"do":"drop"}"#, "0s"),
        ] {
            let json = format!(
                r#"{{"id":"s","time":{{"do":"bin","bin":"15m"}},"retention":"1h","properties":{{
                "mac":{{"category":"mac-address","value":"text","treatment":{treatment}}}}}}}"#
            );
            let stream: Stream = serde_json::from_str(&json).unwrap();
            assert_eq!(stream.remembered().to_string(), span, "{treatment}");
            let in_memory = ["tally", "journey", "dwell"].iter().any(|code| treatment.contains(code));
            assert_eq!(stream.works_in_memory(), in_memory);
            assert_eq!((stream.raw_identifiers().count(), stream.districts().count()), (0, 0));
        }
    }
}
