//! Noise and what it may cost: losses of privacy in zero-concentrated differential privacy.
//!
//! A loss ρ of a unit is how much better somebody can tell whether the unit was there, from everything that was released
//! with it (Bun and Steinke 2016, "Concentrated differential privacy"). Losses add up. They are whole millionths here, so
//! that sums are exact and two cities compute the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Millionths of a loss of 1.
const MICRO: u32 = 1_000_000;
/// The largest loss that can be written: far beyond what protects anybody.
const MICRO_MAX: u32 = 100 * MICRO;
/// Digits after the point.
const DIGITS: usize = 6;

/// A loss of privacy, ρ of zCDP, in millionths; in serde a decimal text such as `0.02`. More than nothing, 100 at most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rho(u32);

/// A text is not a loss of privacy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a loss of privacy; write a decimal number above 0, 100 at most, of up to six digits after the point, such as 0.02"
)]
pub struct RhoError(String);

impl Rho {
    /// A number of millionths.
    ///
    /// # Errors
    /// None, or more than 100 million.
    pub fn from_micro(micro: u32) -> Result<Self, RhoError> {
        if (1..=MICRO_MAX).contains(&micro) { Ok(Self(micro)) } else { Err(RhoError(micro.to_string())) }
    }

    /// In millionths.
    #[must_use]
    pub const fn micro(self) -> u32 {
        self.0
    }
}

impl FromStr for Rho {
    type Err = RhoError;
    fn from_str(text: &str) -> Result<Self, RhoError> {
        let bad = || RhoError(text.chars().take(40).collect());
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let number = |digits: &str, most: usize| -> Option<u32> {
            let fits = (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| digits.parse().ok())?
        };
        let whole = number(whole, 3).ok_or_else(bad)?;
        let part = Some(part).filter(|part| !part.is_empty()).map(|part| format!("{part:0<DIGITS$}"));
        let part = part.and_then(|part| number(&part, DIGITS)).ok_or_else(bad)?;
        Self::from_micro(whole * MICRO + part).map_err(|_| bad())
    }
}

impl fmt::Display for Rho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&decimal(u64::from(self.0)))
    }
}

/// Millionths of a loss as a decimal text: what a [`Rho`] would be written as, for sums of them.
#[must_use]
pub fn decimal(micro: u64) -> String {
    let text = format!("{}.{:0>DIGITS$}", micro / u64::from(MICRO), micro % u64::from(MICRO));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Debug for Rho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Rho {
    type Error = RhoError;
    fn try_from(text: String) -> Result<Self, RhoError> {
        text.parse()
    }
}

impl From<Rho> for String {
    fn from(rho: Rho) -> Self {
        rho.to_string()
    }
}

/// The noise added to each number of a window. As JSON `"none"` or `{"gaussian":{"rho":"0.02"}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Noise {
    /// Exact numbers.
    None,
    /// Whole-numbered Gaussian noise (Canonne, Kamath and Steinke 2020), as wide as the loss and the bound of the view
    /// demand: where a unit counts in at most C cells of a window, its variance is C / 2ρ.
    Gaussian {
        /// What one window may cost each unit, for all its cells together.
        rho: Rho,
    },
}

impl Noise {
    /// What one window costs each unit; nothing is promised without noise.
    #[must_use]
    pub const fn rho(self) -> Option<Rho> {
        match self {
            Self::None => None,
            Self::Gaussian { rho } => Some(rho),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_loss_has_one_spelling() {
        for (text, micro) in
            [("0.02", 20_000), ("1", 1_000_000), ("0.000001", 1), ("100", 100_000_000), ("12.5", 12_500_000)]
        {
            assert_eq!(text.parse::<Rho>().map(Rho::micro), Ok(micro));
            assert_eq!(text.parse::<Rho>().map(|rho| rho.to_string()).as_deref(), Ok(text));
        }
        for text in
            ["", "0", "0.0", "-1", "+1", "1e3", ".5", "1.", "0.0000001", "101", "100.000001", "1.2.3", "٣", " 1", "0x1"]
        {
            assert!(text.parse::<Rho>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn noise_is_written_as_it_is_read_and_nothing_else_is_read() {
        let noise = |text| serde_json::from_str::<Noise>(text);
        assert_eq!(noise(r#""none""#).unwrap(), Noise::None);
        let gaussian = noise(r#"{"gaussian":{"rho":"0.02"}}"#).unwrap();
        assert_eq!(serde_json::to_string(&gaussian).unwrap(), r#"{"gaussian":{"rho":"0.02"}}"#);
        for text in [
            r#"{"gaussian":{"rho":"0.02","x":1}}"#,
            r#"{"gaussian":{}}"#,
            r#""gaussian""#,
            r#"{"gaussian":{"rho":0.02}}"#,
        ] {
            assert!(noise(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_loss_is_written_as_it_is_read(micro in 1..=MICRO_MAX) {
            let rho = Rho::from_micro(micro).unwrap();
            prop_assert_eq!(rho.to_string().parse::<Rho>(), Ok(rho));
        }
    }
}
