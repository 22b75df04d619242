//! Definitions of benchmarks: data with a version, in a small closed language, named by the digest of their bytes.
//!
//! What a definition may count is listed here and nowhere else. A definition cannot compute; it can only choose.

use std::fmt;

use model::{Digest, EvidenceKind, RequirementId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tlog::{Note, NoteError, SigningKey};

/// The largest definition, in bytes.
const DEFINITION_BYTES_MAX: usize = 64 << 10;

/// The first line of what is signed of a definition: no head of a log and no pack begins so.
const NOTE_START: &str = "ordinance/benchmark/v1";

/// What the hub brings along.
const OWN: [&str; 9] = [
    include_str!("../../definitions/assessment-before-observation.json"),
    include_str!("../../definitions/days-to-decision.json"),
    include_str!("../../definitions/review-overdue.json"),
    include_str!("../../definitions/disclosures-by-purpose.json"),
    include_str!("../../definitions/residents-answered-in-time.json"),
    include_str!("../../definitions/coverage-of-core.json"),
    include_str!("../../definitions/open-views.json"),
    include_str!("../../definitions/cyber-officer.json"),
    include_str!("../../definitions/devices-supported.json"),
];

/// Earlier versions of these: found by `id@version` or by digest, so that what was counted once can be counted again. They are in no list.
const OLD: [&str; 1] = [include_str!("../../definitions/coverage-of-core-1.json")];

/// Why a definition cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// Its text cannot be read.
    #[error("this is no definition of a benchmark: {0}")]
    Form(String),
    /// It is too large.
    #[error("a definition has at most {DEFINITION_BYTES_MAX} bytes")]
    TooLarge,
    /// Its parts do not fit together.
    #[error("the definition `{id}` asks {things} for `{condition}`, which they cannot have")]
    DoesNotFit {
        /// Which.
        id: String,
        /// Of what.
        things: &'static str,
        /// What.
        condition: String,
    },
    /// There is none of that name.
    #[error("there is no definition `{0}`; `ordinance hub definitions` lists those that are there")]
    Unknown(String),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Things {
    /// The city, as one.
    City,
    /// Deployments that observe people and were ever let collect.
    PeopleDeploymentsBegun,
    /// Deployments that observe people, were assessed, and have not ended.
    PeopleDeploymentsAssessed,
    /// Deployments that observe people and were approved.
    PeopleDeploymentsApproved,
    /// Deployments that collect.
    ActiveDeployments,
    /// Devices of deployments that collect.
    DevicesOfActiveDeployments,
    /// Views that anybody may have now.
    ViewsInForce,
    /// What residents asked.
    Inquiries,
    /// The requirements that the definition lists.
    Requirements,
    /// What was handed over.
    Disclosures,
}

impl Things {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::PeopleDeploymentsBegun => "people-deployments-begun",
            Self::PeopleDeploymentsAssessed => "people-deployments-assessed",
            Self::PeopleDeploymentsApproved => "people-deployments-approved",
            Self::ActiveDeployments => "active-deployments",
            Self::DevicesOfActiveDeployments => "devices-of-active-deployments",
            Self::ViewsInForce => "views-in-force",
            Self::Inquiries => "inquiries",
            Self::Requirements => "requirements",
            Self::Disclosures => "disclosures",
        }
    }
}

/// What is asked of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// It was assessed by another party, and approved, before it was first let collect.
    DecidedBefore,
    /// Its newest assessment is older than its review date.
    ReviewOverdue,
    /// A statement of a kind about it stands.
    Stated {
        /// Which kind.
        kind: EvidenceKind,
    },
    /// It is within its stated support.
    Supported,
    /// Everybody may have it.
    Open,
    /// It was answered within so many days. What is neither answered nor due is not counted.
    AnsweredWithin {
        /// How many.
        days: u32,
    },
    /// A norm or duty in force names it.
    InForce {
        /// The requirements.
        of: Vec<RequirementId>,
    },
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "measure", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Measure {
    /// How many of some things are so.
    Share {
        /// Of what: the denominator.
        of: Things,
        /// What: the numerator.
        that: Condition,
    },
    /// The median of whole days from proposal to first approval.
    DaysToDecision {
        /// Of what.
        of: Things,
    },
    /// How many disclosures for each purpose. All of them are counted, so that there is no interval, and no rank.
    ByPurpose {
        /// Of what.
        of: Things,
    },
}

/// Which way is better, if one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// More.
    Higher,
    /// Less.
    Lower,
    /// Neither: nothing is ranked by it.
    Neither,
}

/// A benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its name.
    pub id: String,
    /// Its version: a definition that is published is never changed.
    pub version: u32,
    /// Its title.
    pub title: String,
    /// The question in words.
    pub question: String,
    /// What the answer does not tell.
    pub limits: String,
    /// How it is counted.
    pub count: Measure,
    /// Which way is better.
    pub better: Better,
    /// The fewest things for which a number is compared with others.
    pub sample_min: u64,
}

/// A definition and the digest that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDefinition {
    /// What it says.
    pub definition: Definition,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its bytes, as published.
    pub bytes: Vec<u8>,
}

