//! What is known of one city's log: how far it is kept, under which signed head, and how it stands.
//!
//! It is small, so that hundreds of thousands of them are read in a moment. It holds nothing that the city did not publish.

use std::fmt;
use std::str::FromStr;

use model::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use tlog::checkpoint::{Checkpoint, parse_unverified};
use tlog::{Hash, RightEdge};

use super::fetch::Trouble;

/// The most that is kept of one city's entries, in bytes before they are packed, each with what it costs besides.
pub const CITY_BYTES_MAX: u64 = 8 << 30;

/// Not a word of a profile.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KeptError {
    /// Not a country.
    #[error("`{0}` is no country code of two letters, such as JP (ISO 3166-1)")]
    Country(String),
    /// Not a size class.
    #[error("`{0}` is no size class; there are small, medium, large and metropolis")]
    SizeClass(String),
    /// Not a position.
    #[error("{0} and {1} are no latitude and longitude in degrees")]
    Position(f64, f64),
}

/// A country by its code of two letters (ISO 3166-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl FromStr for Country {
    type Err = KeptError;
    fn from_str(text: &str) -> Result<Self, KeptError> {
        match text.as_bytes() {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Ok(Self([*a, *b])),
            _ => Err(KeptError::Country(text.chars().take(16).collect())),
        }
    }
}

impl TryFrom<String> for Country {
    type Error = KeptError;
    fn try_from(text: String) -> Result<Self, KeptError> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.to_string()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([a, b]) = self;
        write!(f, "{}{}", char::from(*a), char::from(*b))
    }
}

/// How large a city is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SizeClass {
    /// Fewer than 100,000 inhabitants.
    Small,
    /// 100,000 to 1 million.
    Medium,
    /// 1 to 5 million.
    Large,
    /// More.
    Metropolis,
}

impl SizeClass {
    /// Every class, smallest first.
    pub const ALL: [Self; 4] = [Self::Small, Self::Medium, Self::Large, Self::Metropolis];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::Metropolis => "metropolis",
        }
    }
}

impl FromStr for SizeClass {
    type Err = KeptError;
    fn from_str(text: &str) -> Result<Self, KeptError> {
        let found = Self::ALL.into_iter().find(|class| class.as_str() == text);
        found.ok_or_else(|| KeptError::SizeClass(text.chars().take(16).collect()))
    }
}

/// Where a city is, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(f64, f64)", into = "(f64, f64)")]
pub struct Position {
    latitude: f64,
    longitude: f64,
}

impl Position {
    /// A position.
    ///
    /// # Errors
    /// It is none on this globe.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, KeptError> {
        let is_one = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        if is_one { Ok(Self { latitude, longitude }) } else { Err(KeptError::Position(latitude, longitude)) }
    }

    /// Degrees north of the equator.
    #[must_use]
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east of Greenwich.
    #[must_use]
    pub const fn longitude(self) -> f64 {
        self.longitude
    }
}

impl TryFrom<(f64, f64)> for Position {
    type Error = KeptError;
    fn try_from((latitude, longitude): (f64, f64)) -> Result<Self, KeptError> {
        Self::new(latitude, longitude)
    }
}

impl From<Position> for (f64, f64) {
    fn from(position: Position) -> Self {
        (position.latitude, position.longitude)
    }
}

/// What cities are grouped by. It comes from the members' list, not from the log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// In which country it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// How large it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_class: Option<SizeClass>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// How a mirror stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Standing {
    /// The last look held, or there was none yet.
    Sound,
    /// The log was not reached.
    Unreachable {
        /// Since when.
        since: Timestamp,
        /// Why, in words.
        why: String,
    },
    /// What was shown could not be checked: damaged, unsigned, or more than is taken at once. It proves nothing.
    Unproven {
        /// Since when.
        since: Timestamp,
        /// Why, in words.
        why: String,
    },
    /// The last look held, and its newest signed head is known; for its newest entries there is no room among all mirrors.
    Behind {
        /// Since when.
        since: Timestamp,
        /// Why, in words.
        why: String,
    },
    /// The log contradicts what its city signed before. Nothing more is taken from it.
    Frozen {
        /// Since when.
        since: Timestamp,
        /// The evidence.
        evidence: Digest,
    },
}

