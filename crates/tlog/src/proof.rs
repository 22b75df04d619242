//! Inclusion and consistency proofs, [RFC 6962, section 2.1.1](https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1.1) and
//! [section 2.1.2](https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1.2).
//!
//! It exists for both sides: the log which proves and anybody who verifies. It never calls a hash authentic because it
//! came from a tile: the `prove_*` functions return claims, and only the `verify_*` functions, ending in a root which
//! the caller took from a signed checkpoint, turn claims into facts. [`TileHashes`] does both steps in one call.

mod reader;
mod verify;

pub use reader::{LeafHashes, TileHashes, TileReader};
pub use verify::{root_from_inclusion, verify_consistency, verify_inclusion};

use crate::hash::{Hash, empty_root};
use crate::tree::{fold_subtrees, split_exponent};

/// The longest proof a 64-bit tree can have, in hashes, with one to spare for consistency.
pub const MAX_PROOF_LEN: usize = 65;

/// Why a hash could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The reader does not hold this node.
    #[error("no hash at level {level}, index {index}")]
    Missing {
        /// Height above the leaves.
        level: u32,
        /// Position within the level.
        index: u64,
    },
    /// A tile came back with another number of hashes than it must have.
    #[error("{path} has {actual} hashes, expected {expected}")]
    Width {
        /// Path of the tile.
        path: String,
        /// Hashes it must have.
        expected: usize,
        /// Hashes it has.
        actual: usize,
    },
    /// The storage behind the reader failed.
    #[error("cannot read {path}: {message}")]
    Storage {
        /// What was read.
        path: String,
        /// What the storage said.
        message: String,
    },
}

/// Why a proof could not be built, or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not in a tree of this size.
    #[error("leaf {index} is outside a tree of size {size}")]
    OutOfRange {
        /// Index of the leaf.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// The older tree is larger than the newer one.
    #[error("old size {old} is larger than new size {new}")]
    Shrinks {
        /// Size of the older tree.
        old: u64,
        /// Size of the newer tree.
        new: u64,
    },
    /// The proof has another length than its sizes demand.
    #[error("the proof has {actual} hashes, expected {expected}")]
    Length {
        /// Hashes the sizes demand.
        expected: usize,
        /// Hashes in the proof.
        actual: usize,
    },
    /// The proof leads to another root than the trusted one.
    #[error("the proof leads to root {actual}, not to {expected}")]
    Root {
        /// The trusted root.
        expected: Hash,
        /// The root the proof leads to.
        actual: Hash,
    },
    /// The proof leads to another old root than the trusted one: the two trees are a fork.
    #[error("the proof leads to old root {actual}, not to {expected}")]
    OldRoot {
        /// The trusted old root.
        expected: Hash,
        /// The old root the proof leads to.
        actual: Hash,
    },
    /// A hash could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Reads roots of complete subtrees. What it returns is a claim, see the module documentation.
pub trait HashReader {
    /// The root of the complete subtree over leaves `index << level .. (index + 1) << level`.
    ///
    /// # Errors
    /// When the node is missing or its storage fails.
    fn hash(&self, level: u32, index: u64) -> Result<Hash, ReadError>;
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves, from the leaf's sibling up.
///
/// # Errors
/// [`ProofError::OutOfRange`], or [`ProofError::Read`] when the reader fails.
pub fn prove_inclusion(index: u64, size: u64, reader: &impl HashReader) -> Result<Vec<Hash>, ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { index, size });
    }
    let mut down = Vec::new();
    let (mut start, mut len) = (0, size);
    while len > 1 {
        let left = 1_u64 << split_exponent(len);
        if index - start < left {
            down.push(range_hash(start + left, len - left, reader)?);
            len = left;
        } else {
            down.push(range_hash(start, left, reader)?);
            start += left;
            len -= left;
        }
    }
    down.reverse();
    Ok(down)
}

/// The consistency proof between the first `old` leaves and the first `new` leaves.
///
/// Empty when `old` is 0 or equals `new`, where there is nothing to prove beyond the equality the verifier checks.
///
/// # Errors
/// [`ProofError::Shrinks`], or [`ProofError::Read`] when the reader fails.
pub fn prove_consistency(old: u64, new: u64, reader: &impl HashReader) -> Result<Vec<Hash>, ProofError> {
    if old > new {
        return Err(ProofError::Shrinks { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut down = Vec::new();
    let (mut start, mut len) = (0, new);
    // `known` while the subtree in hand is the whole old tree, whose root the verifier has.
    let mut known = true;
    loop {
        let covered = old - start;
        if covered == len {
            if !known {
                down.push(range_hash(start, len, reader)?);
            }
            break;
        }
        let left = 1_u64 << split_exponent(len);
        if covered <= left {
            down.push(range_hash(start + left, len - left, reader)?);
            len = left;
        } else {
            down.push(range_hash(start, left, reader)?);
            start += left;
            len -= left;
            known = false;
        }
    }
    down.reverse();
    Ok(down)
}

/// The root over the first `size` leaves as the reader claims it.
///
/// # Errors
/// [`ReadError`] when the reader fails.
pub fn claimed_root(size: u64, reader: &impl HashReader) -> Result<Hash, ReadError> {
    if size == 0 { Ok(empty_root()) } else { range_hash(0, size, reader) }
}

/// The hash of `len` leaves from `start`, where `start` is a multiple of the largest power of two in `len`.
fn range_hash(start: u64, len: u64, reader: &impl HashReader) -> Result<Hash, ReadError> {
    let mut subtrees = Vec::new();
    let mut at = start;
    for level in (0..u64::BITS).rev() {
        if len & (1 << level) != 0 {
            subtrees.push(reader.hash(level, at >> level)?);
            at = at.wrapping_add(1 << level);
        }
    }
    Ok(fold_subtrees(&subtrees).unwrap_or_else(empty_root))
}

#[cfg(test)]
mod tests;
