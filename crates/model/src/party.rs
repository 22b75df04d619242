//! Parties: the organisations and people that act.

use serde::{Deserialize, Serialize};

use crate::id::PartyId;

/// What a party is in the city. Norms tell parties apart by this, never by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyKind {
    /// A department or company of the city itself.
    CityDepartment,
    /// The city's privacy or data-protection officer: may sign assessments and approve.
    Officer,
    /// Police or prosecution.
    LawEnforcement,
    /// Fire, ambulance, civil protection.
    EmergencyService,
    /// A supplier of sensors or services.
    Vendor,
    /// A research body.
    Researcher,
    /// Any other company.
    Company,
    /// Everybody: open views are granted to this party.
    Public,
}

impl PartyKind {
    /// The code, as in acts and in Cedar.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CityDepartment => "city-department",
            Self::Officer => "officer",
            Self::LawEnforcement => "law-enforcement",
            Self::EmergencyService => "emergency-service",
            Self::Vendor => "vendor",
            Self::Researcher => "researcher",
            Self::Company => "company",
            Self::Public => "public",
        }
    }
}

/// An organisation or person that acts. Its contact is confidential and lives beside the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its id.
    pub id: PartyId,
    /// Its public name. For a person, a role rather than a name.
    pub name: String,
    /// What it is.
    pub kind: PartyKind,
}
