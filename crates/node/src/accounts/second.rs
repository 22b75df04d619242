//! The second factor: codes of an app (RFC 6238), and codes on paper for when the app is gone.
//!
//! The secret of an app is kept nowhere. It is derived from a key that lies in a file of its own and from random bytes that lie
//! with the account, so that whoever has one of the two has nothing. Codes on paper are random; their hashes are kept.

use hmac::{Hmac, KeyInit, Mac};
use model::{Entropy, Timestamp, entropy::NoEntropy};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::same;

/// How long a code of an app counts, in milliseconds.
const STEP_MILLIS: i64 = 30_000;
/// How many codes on paper somebody gets.
const RECOVERY_CODES: usize = 10;
/// How long one is, in bytes: nobody tries 2^80.
const RECOVERY_BYTES: usize = 10;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The secret of somebody's app.
pub(crate) struct Secret(Zeroizing<[u8; 20]>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The one of an account.
    pub(super) fn of(key: &[u8; 32], account: u64, salt: &[u8]) -> Option<Self> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(b"ordinance second factor\n");
        mac.update(&account.to_be_bytes());
        mac.update(salt);
        let made = mac.finalize().into_bytes();
        Some(Self(Zeroizing::new(made.first_chunk().copied()?)))
    }

    /// As it is typed into an app.
    pub(crate) fn text(&self) -> String {
        base32(&*self.0)
    }

    /// As an app reads it from a code of squares: for whom it is, in which city.
    pub(crate) fn address(&self, city: &str, login: &str) -> String {
        let (city, login) = (encoded(city), encoded(login));
        format!("otpauth://totp/{city}:{login}?secret={}&issuer={city}", self.text())
    }

    /// The code of a step of time.
    pub(super) fn code(&self, step: u64) -> Option<String> {
        let mut mac = Hmac::<Sha1>::new_from_slice(&*self.0).ok()?;
        mac.update(&step.to_be_bytes());
        let made = mac.finalize().into_bytes();
        let at = usize::from(made.last()? & 0xf);
        let word = u32::from_be_bytes(made.get(at..at + 4)?.try_into().ok()?) & 0x7fff_ffff;
        Some(format!("{:06}", word % 1_000_000))
    }

    /// The step of time that a code belongs to, if it is one of now, a step before or a step after, and later than the last one that
    /// was taken.
    pub(super) fn step_of(&self, code: &str, now: Timestamp, last: u64) -> Option<u64> {
        let present = u64::try_from(now.millis().div_euclid(STEP_MILLIS)).ok()?;
        let steps = [present.saturating_sub(1), present, present + 1];
        steps.into_iter().filter(|step| *step > last).find(|step| {
            let made = self.code(*step).unwrap_or_default();
            made.len() == 6 && same(made.as_bytes(), code.as_bytes())
        })
    }
}

/// A code as it was typed, without what people put between its parts.
pub(super) fn typed(code: &str) -> String {
    code.chars().filter(|sign| !sign.is_whitespace() && *sign != '-').collect::<String>().to_ascii_uppercase()
}

/// Fresh codes on paper, and what is kept of each.
pub(super) fn recovery(entropy: &dyn Entropy) -> Result<(Vec<String>, Vec<[u8; 32]>), NoEntropy> {
    let mut codes = Vec::new();
    for _ in 0..RECOVERY_CODES {
        let mut random = Zeroizing::new([0; RECOVERY_BYTES]);
        entropy.fill(&mut *random)?;
        let text = base32(&*random);
        let parts: Vec<&str> = text.as_bytes().chunks(4).filter_map(|part| std::str::from_utf8(part).ok()).collect();
        codes.push(parts.join("-"));
    }
    let kept = codes.iter().map(|code| recovery_hash(code)).collect();
    Ok((codes, kept))
}

/// What is kept of a code on paper.
pub(super) fn recovery_hash(code: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"ordinance recovery\n").chain_update(typed(code)).finalize().into()
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for part in bytes.chunks(5) {
        let word = part.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte)) << (8 * (5 - part.len()));
        let signs = (part.len() * 8).div_ceil(5);
        text.extend((0..signs).filter_map(|at| {
            let index = usize::try_from(word >> (35 - 5 * at) & 31).ok()?;
            BASE32.get(index).map(|sign| char::from(*sign))
        }));
    }
    text
}

/// Text as it stands in an address.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            text + char::from(byte).encode_utf8(&mut [0; 4])
        }
        _ => format!("{text}%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret(Zeroizing::new(*b"12345678901234567890"))
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, code) in [
            (59_u64, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().code(seconds / 30).unwrap(), code);
        }
    }

    #[test]
    fn a_code_counts_for_its_step_and_the_ones_beside_it_and_once() {
        let now = Timestamp::from_millis(1_111_111_109_000);
        let step = 1_111_111_109 / 30;
        assert_eq!(secret().step_of("081804", now, 0), Some(step));
        for (beside, at) in [(29_000, Some(step)), (-30_000, Some(step)), (61_000, None), (-61_000, None)] {
            assert_eq!(secret().step_of("081804", Timestamp::from_millis(now.millis() + beside), 0), at, "{beside}");
        }
        assert_eq!(secret().step_of("081804", now, step), None, "it was taken already");
        assert_eq!(secret().step_of("081804", now, step - 1), Some(step));
        for wrong in ["", "81804", "0818040", "081805", "x81804"] {
            assert_eq!(secret().step_of(wrong, now, 0), None, "{wrong}");
        }
    }

    #[test]
    fn a_secret_follows_from_both_its_parts_and_is_in_no_debug_text() {
        let made = |key: u8, account, salt: &[u8]| Secret::of(&[key; 32], account, salt).unwrap().text();
        let all = [made(1, 1, b"a"), made(2, 1, b"a"), made(1, 2, b"a"), made(1, 1, b"b")];
        for (at, one) in all.iter().enumerate() {
            assert!(one.len() == 32 && all.iter().skip(at + 1).all(|other| other != one));
        }
        assert_eq!(format!("{:?}", secret()), "Secret(…)");
        assert_eq!(
            secret().address("Bad Münster", "a@b.example"),
            "otpauth://totp/Bad%20M%C3%BCnster:a%40b.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Bad%20M%C3%BCnster"
        );
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (plain, text) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB")]
        {
            assert_eq!(base32(plain.as_bytes()), text);
        }
    }

    #[test]
    fn codes_on_paper_are_all_different_and_read_however_they_are_typed() {
        let (codes, kept) = recovery(&testkit::SeededBytes::new(3)).unwrap();
        let different: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!((different.len(), kept.len(), codes[0].len()), (10, 10, 19));
        assert_eq!(recovery_hash(&format!(" {} ", codes[0].to_lowercase().replace('-', " "))), kept[0]);
        assert_ne!(recovery_hash(&codes[1]), kept[0]);
    }
}
