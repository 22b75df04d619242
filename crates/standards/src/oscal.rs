//! OSCAL 1.2.1 in and out: for those whose tools speak it. People never meet it here; packs are the form that counts.
//!
//! Export gives catalogue, profile, mapping and assessment results that fit NIST's schemas. Import takes a catalogue and a
//! profile of anybody's and says of everything that it could not carry over where it stood: never a silent loss.

pub mod catalog;
pub mod document;
pub mod import;
pub mod loss;
pub mod mapping;
pub mod profile;
pub mod resolve;
pub mod results;

use uuid::Uuid;

use document::{Metadata, Property};

/// The version of OSCAL that is written.
pub const OSCAL_VERSION: &str = "1.2.1";
/// The namespace of our own properties and parts.
pub const NAMESPACE: &str = "urn:ordinance:oscal:1";
/// The largest document that is read, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 16 << 20;

/// A UUID that follows from a name, so that exporting twice gives the same bytes (RFC 9562, version 5).
#[must_use]
pub fn uuid(name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

/// One of our own properties. Values hold no line breaks in OSCAL, so white space is folded.
pub(crate) fn property(name: &str, value: &str) -> Property {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    Property { name: name.to_owned(), ns: Some(NAMESPACE.to_owned()), value, ..Property::default() }
}

/// Metadata with the words that must stand on everything.
pub(crate) fn metadata(title: &str, version: &str, at: model::Timestamp, notice: &str) -> Metadata {
    Metadata {
        title: title.to_owned(),
        last_modified: at.to_string(),
        version: version.to_owned(),
        oscal_version: OSCAL_VERSION.to_owned(),
        remarks: Some(notice.to_owned()),
        ..Metadata::default()
    }
}

#[cfg(test)]
mod tests;
