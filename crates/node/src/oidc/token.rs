//! ID tokens (OpenID Connect Core 1.0, 3.1.3.7; RFC 7515, 7517, 7518): whose signature is under one, and whether it is for us, now.
//!
//! Two algorithms are known, RS256 and ES256, each with its own kind of key; `none` and everything symmetric is no signature. Nothing
//! of a token is in an error.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Span, Timestamp};
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

/// The longest token, in bytes.
const TOKEN_BYTES_MAX: usize = 32 << 10;
/// How far the provider's clock may be off.
const SKEW: Span = Span::minutes(1);
/// How old a token may be that answers a question of now.
const AGE_MAX: Span = Span::minutes(10);
/// The longest name of a person at a provider, in bytes (Core, 2).
const SUBJECT_BYTES_MAX: usize = 255;

/// Why a token says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token, or has no word that it must have.
    #[error("the provider’s token is malformed")]
    Malformed,
    /// It is not signed, or in a way that is not taken.
    #[error("the provider’s token is not signed with RS256 or ES256")]
    Algorithm,
    /// None of the provider's keys made it.
    #[error("the provider’s token is signed with a key that the provider does not publish")]
    Key,
    /// The signature is wrong.
    #[error("the signature of the provider’s token is wrong")]
    Signature,
    /// Somebody else made it.
    #[error("the token is of another provider")]
    Issuer,
    /// It is for somebody else.
    #[error("the token is for another client")]
    Audience,
    /// It is not of now.
    #[error("the token is over, or not of now")]
    Time,
    /// It answers another question.
    #[error("the token answers another sign-in")]
    Nonce,
}

/// What a token must say.
pub(crate) struct Expected<'a> {
    /// Who made it.
    pub(crate) issuer: &'a str,
    /// For whom.
    pub(crate) client: &'a str,
    /// Which question it answers.
    pub(crate) nonce: &'a str,
    /// When it is.
    pub(crate) now: Timestamp,
}

/// Who somebody is to the provider.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    /// The person's name there, which is never another's.
    pub(crate) subject: String,
    /// The person's address, if the provider says that it looked.
    pub(crate) mail: Option<String>,
}

impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Claims(…)")
    }
}

/// A published key. What else is said of it is not read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Key {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Body {
    iss: String,
    sub: String,
    aud: Value,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn read<T: for<'d> Deserialize<'d>>(part: &str) -> Result<T, TokenError> {
    let bytes = decoded(part).ok_or(TokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed)
}

/// What a token says, if one of these keys made it and it says what it must.
pub(crate) fn verified(token: &str, keys: &[Key], expected: &Expected<'_>) -> Result<Claims, TokenError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, body) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    let header: Header = read(header)?;
    if !["RS256", "ES256"].contains(&header.alg.as_str()) {
        return Err(TokenError::Algorithm);
    }
    // An extension that must be understood, and is not (RFC 7515, 4.1.11).
    if header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    let signature = decoded(signature).ok_or(TokenError::Malformed)?;
    let mut fitting = keys.iter().filter(|key| key.fits(&header)).peekable();
    fitting.peek().ok_or(TokenError::Key)?;
    if !fitting.any(|key| key.made(signed.as_bytes(), &signature)) {
        return Err(TokenError::Signature);
    }
    read::<Body>(body)?.held_against(expected)
}

impl Key {
    /// Whether a token may be signed with it: by its name, if the token names one, and by its kind.
    fn fits(&self, header: &Header) -> bool {
        let kind = match header.alg.as_str() {
            "RS256" => self.kty == "RSA",
            "ES256" => self.kty == "EC" && self.crv.as_deref() == Some("P-256"),
            _ => false,
        };
        let named = header.kid.is_none() || self.kid == header.kid;
        let is_for = |said: &Option<String>, word: &str| said.as_deref().is_none_or(|said| said == word);
        kind && named && is_for(&self.purpose, "sig") && is_for(&self.alg, &header.alg)
    }

