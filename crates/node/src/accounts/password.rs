//! Passwords: what may be one, what is kept of it, and whether one is right.
//!
//! Kept is Argon2id of the password under a salt of its own, with a number in front that says with which parameters. The
//! comparison takes as long for somebody who is not there.

use argon2::{Algorithm, Argon2, Params, Version};

use super::same;

/// The fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 512;
/// What OWASP asks of Argon2id at least: 19 MiB, twice over, one lane.
const PARAMETERS: (u32, u32, u32) = (19 << 10, 2, 1);
/// The number of these parameters, in front of what is kept.
const FORM: u8 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// Why something is no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPassword {
    /// It is too short.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters; some words in a row are easy to remember")]
    TooShort,
    /// It is too long.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// Whoever knows the login knows it, or it is one character over and over.
    #[error("this password is too easy to guess; do not use your login in it, nor few characters over and over")]
    TooEasy,
    /// The machine could not compute it.
    #[error("the password could not be worked on now; try again")]
    NotNow,
}

/// Whether somebody with a login may have a password.
pub(super) fn fit(password: &str, login: &str) -> Result<(), NoPassword> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(NoPassword::TooShort);
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(NoPassword::TooLong);
    }
    let (lower, own) = (password.to_lowercase(), login.split('@').next().unwrap_or(login));
    let different: std::collections::BTreeSet<char> = lower.chars().collect();
    if lower.contains(own) || different.len() < 5 {
        return Err(NoPassword::TooEasy);
    }
    Ok(())
}

/// What is kept of a password.
pub(super) fn kept(password: &str, salt: &[u8; 32]) -> Result<Vec<u8>, NoPassword> {
    let salt = salt.get(..SALT_BYTES).ok_or(NoPassword::NotNow)?;
    let hash = hashed(password, salt).ok_or(NoPassword::NotNow)?;
    Ok([&[FORM], salt, &hash].concat())
}

/// Whether a password is the one of which something was kept. Where nothing was, it takes as long and is not.
pub(super) fn is_right(password: &str, kept: Option<&[u8]>) -> bool {
    let known = kept.and_then(|kept| {
        let (form, rest) = kept.split_first()?;
        let (salt, hash) = rest.split_at_checked(SALT_BYTES)?;
        (*form == FORM && hash.len() == HASH_BYTES).then_some((salt, hash))
    });
    let (salt, hash) = known.unwrap_or((&[0; SALT_BYTES], &[0; HASH_BYTES]));
    let fits = password.len() <= PASSWORD_BYTES_MAX;
    // What is too long is nobody's; it is not worked through, and takes no less time.
    let made = hashed(if fits { password } else { "" }, salt);
    fits && known.is_some() && made.is_some_and(|made| same(&made, hash))
}

fn hashed(password: &str, salt: &[u8]) -> Option<[u8; HASH_BYTES]> {
    let (memory, times, lanes) = PARAMETERS;
    let params = Params::new(memory, times, lanes, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(password.as_bytes(), salt, &mut hash).ok()?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_right_or_not_and_what_is_kept_does_not_tell_it() {
        let (one, other) =
            (kept("correct horse battery", &[1; 32]).unwrap(), kept("correct horse battery", &[2; 32]).unwrap());
        assert_ne!(one, other, "of two that are alike something different is kept");
        assert!(is_right("correct horse battery", Some(&one)) && is_right("correct horse battery", Some(&other)));
        for wrong in ["", "correct horse batter", "Correct horse battery", "correct horse battery "] {
            assert!(!is_right(wrong, Some(&one)), "{wrong}");
        }
        assert!(!is_right("", None) && !is_right("anything at all", None));
        let mut odd = one.clone();
        odd[0] = 2;
        assert!(!is_right("correct horse battery", Some(&odd)), "of other parameters nothing is known");
        assert!(!is_right("correct horse battery", Some(&one[..40])));
        assert!(!is_right("", Some(&[])));
    }

    #[test]
    fn the_function_is_argon2id_as_others_compute_it() {
        // From the reference implementation, by way of argon2-cffi: hash_secret_raw(…, 2, 19456, 1, 32, Type.ID, 19).
        let reference = "ebd23ba828c34ec430850a85be94098aa108d25190bf10bce1f5c4d0ab7171ae";
        let made = hashed("correct horse battery", b"0123456789abcdef").unwrap();
        assert_eq!(tlog::Hash::from_bytes(made).to_hex(), reference);
    }

    #[test]
    fn what_is_short_long_or_easy_is_no_password() {
        let login = "vera.nowak@city.example";
        assert_eq!(fit("twelve-chars", login), Ok(()));
        assert_eq!(fit("zwölf-zeiche", login), Ok(()));
        assert_eq!(fit("eleven-char", login), Err(NoPassword::TooShort));
        assert_eq!(fit(&"long enough ".repeat(50), login), Err(NoPassword::TooLong));
        for easy in ["aaaaaaaaaaaaaaaa", "abababababab", "1Vera.Nowak1!"] {
            assert_eq!(fit(easy, login), Err(NoPassword::TooEasy), "{easy}");
        }
    }
}
