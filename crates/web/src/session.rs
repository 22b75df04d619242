//! The id of a session: random, in the browser's cookie and nowhere else.

use std::fmt;

use model::entropy::NoEntropy;
use model::{Digest, Entropy};
use sha2::{Digest as _, Sha256};

/// The id of a session, or of a visit that is none yet: 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId(pub(crate) [u8; 32]);

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

impl SessionId {
    /// A new one.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn fresh(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self(entropy.bytes32()?))
    }

    /// What its cookie holds.
    pub(crate) fn text(&self) -> String {
        Digest::new(self.0).to_string()
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digest: Digest = text.parse().ok()?;
        Some(Self(*digest.as_bytes()))
    }

    fn hashed(&self, what: &[u8]) -> Digest {
        Digest::new(Sha256::new().chain_update(what).chain_update(self.0).finalize().into())
    }

    /// What is kept of it.
    #[must_use]
    pub fn kept(&self) -> Digest {
        self.hashed(b"ordinance session\n")
    }

    /// What every form of the session carries; the id does not follow from it.
    #[must_use]
    pub fn form(&self) -> String {
        self.hashed(b"ordinance form\n").to_string()
    }

    /// Whether a form carries it, in a time that does not depend on where it differs.
    #[must_use]
    pub fn is_form(&self, sent: &str) -> bool {
        let own = self.form();
        let differs = own.bytes().zip(sent.bytes()).fold(0, |differs, (one, other)| differs | (one ^ other));
        own.len() == sent.len() && differs == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_in_no_debug_text_and_its_form_is_its_own() {
        let (one, other) = (SessionId([7; 32]), SessionId([8; 32]));
        assert_eq!(format!("{one:?}"), "SessionId(…)");
        assert!(one.is_form(&one.form()) && !one.is_form(&other.form()));
        for wrong in ["", &one.form()[1..], &format!("{}0", one.form()), &one.text()] {
            assert!(!one.is_form(wrong), "{wrong}");
        }
        assert_eq!(SessionId::parse(&one.text()), Some(one));
        assert!(SessionId::parse("abc").is_none());
    }
}