/// What is kept of one city, besides its entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The key that signs its log's heads.
    pub key: String,
    /// The address below which its `/log/` is.
    pub address: String,
    /// What it is grouped by.
    pub profile: Profile,
    /// How many entries are kept.
    pub size: u64,
    /// How many bytes they have, with what each costs besides.
    pub bytes: u64,
    /// The complete subtrees over them, largest first.
    #[serde(with = "crate::hashes")]
    pub(super) edge: Vec<Hash>,
    /// The newest signed head that was checked; the entries kept are a prefix of its tree, mostly all of it. Lines of
    /// other signers, such as witnesses, stay in it.
    pub note: Option<String>,
    /// An earlier signed head all of which is kept, where less is kept than the newest one covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) whole: Option<String>,
    /// When a look last held.
    pub checked: Option<Timestamp>,
    /// When its head last grew.
    pub grown: Option<Timestamp>,
    /// How it stands.
    pub standing: Standing,
    /// When a look at it last failed; none where the last one held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Timestamp>,
}

impl Kept {
    pub(super) fn begun(key: &str, address: &str, profile: Profile) -> Self {
        Self {
            key: key.to_owned(),
            address: address.trim_end_matches('/').to_owned(),
            profile,
            size: 0,
            bytes: 0,
            edge: Vec::new(),
            note: None,
            whole: None,
            checked: None,
            grown: None,
            standing: Standing::Sound,
            tried: None,
        }
    }

    /// Whether it is the log under a key and at an address.
    #[must_use]
    pub fn is_log(&self, key: &str, address: &str) -> bool {
        self.key == key && self.address == address.trim_end_matches('/')
    }

    /// The newest head that was checked. It was verified when it was kept.
    #[must_use]
    pub fn signed(&self) -> Option<Checkpoint> {
        parse_unverified(self.note.as_deref()?).ok()
    }

    /// The newest head all of which is kept, as its note, and its size.
    #[must_use]
    pub fn covered(&self) -> Option<(&str, u64)> {
        let newest = self.note.as_deref().zip(self.signed()).filter(|(_, head)| head.size == self.size);
        let earlier = || self.whole.as_deref().and_then(|note| Some((note, parse_unverified(note).ok()?)));
        newest.or_else(earlier).map(|(note, head)| (note, head.size))
    }

    /// The edge of what is kept; none if it is damaged.
    #[must_use]
    pub fn right_edge(&self) -> Option<RightEdge> {
        RightEdge::from_parts(self.size, self.edge.clone())
    }

    /// The root over what is kept.
    #[must_use]
    pub fn root(&self) -> Option<Hash> {
        self.right_edge().map(|edge| edge.root())
    }

    /// The same after a look that failed; what failed before failed since then.
    pub(super) fn troubled(&self, trouble: &Trouble, now: Timestamp) -> Self {
        let before = match &self.standing {
            Standing::Unreachable { since, .. } | Standing::Unproven { since, .. } => Some(*since),
            Standing::Sound | Standing::Behind { .. } | Standing::Frozen { .. } => None,
        };
        let (since, why) = (before.unwrap_or(now), trouble.to_string());
        let standing = match trouble {
            Trouble::Unreachable(_) => Standing::Unreachable { since, why },
            _ => Standing::Unproven { since, why },
        };
        Self { standing, tried: Some(now), ..self.clone() }
    }

    /// The same where there was no room for all that is new of it; it is behind since the first time in a row.
    pub(super) fn behind(self, before: &Standing, trouble: &Trouble, now: Timestamp) -> Self {
        let since = if let Standing::Behind { since, .. } = before { *since } else { now };
        Self { standing: Standing::Behind { since, why: trouble.to_string() }, ..self }
    }
}
