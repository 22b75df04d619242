//! Whoever has the store and not the key: brute force over all that could have been seen, and linking one day to the next.

use std::collections::{HashMap, HashSet};

use privacy::EpochKey;

use crate::tags::{addresses, plates, tags};

/// How many identifiers the adversary tries; the published attacks try whole makers (2^24) and all plates.
const TRIED: u32 = 1 << 17;
const KEY: [u8; 32] = *b"thirty-two random bytes of a day";

/// How many stored tags are among those that an adversary computes.
fn recovered(stored: &[u64], computed: &[u64]) -> usize {
    let computed: HashSet<&u64> = computed.iter().collect();
    stored.iter().filter(|tag| computed.contains(tag)).count()
}

/// What is stored where nothing is keyed: the anti-pattern.
fn unkeyed(identifiers: &[String]) -> Vec<u64> {
    let hash = |text: &String| {
        let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let hash = blake3::hash(bare.to_lowercase().as_bytes());
        u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap())
    };
    identifiers.iter().map(hash).collect()
}

#[test]
fn without_the_key_no_address_and_no_plate_is_had_back_by_trying_them_all() {
    for (category, all, seen) in [
        ("mac-address", addresses(0, TRIED), addresses(70_000, 500)),
        ("number-plate", plates(0, TRIED), plates(70_000, 500)),
    ] {
        let of = |key: [u8; 32], identifiers: &[String]| tags(key, "s", "p", category, identifiers);
        let stored = of(KEY, &seen);
        // What the log tells of a key, what a careless city would take for one, and a key that is wrong in one bit.
        let commitment = *EpochKey::new(KEY).commitment().as_bytes();
        let mut near = KEY;
        near[31] ^= 1;
        for guessed in [commitment, [0; 32], [0xff; 32], near] {
            assert_eq!(recovered(&stored, &of(guessed, &all)), 0, "{category}");
        }
        assert_eq!(recovered(&stored, &unkeyed(&all)), 0, "{category}");
        // The attack itself works: it has everything back where the key is known or where there is none.
        assert_eq!(recovered(&stored, &of(KEY, &all)), seen.len(), "{category}");
        assert_eq!(recovered(&unkeyed(&seen), &unkeyed(&all)), seen.len(), "{category}");
    }
}

/// Standard deviations by which the equal bits of pairs of tags differ from one half; the worst of all bits, and of their sum.
fn deviations(pairs: &[(u64, u64)]) -> (f64, f64) {
    let total = f64::from(u32::try_from(pairs.len()).unwrap());
    let off = |equal: f64, of: f64| ((equal - of / 2.0) / (of / 4.0).sqrt()).abs();
    let equal =
        |bit: u32| f64::from(u32::try_from(pairs.iter().filter(|(a, b)| (a ^ b) >> bit & 1 == 0).count()).unwrap());
    let each: Vec<f64> = (0..64).map(equal).collect();
    (each.iter().map(|equal| off(*equal, total)).fold(0.0, f64::max), off(each.iter().sum(), 64.0 * total))
}

/// How many of the second are linked to their own in the first, by the nearest tag.
fn linked(first: &[u64], second: &[u64]) -> usize {
    let nearest = |tag: &u64| (0..first.len()).min_by_key(|&place| (first[place] ^ tag).count_ones());
    second.iter().enumerate().filter(|(place, tag)| nearest(tag) == Some(*place)).count()
}

#[test]
fn tags_of_two_days_two_streams_or_two_properties_have_nothing_in_common() {
    let seen = addresses(0, 20_000);
    let of = |key, stream: &str, property: &str| tags(key, stream, property, "mac-address", &seen);
    let first = of(KEY, "wifi", "mac");
    let mut next = KEY;
    next[0] ^= 1;
    for (other, what) in [
        (of(next, "wifi", "mac"), "two days"),
        (of(KEY, "station", "mac"), "two streams under one key"),
        (of(KEY, "wifi", "bssid"), "two properties under one key"),
        (of(KEY, "wif", "imac"), "names that are one text together"),
    ] {
        assert_eq!(recovered(&first, &other), 0, "{what}");
        let pairs: Vec<(u64, u64)> = first.iter().copied().zip(other.iter().copied()).collect();
        let (worst, sum) = deviations(&pairs);
        assert!(worst < 5.5 && sum < 5.0, "{what}: {worst} {sum}");
        let few = linked(&first[..1_000], &other[..1_000]);
        assert!(few <= 8, "{what}: {few} of 1,000 are linked, one is chance");
    }
    // The statistics find what is there: a second day that only turns bits over.
    let masked: Vec<u64> = first.iter().map(|tag| tag ^ 0x00ff_00ff).collect();
    assert!(linked(&first[..1_000], &masked[..1_000]) > 900);
    let masked: Vec<(u64, u64)> = first.iter().copied().zip(masked).collect();
    assert!(deviations(&masked).0 > 100.0);
}

#[test]
fn two_devices_have_two_tags() {
    let seen = addresses(0, TRIED);
    let stored = tags(KEY, "wifi", "mac", "mac-address", &seen);
    let mut devices: HashMap<u64, usize> = HashMap::new();
    stored.iter().for_each(|tag| *devices.entry(*tag).or_default() += 1);
    // Of 2^17 tags of 64 bits two are equal once in two thousand million cities.
    assert_eq!(devices.len(), seen.len());
}
