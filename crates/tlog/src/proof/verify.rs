//! Verification of proofs. It exists apart from proving because it is the part an outsider must read and trust. It
//! never reads anything: leaf, sizes, proof and roots are all the verifier's own arguments.

use super::ProofError;
use crate::hash::{Hash, empty_root, node_hash};

/// Checks that `leaf` is leaf number `index` of the tree with `size` leaves and root `root`.
///
/// # Errors
/// [`ProofError::OutOfRange`], [`ProofError::Length`] or [`ProofError::Root`].
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    let actual = root_from_inclusion(leaf, index, size, proof)?;
    if actual == *root { Ok(()) } else { Err(ProofError::Root { expected: *root, actual }) }
}

/// The root an inclusion proof leads to; meaningful only when compared with a signed one.
///
/// # Errors
/// [`ProofError::OutOfRange`] or [`ProofError::Length`].
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { index, size });
    }
    let path = Path::to(index, size);
    expect_len(path.len(), proof)?;
    let (inner, border) = proof.split_at_checked(path.inner as usize).unwrap_or((proof, &[]));
    Ok(climb_border(climb_inner(*leaf, inner, index), border))
}

/// Checks that the tree of `new_size` leaves with `new_root` continues the tree of `old_size` leaves with `old_root`.
///
/// # Errors
/// [`ProofError::Shrinks`], [`ProofError::Length`], [`ProofError::Root`], or [`ProofError::OldRoot`] for a fork.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > new_size {
        return Err(ProofError::Shrinks { old: old_size, new: new_size });
    }
    if old_size == 0 || old_size == new_size {
        let known = if old_size == 0 { empty_root() } else { *new_root };
        expect_len(0, proof)?;
        return expect_old_root(old_root, known);
    }
    // The path is that of the old tree's last complete subtree: `aligned` levels above its last leaf.
    let last = old_size - 1;
    let aligned = old_size.trailing_zeros();
    let from_leaf = Path::to(last, new_size);
    let path = Path { inner: from_leaf.inner - aligned, border: from_leaf.border };
    // When the old tree is one complete subtree, its root is the seed and the proof omits it.
    let omitted = old_size.is_power_of_two();
    expect_len(path.len() + usize::from(!omitted), proof)?;
    let (seed, rest) = match proof.split_first() {
        Some((first, rest)) if !omitted => (*first, rest),
        _ => (*old_root, proof),
    };
    let (inner, border) = rest.split_at_checked(path.inner as usize).unwrap_or((rest, &[]));
    let position = last >> aligned;
    let lefts = inner.iter().enumerate().filter(|(level, _)| (position >> level) & 1 == 1);
    let old = lefts.fold(seed, |hash, (_, left)| node_hash(left, &hash));
    expect_old_root(old_root, climb_border(old, border))?;
    let actual = climb_border(climb_inner(seed, inner, position), border);
    if actual == *new_root { Ok(()) } else { Err(ProofError::Root { expected: *new_root, actual }) }
}

/// The shape of the way from a leaf to the root: first levels where siblings lie on both sides, then the right border
/// of the tree, where every sibling lies on the left.
struct Path {
    inner: u32,
    border: u32,
}

impl Path {
    /// For `index < size`.
    const fn to(index: u64, size: u64) -> Self {
        let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
        let border = if inner == u64::BITS { 0 } else { (index >> inner).count_ones() };
        Self { inner, border }
    }

    const fn len(&self) -> usize {
        (self.inner + self.border) as usize
    }
}

fn expect_len(expected: usize, proof: &[Hash]) -> Result<(), ProofError> {
    if proof.len() == expected { Ok(()) } else { Err(ProofError::Length { expected, actual: proof.len() }) }
}

fn expect_old_root(expected: &Hash, actual: Hash) -> Result<(), ProofError> {
    if *expected == actual { Ok(()) } else { Err(ProofError::OldRoot { expected: *expected, actual }) }
}

fn climb_inner(seed: Hash, siblings: &[Hash], position: u64) -> Hash {
    siblings.iter().enumerate().fold(seed, |hash, (level, sibling)| {
        if (position >> level) & 1 == 0 { node_hash(&hash, sibling) } else { node_hash(sibling, &hash) }
    })
}

fn climb_border(seed: Hash, siblings: &[Hash]) -> Hash {
    siblings.iter().fold(seed, |hash, left| node_hash(left, &hash))
}
