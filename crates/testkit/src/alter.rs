//! Alterations of what a parser takes, the same for the same seed: so that every parser of outside bytes is tried with
//! thousands of almost valid ones.

use crate::SeededBytes;

/// The most alterations of one text.
const ALTERATIONS_MAX: u64 = 4;

/// A valid text altered in one to four ways: a byte flipped or replaced, a cut, bytes put in, a piece repeated or left out,
/// a length that lies.
#[must_use]
pub fn altered(valid: &[u8], random: &SeededBytes) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for _ in 0..=random.next_u64() % ALTERATIONS_MAX {
        alter(&mut bytes, random);
    }
    bytes
}

/// So many bytes of noise at most.
#[must_use]
pub fn noise(most: u64, random: &SeededBytes) -> Vec<u8> {
    (0..random.next_u64() % (most + 1)).map(|_| byte(random)).collect()
}

fn byte(random: &SeededBytes) -> u8 {
    let [byte, ..] = random.next_u64().to_le_bytes();
    byte
}

/// A place in a text of so many bytes, its end included.
fn place(length: usize, random: &SeededBytes) -> usize {
    usize::try_from(random.next_u64() % (length as u64 + 1)).unwrap_or(0)
}

fn alter(bytes: &mut Vec<u8>, random: &SeededBytes) {
    let at = place(bytes.len(), random);
    let end = place(bytes.len() - at, random).min(32) + at;
    let piece = bytes.get(at..end).unwrap_or_default().to_vec();
    match random.next_u64() % 7 {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (random.next_u64() % 8);
            }
        }
        1 => {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte(random);
            }
        }
        2 => bytes.truncate(at),
        3 => drop(bytes.splice(at..at, noise(8, random))),
        4 => drop(bytes.splice(end..end, piece)),
        5 => drop(bytes.drain(at..end)),
        _ => {
            // A length of four bytes that says far too much.
            let huge = [0xff, 0xff, 0xff, byte(random) >> 1];
            bytes.iter_mut().skip(at).zip(huge).for_each(|(place, byte)| *place = byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_alters_in_the_same_way_and_nothing_panics() {
        for valid in [&b""[..], b"x", b"{\"a\":1}"] {
            let run = |seed| {
                let random = SeededBytes::new(seed);
                (0..200).map(|_| altered(valid, &random)).collect::<Vec<_>>()
            };
            assert_eq!(run(1), run(1));
            assert_ne!(run(1), run(2));
            assert!(run(3).iter().any(|bytes| bytes != valid));
        }
    }
}
