//! A catalogue of anybody's as requirements. Ours comes back as it was; of a foreign one the text, the parameters and the
//! sources come, and everything else is named as lost.
//!
//! What is imported executes nothing: a person writes the norms.

use std::collections::BTreeMap;

use model::RequirementId;

use super::document::{Catalog, CatalogDocument, Control, Group, Resource};
use super::loss::{Loss, Losses};
use super::{DOCUMENT_BYTES_MAX, NAMESPACE};
use crate::pack::NormText;
use crate::requirement::Requirement;

mod control;
mod params;
mod prose;

/// How deep groups and controls may stand in one another.
const DEPTH_MAX: usize = 32;

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Too large.
    #[error("the document has {0} bytes, the limit is {DOCUMENT_BYTES_MAX}")]
    TooLarge(usize),
    /// Not OSCAL.
    #[error("the document is not OSCAL in JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Another kind of document.
    #[error("the document has no `{0}`; only catalogues and profiles are read")]
    Kind(&'static str),
    /// Two controls with one id.
    #[error("the control `{0}` is there twice")]
    Twice(String),
    /// Nested too deep.
    #[error("groups or controls stand more than {DEPTH_MAX} deep in one another")]
    Depth,
    /// A profile imports something that is not there.
    #[error("the profile imports `{0}`, which was not given")]
    Missing(String),
    /// Profiles that import one another.
    #[error("the profile `{0}` imports itself, directly or through others")]
    Cycle(String),
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The document's title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// The requirements, by id.
    pub requirements: BTreeMap<RequirementId, Requirement>,
    /// Norms, where the catalogue is one of ours.
    pub norms: Vec<NormText>,
    /// What was left behind.
    pub losses: Vec<Loss>,
}

/// Reads a catalogue.
///
/// # Errors
/// It is not one, or is too large or too deep.
pub fn catalog(bytes: &[u8]) -> Result<Imported, ImportError> {
    requirements(&read(bytes)?)
}

/// Reads the file of a catalogue without looking into it.
///
/// # Errors
/// It is not one, or is too large.
pub fn read(bytes: &[u8]) -> Result<Catalog, ImportError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(ImportError::TooLarge(bytes.len()));
    }
    serde_json::from_slice::<CatalogDocument>(bytes)?.catalog.ok_or(ImportError::Kind("catalog"))
}

/// Turns a catalogue, or a resolved profile, into requirements.
///
/// # Errors
/// Two controls have one id, or they are nested too deep.
pub fn requirements(catalog: &Catalog) -> Result<Imported, ImportError> {
    let resources: BTreeMap<&str, &Resource> =
        catalog.back_matter.resources.iter().map(|resource| (resource.uuid.as_str(), resource)).collect();
    let mut reader = Reader {
        title: &catalog.metadata.title,
        resources,
        requirements: BTreeMap::new(),
        norms: Vec::new(),
        losses: Losses::default(),
    };
    reader.losses.rest("catalog", &catalog.rest);
    reader.losses.rest("catalog/metadata", &catalog.metadata.rest);
    reader.losses.props("catalog/metadata", catalog.metadata.props.iter().filter(|property| !is_ours(&property.ns)));
    reader.losses.links("catalog/metadata", catalog.metadata.links.iter());
    reader.controls("catalog", &catalog.controls, None, 0)?;
    for group in &catalog.groups {
        reader.group("catalog", group, 0)?;
    }
    for param in &catalog.params {
        reader.losses.add(&format!("catalog/params/{}", param.id), "a parameter outside of any control");
    }
    Ok(Imported {
        title: catalog.metadata.title.clone(),
        version: catalog.metadata.version.clone(),
        requirements: reader.requirements,
        norms: reader.norms,
        losses: reader.losses.done(),
    })
}

fn is_ours(ns: &Option<String>) -> bool {
    ns.as_deref() == Some(NAMESPACE)
}

struct Reader<'a> {
    title: &'a str,
    resources: BTreeMap<&'a str, &'a Resource>,
    requirements: BTreeMap<RequirementId, Requirement>,
    norms: Vec<NormText>,
    losses: Losses,
}

impl Reader<'_> {
    fn group(&mut self, above: &str, group: &Group, depth: usize) -> Result<(), ImportError> {
        if depth > DEPTH_MAX {
            return Err(ImportError::Depth);
        }
        let path = format!("{above}/groups/{}", group.id.as_deref().unwrap_or(&group.title));
        self.losses.rest(&path, &group.rest);
        self.losses.props(&path, group.props.iter().filter(|property| !is_ours(&property.ns)));
        self.losses.links(&path, group.links.iter());
        for param in &group.params {
            self.losses.add(&format!("{path}/params/{}", param.id), "a parameter of a group");
        }
        for part in &group.parts {
            self.losses.add(&format!("{path}/parts/{}", part.name), "the text of a group");
        }
        for inner in &group.groups {
            self.losses.add(&path, "groups stand in one another here; requirements are in one list");
            self.group(&path, inner, depth + 1)?;
        }
        self.controls(&path, &group.controls, group.id.as_deref(), depth + 1)
    }

    fn controls(
        &mut self,
        above: &str,
        controls: &[Control],
        group: Option<&str>,
        depth: usize,
    ) -> Result<(), ImportError> {
        if depth > DEPTH_MAX {
            return Err(ImportError::Depth);
        }
        for control in controls {
            let path = format!("{above}/controls/{}", control.id);
            let requirement = self.control(&path, control, group);
            let id = requirement.id.clone();
            if self.requirements.insert(id, requirement).is_some() {
                return Err(ImportError::Twice(control.id.clone()));
            }
            if !control.controls.is_empty() {
                self.losses.add(&path, "controls stand in one another here; requirements are in one list");
            }
            self.controls(&path, &control.controls, group, depth + 1)?;
        }
        Ok(())
    }
}