impl NamedDefinition {
    /// Reads a definition.
    ///
    /// # Errors
    /// It is none, or its parts do not fit together.
    pub fn read(bytes: &[u8]) -> Result<Self, DefinitionError> {
        if bytes.len() > DEFINITION_BYTES_MAX {
            return Err(DefinitionError::TooLarge);
        }
        let definition: Definition =
            serde_json::from_slice(bytes).map_err(|error| DefinitionError::Form(error.to_string()))?;
        definition.fits()?;
        let digest = Digest::new(Sha256::digest(bytes).into());
        Ok(Self { definition, digest, bytes: bytes.to_vec() })
    }

    /// Signs it: a note (C2SP signed-note) over its id, its version and its digest.
    ///
    /// # Errors
    /// No note can be made of it.
    pub fn signed(&self, key: &SigningKey) -> Result<String, NoteError> {
        let Definition { id, version, .. } = &self.definition;
        let text = format!("{NOTE_START}\n{id} {version}\n{}\n", self.digest);
        Note::sign(&text, &[key]).map(|note| note.to_string())
    }

    /// Those that the software brings along, in the order in which they are shown.
    ///
    /// # Errors
    /// One of them is broken; a test says that none is.
    pub fn all() -> Result<Vec<Self>, DefinitionError> {
        OWN.iter().map(|text| Self::read(text.as_bytes())).collect()
    }

    /// One of them by its id, or one of any version by `id@version` or its digest.
    ///
    /// # Errors
    /// There is none.
    pub fn find(name: &str) -> Result<Self, DefinitionError> {
        let is_it = |one: &Self| {
            let Definition { id, version, .. } = &one.definition;
            id == name || format!("{id}@{version}") == name || one.digest.to_string() == name
        };
        let unknown = || DefinitionError::Unknown(name.chars().take(80).collect());
        let old = OLD.iter().map(|text| Self::read(text.as_bytes())).collect::<Result<Vec<_>, _>>()?;
        Self::all()?.into_iter().chain(old).find(is_it).ok_or_else(unknown)
    }
}

impl Definition {
    fn fits(&self) -> Result<(), DefinitionError> {
        let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || self.id.len() > 64 || !self.id.chars().all(slug) {
            return Err(DefinitionError::Form("its id is not of lower-case letters, digits and hyphens".to_owned()));
        }
        let misfit = |things: Things, condition: String| {
            Err(DefinitionError::DoesNotFit { id: self.id.clone(), things: things.as_str(), condition })
        };
        match &self.count {
            Measure::Share { of, that } if !that.fits(*of) => misfit(*of, that.to_string()),
            Measure::DaysToDecision { of } if *of != Things::PeopleDeploymentsApproved => {
                misfit(*of, "days to decision".to_owned())
            }
            Measure::ByPurpose { of } if *of != Things::Disclosures || self.better != Better::Neither => {
                misfit(*of, "purposes that are ranked".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl Things {
    /// In words, as what is counted.
    const fn in_words(self) -> &'static str {
        match self {
            Self::City => "cities",
            Self::PeopleDeploymentsBegun => "deployments about people that ever began to collect",
            Self::PeopleDeploymentsAssessed => "deployments about people that were assessed and have not ended",
            Self::PeopleDeploymentsApproved => "deployments about people that were approved",
            Self::ActiveDeployments => "deployments that collect",
            Self::DevicesOfActiveDeployments => "devices of deployments that collect",
            Self::ViewsInForce => "views that somebody may have now",
            Self::Inquiries => "inquiries of residents that were answered or are due",
            Self::Requirements => "requirements that the definition lists",
            Self::Disclosures => "disclosures",
        }
    }
}

impl Measure {
    /// How it is counted, in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Share { of, that } => format!("Of all {}, the share {}.", of.in_words(), that.in_words()),
            Self::DaysToDecision { of } => {
                format!("The median of whole days from the proposal to the first approval, over {}.", of.in_words())
            }
            Self::ByPurpose { of } => {
                format!("How many {} there were for each purpose. Nothing is ranked.", of.in_words())
            }
        }
    }
}

impl Condition {
    /// In words, as what is asked of each.
    fn in_words(&self) -> String {
        match self {
            Self::DecidedBefore => {
                "that were assessed by another party, and approved, before they first collected".to_owned()
            }
            Self::ReviewOverdue => "whose newest assessment is older than its review date".to_owned(),
            Self::Stated { kind } => format!("about which a statement “{kind}” stands"),
            Self::Supported => "that are within their stated support".to_owned(),
            Self::Open => "that everybody may have".to_owned(),
            Self::AnsweredWithin { days } => format!("that were answered within {days} days"),
            Self::InForce { of } => format!("that a norm or duty in force names; there are {}", of.len()),
        }
    }

    const fn fits(&self, of: Things) -> bool {
        match self {
            Self::DecidedBefore => matches!(of, Things::PeopleDeploymentsBegun),
            Self::ReviewOverdue => matches!(of, Things::PeopleDeploymentsAssessed),
            Self::Stated { .. } => matches!(of, Things::City | Things::ActiveDeployments),
            Self::Supported => matches!(of, Things::DevicesOfActiveDeployments),
            Self::Open => matches!(of, Things::ViewsInForce),
            Self::AnsweredWithin { .. } => matches!(of, Things::Inquiries),
            Self::InForce { .. } => matches!(of, Things::Requirements),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DecidedBefore => "decided-before",
            Self::ReviewOverdue => "review-overdue",
            Self::Stated { .. } => "stated",
            Self::Supported => "supported",
            Self::Open => "open",
            Self::AnsweredWithin { .. } => "answered-within",
            Self::InForce { .. } => "in-force",
        })
    }
}
