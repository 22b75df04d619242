//! Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, time and body, under a secret that both sides know.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Entropy;
use model::entropy::NoEntropy;
use sha2::{Digest, Sha256};

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// The block of SHA-256, in bytes.
const BLOCK: usize = 64;

/// A fresh secret: 256 random bits, as Standard Webhooks writes them.
///
/// # Errors
/// There is no randomness.
pub fn secret(entropy: &dyn Entropy) -> Result<String, NoEntropy> {
    Ok(format!("{PREFIX}{}", STANDARD.encode(entropy.bytes32()?)))
}

/// The signature header of a message; none if the secret is none.
pub(super) fn signed(secret: &str, id: &str, seconds: i64, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let head = format!("{id}.{seconds}.");
    Some(format!("v1,{}", STANDARD.encode(hmac(&key, &[head.as_bytes(), body]))))
}

/// HMAC-SHA256 (RFC 2104) over parts behind one another.
fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let shortened: [u8; 32] = Sha256::digest(key).into();
    let key = if key.len() > BLOCK { shortened.as_slice() } else { key };
    let padded = |pad: u8| -> Vec<u8> {
        let bytes = key.iter().copied().chain(std::iter::repeat(0)).take(BLOCK);
        bytes.map(|byte| byte ^ pad).collect()
    };
    let mut inner = Sha256::new_with_prefix(padded(0x36));
    parts.iter().for_each(|part| inner.update(part));
    let mut outer = Sha256::new_with_prefix(padded(0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 4231, cases 1, 2, 6.
    #[test]
    fn the_vectors_of_rfc_4231_hold() {
        for (key, data, mac) in [
            (vec![0x0b; 20], "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            let (first, rest) = data.as_bytes().split_at(3);
            assert_eq!(hex(&hmac(&key, &[first, rest])), mac, "{data}");
        }
    }

    /// The example of the Standard Webhooks specification's libraries.
    #[test]
    fn a_message_is_signed_as_other_software_expects() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (id, seconds, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed(secret, id, seconds, body).as_deref(), Some(expected));
        assert_eq!(signed("g0hM9SsE", id, seconds, body), None, "no secret of ours");
        assert!(secret.starts_with(PREFIX));
        let fresh = super::secret(&testkit::SeededBytes::new(3)).unwrap();
        assert!(signed(&fresh, id, seconds, body).is_some_and(|signed| signed != expected));
    }
}
