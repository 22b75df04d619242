//! Tiers of risk: how much of a city's attention a deployment needs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::deployment::Deployment;
use crate::stream::Stream;
use crate::time::{SECONDS_PER_DAY, Span};
use crate::treatment::Treatment;
use crate::vocab::Identifies;

/// The longest life of a pseudonym key in the light tier (CNIL's second regime for counting by phone signals).
pub const LIGHT_EPOCH_MAX: Span = Span::seconds(SECONDS_PER_DAY);

/// How much attention a deployment needs, from the least. Derived from what is declared, never chosen.
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

    /// The tier of one stream.
    #[must_use]
    pub fn of_stream(stream: &Stream) -> Self {
        if stream.identifies() == Identifies::Nobody {
            return Self::FileAndGo;
        }
        let face = |code: &str| code == "face-image";
        let weighty = stream.properties.values().any(|property| match &property.treatment {
            Treatment::Match { .. } => true,
            Treatment::Drop => false,
            _ => face(property.category.code()),
        });
        let lasting = stream.longest_epoch().is_some_and(|epoch| epoch.span() > LIGHT_EPOCH_MAX);
        if weighty || lasting || stream.raw_identifiers().next().is_some() { Self::Full } else { Self::Light }
    }

    /// The tier of a deployment: that of its weightiest stream.
    #[must_use]
    pub fn of(deployment: &Deployment) -> Self {
        deployment.streams.iter().map(Self::of_stream).max().unwrap_or(Self::FileAndGo)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
