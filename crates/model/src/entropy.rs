//! Randomness as a parameter, so that tests can repeat what a city did.

/// A source of random bytes. The only implementations stand in the binary (the operating system's) and in
/// `testkit` (seeded).
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    ///
    /// # Errors
    /// The system gave none; whoever needed a key must fail closed.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy>;

    /// 32 random bytes: a key, a salt, a token.
    ///
    /// # Errors
    /// The system gave none.
    fn bytes32(&self) -> Result<[u8; 32], NoEntropy> {
        let mut bytes = [0; 32];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// The system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes, so no key can be made")]
pub struct NoEntropy;
