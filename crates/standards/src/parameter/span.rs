//! Spans as packs write them: those of `model`, and weeks and years.

use model::{Span, TimeError, time::SECONDS_PER_DAY};
use serde::{Deserialize as _, Deserializer, de::Error as _};

/// Reads `90s`, `15m`, `24h`, `30d`, `4w` or `5y`; a year has 365 days.
///
/// # Errors
/// The text, where it is none of these or longer than can be counted.
pub fn parse_span(text: &str) -> Result<Span, TimeError> {
    let bad = || TimeError::Span(text.chars().take(40).flat_map(char::escape_debug).collect());
    let (digits, days) = match (text.strip_suffix('w'), text.strip_suffix('y')) {
        (Some(weeks), _) => (weeks, 7),
        (_, Some(years)) => (years, 365),
        _ => return text.parse().map_err(|_| bad()),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    let count: u32 = digits.parse().map_err(|_| bad())?;
    let seconds = count.checked_mul(days).and_then(|days| days.checked_mul(SECONDS_PER_DAY)).ok_or_else(bad)?;
    Ok(Span::seconds(seconds))
}

/// As [`parse_span`], for fields that serde reads.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    parse_span(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_and_years_are_days() {
        assert_eq!(parse_span("4w"), Ok(Span::days(28)));
        assert_eq!(parse_span("5y"), Ok(Span::days(1_825)));
        assert_eq!(parse_span("24h"), Ok(Span::days(1)));
        for bad in ["", "w", "y", "-1y", "1.5y", "137y", "99999999999999w", "1mo", "é", "1 y"] {
            assert!(parse_span(bad).is_err(), "{bad}");
        }
    }
}
