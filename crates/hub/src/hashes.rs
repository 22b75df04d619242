//! Hashes in JSON: as canonical base64, as in a checkpoint.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use tlog::Hash;

pub(crate) fn serialize<S: Serializer>(hashes: &[Hash], to: S) -> Result<S::Ok, S::Error> {
    hashes.iter().map(ToString::to_string).collect::<Vec<_>>().serialize(to)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Hash>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| Hash::from_base64(text).map_err(D::Error::custom)).collect()
}

/// One of them.
pub(crate) mod one {
    use super::{Deserialize, Deserializer, Error, Hash, Serializer};

    pub(crate) fn serialize<S: Serializer>(hash: &Hash, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(hash)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Hash, D::Error> {
        Hash::from_base64(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