    fn made(&self, signed: &[u8], signature: &[u8]) -> bool {
        let part = |text: &Option<String>| text.as_deref().and_then(decoded);
        if self.kty == "RSA" {
            let Some((n, e)) = part(&self.n).zip(part(&self.e)) else { return false };
            return RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok();
        }
        let Some((x, y)) = part(&self.x).zip(part(&self.y)) else { return false };
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
    }
}

impl Body {
    fn held_against(self, expected: &Expected<'_>) -> Result<Claims, TokenError> {
        if self.iss != expected.issuer {
            return Err(TokenError::Issuer);
        }
        let (ours, several) = match &self.aud {
            Value::String(one) => (one == expected.client, false),
            Value::Array(all) => (all.iter().any(|one| one == expected.client), all.len() > 1),
            _ => (false, false),
        };
        let ours_by_party = self.azp.as_deref().map_or(!several, |azp| azp == expected.client);
        if !ours || !ours_by_party {
            return Err(TokenError::Audience);
        }
        let at = |seconds: i64| seconds.checked_mul(1_000).map(Timestamp::from_millis).ok_or(TokenError::Time);
        let (now, made) = (expected.now, at(self.iat)?);
        let begun = self.nbf.map(at).transpose()?.is_none_or(|begins| begins <= now + SKEW);
        if at(self.exp)? + SKEW <= now || made > now + SKEW || made + AGE_MAX + SKEW < now || !begun {
            return Err(TokenError::Time);
        }
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err(TokenError::Nonce);
        }
        if self.sub.is_empty() || self.sub.len() > SUBJECT_BYTES_MAX {
            return Err(TokenError::Malformed);
        }
        // Only what the provider says in so many words that it looked at.
        let looked = self.email_verified == Some(Value::Bool(true));
        Ok(Claims { subject: self.sub, mail: self.email.filter(|_| looked) })
    }
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    use super::*;

    /// A provider's key pair, and what it publishes of it.
    struct Signer(EcdsaKeyPair, Value);

    impl Signer {
        fn new(kid: &str) -> Self {
            let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
            let point = pair.public_key().as_ref();
            let coordinate = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            let key = json!({ "kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256",
                "x": coordinate(&point[1..33]), "y": coordinate(&point[33..]) });
            Self(pair, key)
        }

        fn keys(&self) -> Vec<Key> {
            vec![serde_json::from_value(self.1.clone()).unwrap()]
        }

        fn token(&self, header: &Value, body: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(header), part(body));
            let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
        }
    }

    const NOW: i64 = 1_790_000_000;

    fn expected() -> Expected<'static> {
        let now = Timestamp::from_millis(NOW * 1_000);
        Expected { issuer: "https://id.example", client: "city", nonce: "n-1", now }
    }

    fn header() -> Value {
        json!({ "alg": "ES256", "kid": "k" })
    }

    fn body() -> Value {
        json!({ "iss": "https://id.example", "sub": "sub-1", "aud": "city", "exp": NOW + 300, "iat": NOW, "nonce": "n-1",
            "email": "Vera@City.example", "email_verified": true })
    }

    /// The body with one word changed; taken out, if it is null.
    fn with(word: &str, value: Value) -> Value {
        let mut body = body();
        if value.is_null() {
            body.as_object_mut().unwrap().remove(word);
        } else {
            body[word] = value;
        }
        body
    }

    #[test]
    fn a_token_that_says_what_it_must_is_believed() {
        let signer = Signer::new("k");
        let claims = verified(&signer.token(&header(), &body()), &signer.keys(), &expected()).unwrap();
        assert_eq!((claims.subject.as_str(), claims.mail.as_deref()), ("sub-1", Some("Vera@City.example")));
        assert_eq!(format!("{claims:?}"), "Claims(…)");
        for fine in [
            with("aud", json!(["city"])),
            with("azp", json!("city")),
            {
                let mut both = with("aud", json!(["city", "other"]));
                both["azp"] = json!("city");
                both
            },
            with("exp", json!(NOW - 59)),
            with("iat", json!(NOW + 60)),
        ] {
            assert!(verified(&signer.token(&header(), &fine), &signer.keys(), &expected()).is_ok(), "{fine}");
        }
        for unlooked in [Value::Null, json!(false), json!("true"), json!(1)] {
            let claims =
                verified(&signer.token(&header(), &with("email_verified", unlooked)), &signer.keys(), &expected());
            assert_eq!(claims.unwrap().mail, None, "an address that nobody looked at is none");
        }
    }

    #[test]
    fn a_token_of_another_for_another_of_another_time_or_question_is_not_believed() {
        let signer = Signer::new("k");
        for (word, value, error) in [
            ("iss", json!("https://id.example/"), TokenError::Issuer),
            ("iss", json!("https://evil.example"), TokenError::Issuer),
            ("aud", json!("other"), TokenError::Audience),
            ("aud", json!([]), TokenError::Audience),
            ("aud", json!(["city", "other"]), TokenError::Audience),
            ("aud", json!({ "city": true }), TokenError::Audience),
            ("azp", json!("other"), TokenError::Audience),
            ("exp", json!(NOW - 60), TokenError::Time),
            ("exp", json!(i64::MAX), TokenError::Time),
            ("iat", json!(NOW + 61), TokenError::Time),
            ("iat", json!(NOW - 3_600), TokenError::Time),
            ("nbf", json!(NOW + 61), TokenError::Time),
            ("nonce", json!("n-2"), TokenError::Nonce),
            ("nonce", Value::Null, TokenError::Nonce),
            ("sub", json!(""), TokenError::Malformed),
            ("sub", json!("x".repeat(256)), TokenError::Malformed),
            ("sub", Value::Null, TokenError::Malformed),
            ("exp", Value::Null, TokenError::Malformed),
            ("exp", json!("soon"), TokenError::Malformed),
        ] {
            let changed = with(word, value);
            let said = verified(&signer.token(&header(), &changed), &signer.keys(), &expected());
            assert_eq!(said, Err(error), "{changed}");
        }
    }

    #[test]
    fn whatever_is_not_signed_by_a_published_key_of_its_kind_is_not_believed() {
        let (signer, other) = (Signer::new("k"), Signer::new("k"));
        let token = signer.token(&header(), &body());
        assert_eq!(verified(&token, &other.keys(), &expected()), Err(TokenError::Signature));
        assert_eq!(
            verified(&token, &Signer::new("new").keys(), &expected()),
            Err(TokenError::Key),
            "a key that was replaced"
        );
        assert_eq!(verified(&token, &[], &expected()), Err(TokenError::Key));
        for alg in ["none", "None", "HS256", "RS512", "ES384", ""] {
            let unsigned = signer.token(&json!({ "alg": alg, "kid": "k" }), &body());
            assert_eq!(verified(&unsigned, &signer.keys(), &expected()), Err(TokenError::Algorithm), "{alg}");
            let (signed, _) = unsigned.rsplit_once('.').unwrap();
            assert!(verified(&format!("{signed}."), &signer.keys(), &expected()).is_err());
        }
        let crossed = signer.token(&json!({ "alg": "RS256", "kid": "k" }), &body());
        assert_eq!(verified(&crossed, &signer.keys(), &expected()), Err(TokenError::Key), "another kind of key");
        let critical = signer.token(&json!({ "alg": "ES256", "kid": "k", "crit": ["exp"] }), &body());
        assert_eq!(verified(&critical, &signer.keys(), &expected()), Err(TokenError::Malformed));
        // The body of one under the signature of another.
        let forged = signer.token(&header(), &with("sub", json!("sub-2")));
        let (_, signature) = token.rsplit_once('.').unwrap();
        let (signed, _) = forged.rsplit_once('.').unwrap();
        assert_eq!(verified(&format!("{signed}.{signature}"), &signer.keys(), &expected()), Err(TokenError::Signature));
        let encrypts: Key = serde_json::from_value({
            let mut key = signer.1.clone();
            key["use"] = json!("enc");
            key
        })
        .unwrap();
        assert_eq!(verified(&token, &[encrypts], &expected()), Err(TokenError::Key));
        for broken in ["", ".", "..", "a.b.c", &token[1..], &format!("{token}."), &"x".repeat(40_000)] {
            assert!(verified(broken, &signer.keys(), &expected()).is_err());
        }
    }
}
