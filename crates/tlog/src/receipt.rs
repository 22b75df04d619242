//! Receipts in the form `c2sp.org/tlog-proof@v1`, <https://c2sp.org/tlog-proof>.
//!
//! It exists so that one file and one verifier key show that an entry is in the log, without the log being reachable.
//! It never trusts the `extra` line, which nothing signs.

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::{self, Checkpoint, CheckpointError};
use crate::hash::{Hash, leaf_hash};
use crate::note::{MAX_NOTE_LEN, Vkey};
use crate::proof::{MAX_PROOF_LEN, ProofError, verify_inclusion};
use crate::text::{parse_base64, parse_decimal, to_base64};

/// First line of every receipt.
pub const RECEIPT_HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Usual extension of receipt files, without the dot.
pub const RECEIPT_EXTENSION: &str = "tlog-proof";
/// Bytes of the largest decoded `extra`.
pub const MAX_EXTRA_LEN: usize = 1 << 16;
/// Bytes of the largest receipt: a note, an encoded `extra` and a proof.
pub const MAX_RECEIPT_LEN: usize = MAX_NOTE_LEN + 2 * MAX_EXTRA_LEN;

/// Why a receipt is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// More than [`MAX_RECEIPT_LEN`] bytes.
    #[error("a receipt has at most {MAX_RECEIPT_LEN} bytes, got {0}")]
    TooLong(usize),
    /// The first line is another one.
    #[error("the first line is not {RECEIPT_HEADER}")]
    Header,
    /// The `extra` line is empty, too long or not canonical base64.
    #[error("the extra line is empty, too long or not base64")]
    Extra,
    /// There is no `index` line with a decimal.
    #[error("no index line")]
    Index,
    /// A proof line which is not the base64 of a hash, or too many of them.
    #[error("proof line {0} is malformed or one too many")]
    ProofLine(usize),
    /// There is no blank line before the checkpoint.
    #[error("no blank line before the checkpoint")]
    Shape,
    /// The checkpoint inside is refused.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The proof does not lead from the entry to the signed root.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// A well-formed receipt. `Display` and [`Receipt::parse`] are inverse; [`Receipt::verify`] makes it evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    extra: Option<Vec<u8>>,
    index: u64,
    proof: Vec<Hash>,
    checkpoint: String,
}

impl Receipt {
    /// A receipt for entry `index` under a signed checkpoint.
    ///
    /// # Errors
    /// When the checkpoint is not one, or the proof is longer than any proof.
    pub fn new(index: u64, proof: Vec<Hash>, checkpoint: &str) -> Result<Self, ReceiptError> {
        if proof.len() > MAX_PROOF_LEN {
            return Err(ReceiptError::ProofLine(MAX_PROOF_LEN));
        }
        checkpoint::parse_unverified(checkpoint)?;
        Ok(Self { extra: None, index, proof, checkpoint: checkpoint.to_owned() })
    }

    /// Adds opaque data which nothing signs; empty data is no data.
    ///
    /// # Errors
    /// [`ReceiptError::Extra`] above [`MAX_EXTRA_LEN`] bytes.
    pub fn with_extra(mut self, extra: &[u8]) -> Result<Self, ReceiptError> {
        if extra.len() > MAX_EXTRA_LEN {
            return Err(ReceiptError::Extra);
        }
        self.extra = (!extra.is_empty()).then(|| extra.to_vec());
        Ok(self)
    }

    /// Parses a receipt.
    ///
    /// # Errors
    /// When it breaks the format or a limit.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        if text.len() > MAX_RECEIPT_LEN {
            return Err(ReceiptError::TooLong(text.len()));
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ReceiptError::Shape)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(RECEIPT_HEADER) {
            return Err(ReceiptError::Header);
        }
        let extra = lines.next_if(|line| line.starts_with("extra ")).map(parse_extra).transpose()?;
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(parse_decimal);
        let index = index.ok_or(ReceiptError::Index)?;
        let mut proof = Vec::new();
        for (position, line) in lines.enumerate() {
            let hash = Hash::from_base64(line).ok().filter(|_| position < MAX_PROOF_LEN);
            proof.push(hash.ok_or(ReceiptError::ProofLine(position))?);
        }
        Ok(Self { extra, ..Self::new(index, proof, checkpoint)? })
    }

    /// Checks that `entry` is in the log of `key` at this receipt's index, and returns the checkpoint which says so.
    ///
    /// # Errors
    /// When signature, origin or proof does not hold.
    pub fn verify(&self, entry: &[u8], key: &Vkey) -> Result<Checkpoint, ReceiptError> {
        self.verify_leaf(&leaf_hash(entry), key)
    }

    /// As [`Receipt::verify`], for a caller who has the leaf hash only.
    ///
    /// # Errors
    /// When signature, origin or proof does not hold.
    pub fn verify_leaf(&self, leaf: &Hash, key: &Vkey) -> Result<Checkpoint, ReceiptError> {
        let checkpoint = checkpoint::verify(&self.checkpoint, key)?;
        verify_inclusion(leaf, self.index, checkpoint.size, &self.proof, &checkpoint.root)?;
        Ok(checkpoint)
    }

    /// Opaque data which nothing signs.
    #[must_use]
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// Index of the entry in the log.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The inclusion proof, from the leaf's sibling up.
    #[must_use]
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The signed checkpoint, verbatim.
    #[must_use]
    pub fn checkpoint(&self) -> &str {
        &self.checkpoint
    }

    /// The receipt as text; the same as `Display`.
    #[must_use]
    pub fn encode(&self) -> String {
        self.to_string()
    }
}

