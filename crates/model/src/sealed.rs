//! What must stay confidential: in the log only a salted commitment, elsewhere an erasable payload.
//!
//! This module holds the shapes. The commitments are computed by `tlog::commitment` and the payloads are kept
//! by `journal`; nothing here can turn a commitment back into what it hides.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::Digest;

/// A value that is still there, or that has been erased. The fold gives the same public state for both.
#[derive(Clone, PartialEq, Eq)]
pub enum Sealed<T> {
    /// The payload is in the store.
    Present(T),
    /// The payload and its salts were destroyed.
    Erased,
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Present(_) => "Sealed(present)",
            Self::Erased => "Sealed(erased)",
        })
    }
}

/// Confidential fields in the clear, on their way to the payload store. Every field of the kind of act is
/// there, empty ones as `None`, so that presence tells nothing.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub BTreeMap<String, Option<String>>);

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The public side of confidential fields: name → commitment. Stands in the act.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedFields(pub BTreeMap<String, Digest>);
