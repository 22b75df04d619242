//! Watching: evidence that a log contradicts itself, which anyone can check without the hub.
//!
//! Evidence holds the two signed heads and what was compared, and nothing that has to be believed, but for one kind that says so of
//! itself. It is published, never sent, and decides nothing: what follows from it is for people.
//!
//! The place of a witness that cosigns is free: heads are kept with every line that is under them, and a cosigner would sign what a
//! mirror has checked (C2SP tlog-witness).

mod file;
mod since;

use model::{PartyId, Timestamp};
use serde::{Deserialize, Serialize};
use tlog::checkpoint::{self, Checkpoint, CheckpointError};
use tlog::proof::{ProofError, verify_consistency};
use tlog::{Hash, NoteError, Vkey};

pub use file::{EVIDENCE_BYTES_MAX, EvidenceFile};
pub use since::since;

/// Evidence about one log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The city, as whoever noted it calls it.
    pub city: PartyId,
    /// The key that signed both heads.
    pub key: String,
    /// When it was noted.
    pub noted: Timestamp,
    /// What was compared.
    pub said: Said,
}

/// Two signed heads, and why they cannot both be of one log that only grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Said {
    /// Two heads of one size with different roots.
    #[serde(rename = "two-roots/1")]
    TwoRoots {
        /// The one that was known.
        first: String,
        /// The other.
        second: String,
    },
    /// A larger head whose tree begins otherwise than the smaller head says.
    #[serde(rename = "not-a-prefix/1")]
    NotAPrefix {
        /// The smaller head.
        smaller: String,
        /// The larger head.
        larger: String,
        /// The root over the first entries of the larger tree, as many as the smaller has.
        #[serde(with = "crate::hashes::one")]
        prefix: Hash,
        /// The consistency proof from that prefix to the larger head (RFC 6962).
        #[serde(with = "crate::hashes")]
        proof: Vec<Hash>,
    },
    /// A smaller head was served after a larger one. Both are signed; in which order they were served is the word of
    /// whoever noted it.
    #[serde(rename = "rolled-back/1")]
    RolledBack {
        /// The one that was known.
        larger: String,
        /// The one that was served later.
        smaller: String,
    },
}

/// What evidence proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proves {
    /// Whoever holds the key signed two histories. It can be checked by anyone, and not be denied.
    TwoHistories,
    /// Both heads are signed. That the smaller was served later is the word of whoever noted it.
    OnlyTheHeads,
}

impl Proves {
    /// In words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::TwoHistories => {
                "whoever holds this key signed two histories that cannot be one: the log was forked or rewritten"
            }
            Self::OnlyTheHeads => {
                "both heads are signed by this key; that the smaller was served after the larger is the word of whoever noted it"
            }
        }
    }
}

/// Why evidence proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// It is no evidence.
    #[error("this is no evidence: {0}")]
    Form(String),
    /// The key cannot be read.
    #[error("its key is no verifier key: {0}")]
    Key(#[from] NoteError),
    /// It is about another key than the one asked for.
    #[error("it is about the key `{found}`, you asked for `{wanted}`")]
    OtherKey {
        /// What it names.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// A head is not signed by the key, or is malformed.
    #[error("the {which} head proves nothing: {error}")]
    Head {
        /// `first`, `second`, `smaller` or `larger`.
        which: &'static str,
        /// Why.
        error: CheckpointError,
    },
    /// The heads do not contradict each other.
    #[error("the two heads do not contradict each other: {0}")]
    NoContradiction(&'static str),
    /// The proof does not hold.
    #[error("the proof does not lead to the larger head: {0}")]
    Proof(#[from] ProofError),
}

impl Evidence {
    /// Reads evidence.
    ///
    /// # Errors
    /// It is none, or too large.
    pub fn read(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if bytes.len() > EVIDENCE_BYTES_MAX {
            return Err(EvidenceError::Form(format!("it has more than {EVIDENCE_BYTES_MAX} bytes")));
        }
        serde_json::from_slice(bytes).map_err(|error| EvidenceError::Form(error.to_string()))
    }

    /// Checks it, with nothing but what is in it, and the key if it is known from elsewhere.
    ///
    /// # Errors
    /// It proves nothing, and why.
    pub fn check(&self, wanted: Option<&str>) -> Result<Proves, EvidenceError> {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != self.key) {
            return Err(EvidenceError::OtherKey { found: self.key.clone(), wanted: wanted.to_owned() });
        }
        let key: Vkey = self.key.parse()?;
        match &self.said {
            Said::TwoRoots { first, second } => {
                let (first, second) = (head(first, &key, "first")?, head(second, &key, "second")?);
                match (first.size == second.size, first.root == second.root) {
                    (true, false) => Ok(Proves::TwoHistories),
                    (false, _) => Err(EvidenceError::NoContradiction("they are of different sizes")),
                    (true, true) => Err(EvidenceError::NoContradiction("they have one root")),
                }
            }
            Said::NotAPrefix { smaller, larger, prefix, proof } => {
                let (smaller, larger) = (head(smaller, &key, "smaller")?, head(larger, &key, "larger")?);
                verify_consistency(smaller.size, prefix, larger.size, &larger.root, proof)?;
                if *prefix == smaller.root {
                    return Err(EvidenceError::NoContradiction("the larger tree begins as the smaller head says"));
                }
                Ok(Proves::TwoHistories)
            }
            Said::RolledBack { larger, smaller } => {
                let (larger, smaller) = (head(larger, &key, "larger")?, head(smaller, &key, "smaller")?);
                if smaller.size >= larger.size {
                    return Err(EvidenceError::NoContradiction("the second is not smaller"));
                }
                Ok(Proves::OnlyTheHeads)
            }
        }
    }
}

fn head(note: &str, key: &Vkey, which: &'static str) -> Result<Checkpoint, EvidenceError> {
    checkpoint::verify(note, key).map_err(|error| EvidenceError::Head { which, error })
}