fn parse_extra(line: &str) -> Result<Vec<u8>, ReceiptError> {
    let decoded = line.strip_prefix("extra ").and_then(parse_base64);
    decoded.filter(|extra| !extra.is_empty() && extra.len() <= MAX_EXTRA_LEN).ok_or(ReceiptError::Extra)
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{RECEIPT_HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", to_base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for Receipt {
    type Err = ReceiptError;

    fn from_str(text: &str) -> Result<Self, ReceiptError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::SigningKey;
    use crate::proof::{LeafHashes, claimed_root, prove_inclusion};

    const ORIGIN: &str = "example.city/log";

    fn receipt(index: u64, size: u8) -> (Receipt, Vkey) {
        let key = SigningKey::generate([7; 32], ORIGIN).unwrap();
        let leaves: LeafHashes = (0..size).map(|n| leaf_hash(&[n])).collect();
        let root = claimed_root(size.into(), &leaves).unwrap();
        let note = checkpoint::sign(&key, ORIGIN, size.into(), &root).unwrap();
        let proof = prove_inclusion(index, size.into(), &leaves).unwrap();
        (Receipt::new(index, proof, &note).unwrap(), key.vkey())
    }

    #[test]
    fn receipts_verify_for_their_entry_only() {
        for size in 1..20 {
            for index in 0..u64::from(size) {
                let (receipt, key) = receipt(index, size);
                let entry = [u8::try_from(index).unwrap()];
                assert_eq!(receipt.verify(&entry, &key).unwrap().size, u64::from(size));
                assert!(matches!(receipt.verify(b"other", &key), Err(ReceiptError::Proof(_))));
            }
        }
    }

    #[test]
    fn receipts_round_trip_with_and_without_extra() {
        let (plain, key) = receipt(5, 9);
        assert_eq!(Receipt::parse(&plain.encode()).unwrap(), plain);
        let extra = plain.clone().with_extra(b"salts").unwrap();
        let parsed = Receipt::parse(&extra.encode()).unwrap();
        assert_eq!(parsed.extra(), Some(&b"salts"[..]));
        assert!(parsed.verify(&[5], &key).is_ok());
        assert_eq!(plain.clone().with_extra(b"").unwrap(), plain);
    }

    #[test]
    fn any_flipped_byte_is_noticed() {
        let (receipt, key) = receipt(5, 9);
        let text = receipt.encode();
        for offset in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[offset] ^= 1;
            let accepted = String::from_utf8(bytes)
                .ok()
                .and_then(|text| Receipt::parse(&text).ok())
                .and_then(|receipt| receipt.verify(&[5], &key).ok());
            assert_eq!(accepted, None, "offset {offset}");
        }
    }

    #[test]
    fn malformed_receipts_are_refused() {
        let (receipt, _) = receipt(5, 9);
        let text = receipt.encode();
        let cases = [
            (text.replacen("@v1", "@v2", 1), ReceiptError::Header),
            (text.replacen("index 5", "index 05", 1), ReceiptError::Index),
            (text.replacen("index 5", "extra \nindex 5", 1), ReceiptError::Extra),
            (text.replacen("index 5", "extra AR==\nindex 5", 1), ReceiptError::Extra),
            (text.replacen("index 5", "index 5\nAQ==", 1), ReceiptError::ProofLine(0)),
            (text.replacen("\n\n", "\n", 2), ReceiptError::Shape),
        ];
        for (text, error) in cases {
            assert_eq!(Receipt::parse(&text), Err(error), "{text}");
        }
        let long = vec![leaf_hash(b""); MAX_PROOF_LEN + 1];
        assert_eq!(Receipt::new(0, long, receipt.checkpoint()), Err(ReceiptError::ProofLine(MAX_PROOF_LEN)));
    }
}
