//! A sketch is no protection by itself: over plain values it is an oracle for who was there. Over tags whose key is gone it
//! tells how many there were, and no more.

use crate::tags::{addresses, tags};

/// A HyperLogLog of 4,096 registers over 64-bit hashes, as common libraries have it.
struct Sketch(Vec<u8>);

impl Sketch {
    fn of(hashes: &[u64]) -> Self {
        let mut sketch = Self(vec![0; 4_096]);
        for &hash in hashes {
            let (place, rank) = Self::place(hash);
            sketch.0[place] = sketch.0[place].max(rank);
        }
        sketch
    }

    fn place(hash: u64) -> (usize, u8) {
        let rest = (hash << 12) | (1 << 11);
        (usize::try_from(hash >> 52).unwrap(), u8::try_from(rest.leading_zeros() + 1).unwrap())
    }

    /// Whether adding a value would change nothing: the oracle.
    fn may_hold(&self, hash: u64) -> bool {
        let (place, rank) = Self::place(hash);
        self.0[place] >= rank
    }

    fn estimate(&self) -> f64 {
        let empty = f64::from(u32::try_from(self.0.iter().filter(|rank| **rank == 0).count()).unwrap());
        4_096.0 * (4_096.0 / empty).ln()
    }
}

fn public_hash(addresses: &[String]) -> Vec<u64> {
    let hash = |text: &String| u64::from_le_bytes(blake3::hash(text.as_bytes()).as_bytes()[..8].try_into().unwrap());
    addresses.iter().map(hash).collect()
}

/// Shares of a hundred that an oracle says were there: of those who were, and of those who were not.
fn said(sketch: &Sketch, were: &[u64], were_not: &[u64]) -> (usize, usize) {
    let percent = |of: &[u64]| 100 * of.iter().filter(|hash| sketch.may_hold(**hash)).count() / of.len();
    (percent(were), percent(were_not))
}

#[test]
fn a_sketch_of_plain_values_tells_who_was_there_and_one_of_tags_without_their_key_does_not() {
    let (there, elsewhere) = (addresses(0, 200), addresses(5_000, 20_000));
    let (were, were_not) = (public_hash(&there), public_hash(&elsewhere));
    let (members, others) = said(&Sketch::of(&were), &were, &were_not);
    assert!(members == 100 && others < 8, "the oracle works: {members} {others}");
    let key = *b"a key that was destroyed at night";
    let key: [u8; 32] = key[..32].try_into().unwrap();
    let of = |key, addresses: &[String]| tags(key, "wifi", "mac", "mac-address", addresses);
    let keyed = Sketch::of(&of(key, &there));
    // Whoever has the sketch and knows an address can hash it, or tag it under a key of their own.
    for (were, were_not) in [(were, were_not), (of([1; 32], &there), of([1; 32], &elsewhere))] {
        let (members, others) = said(&keyed, &were, &were_not);
        assert!(members < 10 && others < 8, "as if they had not been there: {members} {others}");
    }
    assert_eq!(said(&keyed, &of(key, &there), &[1]).0, 100, "until the key is destroyed it tells: so it is destroyed");
    assert!((keyed.estimate() - 200.0).abs() < 12.0, "{}", keyed.estimate());
}
