//! Roots of growing trees in logarithmic space, [RFC 6962, section 2.1](https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1).
//!
//! It exists so that a log can append and compute roots without keeping its leaves. It never keeps a leaf longer than
//! the subtree it completes.

use crate::hash::{Hash, empty_root, node_hash};

/// The right edge of a tree: the roots of its complete subtrees, largest first, one per set bit of the size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RightEdge {
    size: u64,
    subtrees: Vec<Hash>,
}

impl RightEdge {
    /// The edge of the empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, subtrees: Vec::new() }
    }

    /// Restores an edge from what [`RightEdge::size`] and [`RightEdge::subtrees`] gave; `None` unless there is one
    /// subtree per set bit of `size`.
    #[must_use]
    pub fn from_parts(size: u64, subtrees: Vec<Hash>) -> Option<Self> {
        let expected = size.count_ones() as usize;
        (subtrees.len() == expected).then_some(Self { size, subtrees })
    }

    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    #[must_use]
    pub fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }

    /// The Merkle tree hash of all leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold_subtrees(&self.subtrees).unwrap_or_else(empty_root)
    }
}

impl Extend<Hash> for RightEdge {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

/// The root over leaf hashes.
#[must_use]
pub fn merkle_root(leaves: impl Iterator<Item = Hash>) -> Hash {
    let mut edge = RightEdge::new();
    edge.extend(leaves);
    edge.root()
}

/// Joins adjacent complete subtrees, largest first, into the hash of the range they cover.
pub(crate) fn fold_subtrees(subtrees: &[Hash]) -> Option<Hash> {
    let mut from_the_right = subtrees.iter().rev();
    let last = *from_the_right.next()?;
    Some(from_the_right.fold(last, |right, left| node_hash(left, &right)))
}

/// The largest power of two smaller than `n`, as an exponent; `n` is at least 2.
pub(crate) const fn split_exponent(n: u64) -> u32 {
    63 - (n - 1).leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    /// The reference tree of eight leaves which the certificate transparency implementations share.
    pub(crate) const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn published_reference_tree() {
        let mut edge = RightEdge::new();
        assert_eq!(edge.root(), empty_root());
        for (leaf, root) in LEAVES.iter().zip(ROOTS) {
            edge.push(leaf_hash(leaf));
            assert_eq!(edge.root().to_hex(), root, "size {}", edge.size());
        }
        assert_eq!(merkle_root(LEAVES.iter().map(|leaf| leaf_hash(leaf))).to_hex(), ROOTS[7]);
    }

    #[test]
    fn an_edge_restores_from_its_parts() {
        let mut edge = RightEdge::new();
        for n in 0..11_u8 {
            edge.push(leaf_hash(&[n]));
        }
        let restored = RightEdge::from_parts(edge.size(), edge.subtrees().to_vec()).unwrap();
        assert_eq!(restored, edge);
        assert_eq!(RightEdge::from_parts(8, edge.subtrees().to_vec()), None);
    }

    #[test]
    fn splits_reach_the_largest_sizes() {
        assert_eq!(split_exponent(2), 0);
        assert_eq!(split_exponent(3), 1);
        assert_eq!(split_exponent(4), 1);
        assert_eq!(split_exponent(5), 2);
        assert_eq!(split_exponent(1 << 63), 62);
        assert_eq!(split_exponent(u64::MAX), 63);
    }
}
