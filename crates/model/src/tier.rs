//! Tiers of risk: how much of a city's attention a deployment needs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::deployment::Deployment;
use crate::id::PropertyName;
use crate::stream::{Property, Stream};
use crate::time::{SECONDS_PER_DAY, Span};
use crate::treatment::Treatment;
use crate::vocab::Identifies;

/// The longest life of a pseudonym key in the light tier (CNIL's second regime for counting by phone signals).
pub const LIGHT_EPOCH_MAX: Span = Span::seconds(SECONDS_PER_DAY);

/// How much attention a deployment needs, from the least. It follows from what is declared and from what answers to an
/// instrument find besides, the stricter of the two; nobody chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Nothing observed is about people.
    FileAndGo,
    /// People are observed, and what is kept tells them apart for a day at most.
    Light,
    /// People can be told apart for longer, are compared with a list, or their faces are seen.
    Full,
}

impl Tier {
    /// Every tier, from the least.
    pub const ALL: [Self; 3] = [Self::FileAndGo, Self::Light, Self::Full];

    /// The code, as in acts and in Cedar.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FileAndGo => "file-and-go",
            Self::Light => "light",
            Self::Full => "full",
        }
    }

    /// The tier of one stream: that of the weightiest of its facts.
    #[must_use]
    pub fn of_stream(stream: &Stream) -> Self {
        weighed(stream).into_iter().map(|weight| weight.tier).max().unwrap_or(Self::FileAndGo)
    }

    /// The tier of a deployment: that of its weightiest stream.
    #[must_use]
    pub fn of(deployment: &Deployment) -> Self {
        deployment.streams.iter().map(Self::of_stream).max().unwrap_or(Self::FileAndGo)
    }
}

/// Why a property of a stream weighs what it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// It is about nobody.
    Nobody,
    /// It is about people and dropped before anything is stored; that it is sensed is what counts.
    Dropped,
    /// It is about people, and what is stored tells nobody apart, or for [`LIGHT_EPOCH_MAX`] at most.
    ShortLived,
    /// Its tags tell people apart for longer.
    Lasting,
    /// It is stored as it came, and tells people apart.
    AsItCame,
    /// It is an image of faces.
    Face,
    /// It is compared with a list.
    Compared,
}

impl Fact {
    /// Every fact.
    pub const ALL: [Self; 7] =
        [Self::Nobody, Self::Dropped, Self::ShortLived, Self::Lasting, Self::AsItCame, Self::Face, Self::Compared];

    /// What it weighs.
    #[must_use]
    pub const fn tier(self) -> Tier {
        match self {
            Self::Nobody => Tier::FileAndGo,
            Self::Dropped | Self::ShortLived => Tier::Light,
            Self::Lasting | Self::AsItCame | Self::Face | Self::Compared => Tier::Full,
        }
    }
}

/// What one property of a stream adds to its tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight<'s> {
    /// Which property.
    pub property: &'s PropertyName,
    /// The weightiest fact about it.
    pub fact: Fact,
    /// What it weighs.
    pub tier: Tier,
}

/// What each property of a stream adds to its tier.
#[must_use]
pub fn weighed(stream: &Stream) -> Vec<Weight<'_>> {
    // Where nothing is about people, nothing that is done to it is either.
    let about_people = stream.identifies() != Identifies::Nobody;
    let weigh = |(name, property)| {
        let fact = if about_people { fact(stream, name, property) } else { Fact::Nobody };
        Weight { property: name, fact, tier: fact.tier() }
    };
    stream.properties.iter().map(weigh).collect()
}

fn fact(stream: &Stream, name: &PropertyName, property: &Property) -> Fact {
    let personal = property.category.identifies() != Identifies::Nobody;
    match &property.treatment {
        Treatment::Match { .. } => Fact::Compared,
        Treatment::Drop if personal => Fact::Dropped,
        Treatment::Drop => Fact::Nobody,
        _ if property.category.code() == "face-image" => Fact::Face,
        Treatment::Pseudonymise { epoch } if epoch.span() > LIGHT_EPOCH_MAX => Fact::Lasting,
        _ if stream.raw_identifiers().any(|raw| raw == name) => Fact::AsItCame,
        _ if personal => Fact::ShortLived,
        _ => Fact::Nobody,
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(properties: &[(&str, &str, &str)]) -> Stream {
        let of = |(name, category, treatment): &(&str, &str, &str)| {
            format!(r#""{name}":{{"category":"{category}","value":"text","treatment":{treatment}}}"#)
        };
        let properties: Vec<String> = properties.iter().map(of).collect();
        let json = format!(
            r#"{{"id":"s","time":{{"do":"keep"}},"retention":"24h","properties":{{{}}}}}"#,
            properties.join(",")
        );
        serde_json::from_str(&json).unwrap_or_else(|error| unreachable!("{error}: {json}"))
    }

    #[test]
    fn each_fact_is_found_and_the_weightiest_decides() {
        let day = r#"{"do":"pseudonymise","epoch":"24h"}"#;
        let week = r#"{"do":"pseudonymise","epoch":"7d"}"#;
        let (keep, drop) = (r#"{"do":"keep"}"#, r#"{"do":"drop"}"#);
        let compared = r#"{"do":"match","order":"order-17"}"#;
        for (properties, facts, tier) in [
            (&[("no2", "air-quality", keep)][..], &[Fact::Nobody][..], Tier::FileAndGo),
            (&[("mac", "mac-address", day)], &[Fact::ShortLived], Tier::Light),
            (&[("mac", "mac-address", drop)], &[Fact::Dropped], Tier::Light),
            (&[("mac", "mac-address", week)], &[Fact::Lasting], Tier::Full),
            (&[("mac", "mac-address", keep)], &[Fact::AsItCame], Tier::Full),
            (&[("plate", "number-plate", compared)], &[Fact::Compared], Tier::Full),
            (&[("face", "face-image", keep)], &[Fact::Face], Tier::Full),
            (&[("face", "face-image", drop)], &[Fact::Dropped], Tier::Light),
            (
                &[("mac", "mac-address", day), ("no2", "air-quality", keep)],
                &[Fact::ShortLived, Fact::Nobody],
                Tier::Light,
            ),
            (
                &[("face", "face-image", drop), ("mac", "mac-address", week)],
                &[Fact::Dropped, Fact::Lasting],
                Tier::Full,
            ),
        ] {
            let stream = stream(properties);
            assert_eq!(weighed(&stream).iter().map(|weight| weight.fact).collect::<Vec<_>>(), facts, "{properties:?}");
            assert_eq!(Tier::of_stream(&stream), tier, "{properties:?}");
        }
        assert_eq!(Tier::of_stream(&stream(&[])), Tier::FileAndGo);
    }
}
