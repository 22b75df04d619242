//! Strictness that serde does not have by itself.
//!
//! Of an enum that is told by a field inside, serde takes a variant without fields together with anything else that stands
//! beside the tag: `{"do":"keep","epoch":"24h"}` would be read as *keep*. Nothing here reads such a text for half of what
//! it says.

use serde::{Deserialize, Deserializer};

/// A variant without fields, and nothing beside its tag.
pub(crate) fn nothing_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    Nothing::deserialize(deserializer).map(|Nothing {}| ())
}
