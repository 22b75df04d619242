//! A profile of ours as a profile of OSCAL's: what it stands on, whole, with the parameters it makes stricter.
//!
//! OSCAL's profiles hold no controls, so a profile's own requirements go into a catalogue of their own, which it imports.

use model::Timestamp;

use super::catalog::value;
use super::document::{Import, Merge, Modify, Profile, ProfileDocument, Rest, SetParameter};
use super::{metadata, property, uuid};
use crate::pack::Pack;

/// Where a pack's catalogue is found: beside the profile, by the pack's name.
#[must_use]
pub fn href(id: &str) -> String {
    format!("{id}.catalog.json")
}

/// Writes a profile. `bases` are the ids of the packs it stands on, directly or not, widest first.
#[must_use]
pub fn export(pack: &Pack, bases: &[String], at: Timestamp) -> ProfileDocument {
    let manifest = &pack.manifest;
    let own = (!pack.requirements.is_empty()).then(|| manifest.id.clone());
    let import = |id: &String| Import { href: href(id), include_all: Some(Rest::new()), ..Import::default() };
    let set = manifest.set.iter().map(|(id, set)| {
        let (class, values) = value(set);
        SetParameter { param_id: id.to_string(), class: Some(class.to_owned()), values, ..SetParameter::default() }
    });
    let set: Vec<SetParameter> = set.collect();
    let mut metadata = metadata(&manifest.title, &manifest.reference.version.to_string(), at, &manifest.notice);
    metadata.props = vec![property("urn", &manifest.reference.urn), property("jurisdiction", &manifest.jurisdiction)];
    let profile = Profile {
        uuid: uuid(&format!("{}@{}#profile", manifest.reference.urn, manifest.reference.version)),
        metadata,
        imports: bases.iter().chain(own.iter()).map(import).collect(),
        merge: Some(Merge { as_is: Some(true), ..Merge::default() }),
        modify: (!set.is_empty()).then(|| Modify { set_parameters: set, ..Modify::default() }),
        ..Profile::default()
    };
    ProfileDocument { profile: Some(profile), ..ProfileDocument::default() }
}
