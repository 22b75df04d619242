//! Roots and proofs against `ct-merkle`, an independent implementation of RFC 6962. Nothing here computes an expected
//! value with our own code.

use ct_merkle::digest::Output;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;
use tlog::proof::{LeafHashes, claimed_root, prove_consistency, prove_inclusion, verify_consistency, verify_inclusion};
use tlog::{Hash, RightEdge, leaf_hash, merkle_root};

type Peer = MemoryBackedTree<Sha256, Vec<u8>>;

/// Entries of growing length, with equal ones among them.
fn entry(n: usize) -> Vec<u8> {
    vec![u8::try_from(n % 251).unwrap(); n % 17]
}

fn hash_of(output: &Output<Sha256>) -> Hash {
    Hash::from_slice(output).unwrap()
}

fn split(proof: &[u8]) -> Vec<Hash> {
    proof.chunks(32).map(|chunk| Hash::from_slice(chunk).unwrap()).collect()
}

fn join(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.to_bytes()).collect()
}

fn peer_root(root: Hash, size: usize) -> RootHash<Sha256> {
    RootHash::new(root.to_bytes().into(), size as u64)
}

fn trees(size: usize) -> (Peer, LeafHashes) {
    let mut peer = Peer::new();
    (0..size).for_each(|n| peer.push(entry(n)));
    (peer, (0..size).map(|n| leaf_hash(&entry(n))).collect())
}

#[test]
fn roots_agree_at_every_size() {
    let (mut peer, mut edge) = (Peer::new(), RightEdge::new());
    for n in 0..1_100 {
        peer.push(entry(n));
        edge.push(leaf_hash(&entry(n)));
        assert_eq!(edge.root(), hash_of(peer.root().as_bytes()), "size {}", n + 1);
    }
    assert_eq!(merkle_root((0..1_100).map(|n| leaf_hash(&entry(n)))), edge.root());
}

#[test]
fn inclusion_proofs_agree_both_ways() {
    for size in (1..=70).chain([127, 128, 129, 255, 256, 257, 600]) {
        let (peer, ours) = trees(size);
        let root = claimed_root(size as u64, &ours).unwrap();
        for index in (0..size).step_by(1 + size / 40).chain([size - 1]) {
            let theirs = peer.prove_inclusion(index);
            let proof = prove_inclusion(index as u64, size as u64, &ours).unwrap();
            assert_eq!(proof, split(theirs.as_bytes()), "leaf {index} of {size}");
            let leaf = leaf_hash(&entry(index));
            verify_inclusion(&leaf, index as u64, size as u64, &split(theirs.as_bytes()), &root).unwrap();
            let reencoded = InclusionProof::from_bytes(join(&proof));
            peer_root(root, size).verify_inclusion(&entry(index), index as u64, &reencoded).unwrap();
        }
    }
}

#[test]
fn consistency_proofs_agree_both_ways() {
    for new in (1..=40).chain([64, 65, 127, 128, 129, 255, 256, 257]) {
        let (peer, ours) = trees(new);
        let new_root = claimed_root(new as u64, &ours).unwrap();
        for old in (1..new).step_by(1 + new / 20) {
            let theirs = peer.prove_consistency(new - old);
            let proof = prove_consistency(old as u64, new as u64, &ours).unwrap();
            assert_eq!(proof, split(theirs.as_bytes()), "{old} to {new}");
            let old_root = claimed_root(old as u64, &ours).unwrap();
            verify_consistency(old as u64, &old_root, new as u64, &new_root, &split(theirs.as_bytes())).unwrap();
            let reencoded = ConsistencyProof::try_from_bytes(join(&proof)).unwrap();
            peer_root(new_root, new).verify_consistency(&peer_root(old_root, old), &reencoded).unwrap();
        }
    }
}
