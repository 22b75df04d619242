//! A pack: one standard or profile, read whole.

pub(crate) mod check;
mod duties;
pub(crate) mod fields;
pub mod files;
mod front_matter;
pub(crate) mod instruments;
pub(crate) mod lexer;
pub(crate) mod manifest;
mod mentions;
pub(crate) mod nesting;
mod norms;
mod parse;
mod read;
pub(crate) mod requirements;
mod uses;

pub use files::Files;
pub use front_matter::halves;
pub use uses::{Form, Use};

use std::collections::BTreeMap;
use std::fmt;

use model::{LayerKind, RequirementId};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::duty::{Declared, DeclaredKeep};
use crate::instrument::Instrument;
use crate::parameter::{ParameterId, Value};
use crate::requirement::Requirement;
use crate::words::translation::Translation;
use manifest::Lines;
use mentions::Mentions;
use requirements::Spot;

/// Whether a pack stands by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackKind {
    /// It stands by itself.
    Standard,
    /// It stands on others and makes them stricter.
    Profile,
}

/// A pack by name and version, in texts as `<urn>@<version>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Its name for ever.
    pub urn: String,
    /// Its version.
    pub version: Version,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.urn, self.version)
    }
}

impl Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One of a standard's principles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principle {
    /// A slug.
    pub id: String,
    /// A few words.
    pub title: String,
}

/// One of a standard's model policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPolicy {
    /// A slug.
    pub id: String,
    /// A few words.
    pub title: String,
    /// The principle it serves.
    pub principle: String,
}

/// What a pack says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The layer's name in policies.
    pub id: String,
    /// Its name and version.
    pub reference: Reference,
    /// For people.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// Whether it stands by itself.
    pub kind: PackKind,
    /// How wide it is.
    pub layer: LayerKind,
    /// Where it holds.
    pub jurisdiction: String,
    /// The language of its Markdown.
    pub locale: String,
    /// Every language it speaks.
    pub locales: Vec<String>,
    /// What stands on each page of it.
    pub notice: String,
    /// What it stands on.
    pub based_on: Vec<Reference>,
    /// Principles, for a standard.
    pub principles: Vec<Principle>,
    /// Model policies, for a standard.
    pub policies: Vec<ModelPolicy>,
    /// What it sets of what it stands on.
    pub set: BTreeMap<ParameterId, Value>,
}

/// A norm as it stands in a pack: Cedar with parameters not yet filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormText {
    /// Its `@id`.
    pub id: String,
    /// Its `@requirement`.
    pub requirement: RequirementId,
    /// Its `@reason`, where it has one of its own; else the requirement's text is the reason.
    pub reason: Option<String>,
    /// The whole policy as written, annotations included.
    pub cedar: String,
    /// The file.
    pub file: String,
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// One standard or profile, read whole and checked.
#[derive(Debug, Clone)]
pub struct Pack {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its requirements, by id.
    pub requirements: BTreeMap<RequirementId, Requirement>,
    /// Its norms, in order of file and line.
    pub norms: Vec<NormText>,
    /// Its duties, in order of file and line; see [`Pack::place_of_duty`].
    pub duties: Vec<Declared>,
    /// Its limits on keeping data, in the same order.
    pub keeps: Vec<DeclaredKeep>,
    /// Its instruments, in order of file.
    pub instruments: Vec<Instrument>,
    /// SHA-256 of its content.
    pub hash: model::Digest,
    pub(crate) files: Files,
    pub(crate) translations: BTreeMap<String, Translation>,
    pub(crate) mentions: Mentions,
    pub(crate) duty_places: BTreeMap<String, (String, usize)>,
    pub(crate) lines: Lines,
    pub(crate) spots: BTreeMap<RequirementId, Spot>,
}

impl Pack {
    /// The text of one of its files, as it stands.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path)
    }

    /// Its files whose path begins with `prefix`, for instance `duties/`, in order.
    pub fn texts_under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files.under(prefix)
    }

    /// Its signature, where it has one; see [`crate::trust`].
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.files.get(files::NOTE)
    }

    /// File and line of a duty or of a limit on keeping, by its id.
    #[must_use]
    pub fn place_of_duty(&self, id: &str) -> Option<(&str, usize)> {
        self.duty_places.get(id).map(|(file, line)| (file.as_str(), *line))
    }

    /// A problem at the place of a duty or of a limit on keeping.
    pub(crate) fn at_duty(&self, id: &str, code: &'static str, what: String, help: &str) -> Diagnostic {
        let (file, line) = self.place_of_duty(id).unwrap_or((files::MANIFEST, 1));
        Diagnostic::of_file(file, code, what, help).at_line(line)
    }

    /// File and line of a requirement.
    #[must_use]
    pub fn place_of(&self, requirement: &RequirementId) -> Option<(&str, usize)> {
        self.spots.get(requirement).map(|spot| (spot.file.as_str(), spot.id))
    }
}
