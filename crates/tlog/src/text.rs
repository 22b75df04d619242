//! The two textual atoms every C2SP format shares: strict decimals and strict base64. It never accepts two spellings
//! of one value, so that what was verified and what is stored are the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// An ASCII decimal without sign and without leading zero.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    if !canonical || text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Standard base64 with padding; non-zero trailing bits, line breaks and missing padding are refused.
pub(crate) fn parse_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Standard base64 with padding.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_one_spelling() {
        assert_eq!(parse_decimal("0"), Some(0));
        assert_eq!(parse_decimal("18446744073709551615"), Some(u64::MAX));
        for bad in ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "18446744073709551616", "\u{0661}"] {
            assert_eq!(parse_decimal(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(parse_base64("AQ=="), Some(vec![1]));
        for bad in ["AR==", "AQ=", "AQ", "AQ==\n", " AQ==", "A_==", "AQ====", "AQ==AQ=="] {
            assert_eq!(parse_base64(bad), None, "{bad:?}");
        }
    }
}
