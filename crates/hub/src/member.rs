//! Members and the people who speak for them. An organisation's name is public; a person's is sealed, and what stands in the log is an
//! id that tells nothing of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::words::{MemberId, Title};

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberKind {
    /// A founding partner of the alliance.
    FoundingPartner,
    /// A city.
    City,
    /// A country's government.
    NationalGovernment,
    /// A region's government.
    RegionalGovernment,
    /// A company.
    Company,
    /// A research institute or another body of experts.
    Institute,
    /// A resident.
    Resident,
}

impl MemberKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::FoundingPartner,
        Self::City,
        Self::NationalGovernment,
        Self::RegionalGovernment,
        Self::Company,
        Self::Institute,
        Self::Resident,
    ];

    /// The code, as in acts and addresses.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FoundingPartner => "founding-partner",
            Self::City => "city",
            Self::NationalGovernment => "national-government",
            Self::RegionalGovernment => "regional-government",
            Self::Company => "company",
            Self::Institute => "institute",
            Self::Resident => "resident",
        }
    }

    /// Many of them, for headings.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::FoundingPartner => "Founding partners",
            Self::City => "Cities",
            Self::NationalGovernment => "National governments",
            Self::RegionalGovernment => "Regional governments",
            Self::Company => "Companies",
            Self::Institute => "Institutes",
            Self::Resident => "Residents",
        }
    }

    /// Whether it governs a place, and can have tried something there: a founding partner may be a city, too.
    #[must_use]
    pub const fn governs(self) -> bool {
        matches!(self, Self::FoundingPartner | Self::City | Self::NationalGovernment | Self::RegionalGovernment)
    }

    /// Whether it is an organisation, which has a public name and can endorse as one.
    #[must_use]
    pub const fn is_organisation(self) -> bool {
        !matches!(self, Self::Resident)
    }
}

/// A kind that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no such kind of member; known are founding-partner, city, national-government, regional-government, company, institute, resident"
)]
pub struct UnknownKind;

impl FromStr for MemberKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.code() == text).ok_or(UnknownKind)
    }
}

/// Two capital letters, as in ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// A text that names no country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a country is two capital letters, as in ISO 3166-1")]
pub struct NoCountry;

impl FromStr for Country {
    type Err = NoCountry;
    fn from_str(text: &str) -> Result<Self, NoCountry> {
        match text.as_bytes() {
            &[one, two] if one.is_ascii_uppercase() && two.is_ascii_uppercase() => Ok(Self([one, two])),
            _ => Err(NoCountry),
        }
    }
}

impl TryFrom<String> for Country {
    type Error = NoCountry;
    fn try_from(text: String) -> Result<Self, NoCountry> {
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
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

/// A member as it is admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedMember {
    /// Its id.
    pub id: MemberId,
    /// What it is.
    pub kind: MemberKind,
    /// Its public name; an organisation has one, a resident none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Title>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// What is wrong with a member that is to be admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListedError {
    /// An organisation without a name.
    #[error("an organisation needs a name")]
    NoName,
    /// A resident with one.
    #[error("a resident's name stays out of the log; leave it empty and name a person for them instead")]
    ResidentNamed,
}

impl ListedMember {
    /// Whether it says what its kind needs, and no more.
    ///
    /// # Errors
    /// What is missing, or too much.
    pub const fn check(&self) -> Result<(), ListedError> {
        match (self.kind.is_organisation(), &self.name) {
            (true, None) => Err(ListedError::NoName),
            (false, Some(_)) => Err(ListedError::ResidentNamed),
            _ => Ok(()),
        }
    }
}

/// Where a member publishes its log, and under which key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicLog {
    /// The address of its node, without a slash at the end.
    pub address: String,
    /// The key that signs it, as a C2SP vkey.
    pub key: String,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Admits, moderates and releases.
    Secretariat,
    /// Opens drafts, decides amendments, consolidates.
    Editor,
    /// Proposes, argues, endorses, answers.
    Member,
    /// Looks on, signed in.
    Observer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Secretariat, Self::Editor, Self::Member, Self::Observer];

    /// The code, as in acts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Secretariat => "secretariat",
            Self::Editor => "editor",
            Self::Member => "member",
            Self::Observer => "observer",
        }
    }
}

/// A role that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such role; known are secretariat, editor, member, observer")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.code() == text).ok_or(UnknownRole)
    }
}
