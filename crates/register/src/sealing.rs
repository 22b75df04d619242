//! Sealing: confidential fields become commitments in the act and an erasable payload beside it.
//!
//! A payload holds one random record key and the fields in the clear. Every salt derives from the record key, so
//! destroying the payload destroys the salts, and the commitments left in the log say nothing. Every field of a kind
//! of act is committed to, empty ones too, so that presence does not leak.

use std::collections::BTreeMap;

use model::entropy::NoEntropy;
use model::{Digest, Entropy, Fields, SealedFields};
use serde::{Deserialize, Serialize};
use tlog::commitment::{field_commitment, opens, salt_for};

/// The sealed fields of a party's contact.
pub const CONTACT_FIELDS: [&str; 3] = ["contact-name", "contact-mail", "contact-phone"];
/// The sealed fields of an inquiry.
pub const INQUIRY_FIELDS: [&str; 3] = ["contact-mail", "contact-name", "words"];
/// The sealed field of an incident: what must not be public yet.
pub const INCIDENT_FIELDS: [&str; 1] = ["details"];
/// The sealed field of an order.
pub const ORDER_FIELDS: [&str; 1] = ["list"];
/// The longest confidential value, in bytes.
pub const FIELD_BYTES_MAX: usize = 512 * 1024;

/// Why fields could not be sealed or opened. Names fields, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A field that this kind of act does not have.
    #[error("`{0}` is not a confidential field of this act; known are: {1}")]
    UnknownField(String, String),
    /// A value is too long.
    #[error("the confidential field `{0}` has more than {FIELD_BYTES_MAX} bytes")]
    TooLong(String),
    /// No randomness for the record key.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The stored payload is not one that this software wrote.
    #[error("a sealed payload is damaged")]
    Damaged,
    /// The stored payload does not open the commitment in the act.
    #[error("the sealed field `{0}` does not open its commitment")]
    DoesNotOpen(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    record_key: Digest,
    fields: BTreeMap<String, Option<String>>,
}

/// Seals fields: what goes into the act, and the payload's bytes.
///
/// # Errors
/// A field is unknown or too long, or there is no randomness.
pub fn seal(fields: &Fields, names: &[&str], entropy: &dyn Entropy) -> Result<(SealedFields, Vec<u8>), SealError> {
    if let Some(unknown) = fields.0.keys().find(|name| !names.contains(&name.as_str())) {
        return Err(SealError::UnknownField(unknown.escape_debug().take(64).collect(), names.join(", ")));
    }
    let record_key = entropy.bytes32()?;
    let (mut sealed, mut kept) = (BTreeMap::new(), BTreeMap::new());
    for &name in names {
        let value = fields.0.get(name).cloned().flatten();
        if value.as_ref().is_some_and(|value| value.len() > FIELD_BYTES_MAX) {
            return Err(SealError::TooLong(name.to_owned()));
        }
        sealed.insert(name.to_owned(), commit(&record_key, name, value.as_deref()));
        kept.insert(name.to_owned(), value);
    }
    let payload = Payload { record_key: Digest::new(record_key), fields: kept };
    let bytes = serde_json::to_vec(&payload).map_err(|_| SealError::Damaged)?;
    Ok((SealedFields(sealed), bytes))
}

/// Opens a payload against the commitments of its act.
///
/// # Errors
/// The payload is damaged or does not open every commitment.
pub fn open(payload: &[u8], sealed: &SealedFields) -> Result<Fields, SealError> {
    let payload: Payload = serde_json::from_slice(payload).map_err(|_| SealError::Damaged)?;
    if !payload.fields.keys().eq(sealed.0.keys()) {
        return Err(SealError::Damaged);
    }
    for (name, commitment) in &sealed.0 {
        let value = payload.fields.get(name).and_then(Option::as_deref);
        let salt = salt_for(payload.record_key.as_bytes(), name);
        if !opens(&(*commitment.as_bytes()).into(), name, &salt, value.map(str::as_bytes)) {
            return Err(SealError::DoesNotOpen(name.clone()));
        }
    }
    Ok(Fields(payload.fields))
}

fn commit(record_key: &[u8; 32], name: &str, value: Option<&str>) -> Digest {
    let salt = salt_for(record_key, name);
    Digest::new(field_commitment(name, &salt, value.map(str::as_bytes)).to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::SeededBytes;

    fn fields(pairs: &[(&str, Option<&str>)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect())
    }

    #[test]
    fn a_payload_opens_its_own_commitments_only() {
        let entropy = SeededBytes::new(7);
        let given = fields(&[("contact-name", Some("A. Person")), ("contact-mail", None)]);
        let (sealed, payload) = seal(&given, &CONTACT_FIELDS, &entropy).unwrap();
        assert_eq!(sealed.0.len(), 3, "every field is committed to");
        let opened = open(&payload, &sealed).unwrap();
        assert_eq!(opened.0.get("contact-name").unwrap().as_deref(), Some("A. Person"));
        let (other, _) = seal(&given, &CONTACT_FIELDS, &entropy).unwrap();
        assert!(matches!(open(&payload, &other), Err(SealError::DoesNotOpen(_))));
        assert!(sealed.0.values().all(|c| other.0.values().all(|d| c != d)), "fresh salts each time");
    }

    #[test]
    fn unknown_fields_and_damage_are_refused() {
        let entropy = SeededBytes::new(7);
        let given = fields(&[("password", Some("x"))]);
        assert!(matches!(seal(&given, &CONTACT_FIELDS, &entropy), Err(SealError::UnknownField(..))));
        let (sealed, mut payload) = seal(&Fields::default(), &ORDER_FIELDS, &entropy).unwrap();
        payload.truncate(payload.len() / 2);
        assert_eq!(open(&payload, &sealed), Err(SealError::Damaged));
    }
}
