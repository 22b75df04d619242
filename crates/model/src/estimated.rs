//! What sensors brought in a month, in orders of magnitude alone: of streams of which an exact number would tell of people
//! ([`crate::Stream::may_be_counted`] has the others). The number itself is never there: what is kept is one exponent, which a coin raises.

use serde::{Deserialize, Serialize};

use crate::id::StreamId;
use crate::month::Month;

/// The observations of some streams in a month that is over, roughly. Each stream is told of once for a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservationsEstimated {
    /// Which month, by when they came.
    pub month: Month,
    /// The streams, [`crate::counted::STREAMS_COUNTED_MAX`] at most.
    pub streams: Vec<Estimated>,
}

/// The observations of one stream, roughly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimated {
    /// Which stream.
    pub stream: StreamId,
    /// Of what was admitted.
    pub admitted: Magnitude,
    /// Of what was refused, for whatever reason: five counters that begin at a floor each would nearly always say the same of all
    /// five. A batch of a device counts once, and so does a row of a file.
    pub refused: Magnitude,
}

impl Estimated {
    /// Nothing has raised its counters.
    #[must_use]
    pub const fn begun(stream: StreamId) -> Self {
        Self { stream, admitted: Magnitude::FLOOR, refused: Magnitude::FLOOR }
    }
}

/// An order of magnitude: the exponent of an approximate counter, which begins at a floor. In serde and in words a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Magnitude(u8);

/// What is no order of magnitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no order of magnitude: they go from {floor} to {ceiling}", floor = Magnitude::FLOOR.0, ceiling = Magnitude::CEILING.0)]
pub struct NoMagnitude(pub u8);

impl Magnitude {
    /// Where each begins. What is told at it is "fewer than about 10,000": nobody stays there, thousands mostly do; and one observation
    /// changes what is told with a chance of 2⁻¹³ at most.
    pub const FLOOR: Self = Self(13);
    /// The highest, of which the estimate is a number of 64 bits. No month has as many observations.
    pub const CEILING: Self = Self(63);

    /// The exponent.
    #[must_use]
    pub const fn exponent(self) -> u8 {
        self.0
    }

    /// How far above the floor.
    #[must_use]
    pub const fn above_floor(self) -> u8 {
        self.0 - Self::FLOOR.0
    }

    /// The next higher; the highest stays.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 < Self::CEILING.0 { Self(self.0 + 1) } else { self }
    }

    /// How many observations it stands for, on average: the mean of it, over the coins, is the number exactly. A single one is
    /// off by about seven tenths of the number, so that there may well have been half as many or twice as many.
    #[must_use]
    pub const fn estimate(self) -> u64 {
        (1 << self.0) - (1 << Self::FLOOR.0)
    }
}

impl TryFrom<u8> for Magnitude {
    type Error = NoMagnitude;
    fn try_from(exponent: u8) -> Result<Self, NoMagnitude> {
        let one = Self(exponent);
        if one < Self::FLOOR || one > Self::CEILING { Err(NoMagnitude(exponent)) } else { Ok(one) }
    }
}
impl From<Magnitude> for u8 {
    fn from(one: Magnitude) -> Self {
        one.0
    }
}

/// What is told of a counter at its floor: fewer than about so many.
pub const FLOOR_TOLD: u64 = 10_000;

/// A number to one figure and zeros, which is what an estimate may be told as: more figures would look as if they were known.
#[must_use]
pub const fn one_figure(number: u64) -> u64 {
    let mut scale = 1;
    while number / scale >= 10 {
        scale *= 10;
    }
    let (figure, rest) = (number / scale, number % scale);
    (figure + (rest >= scale - rest) as u64).saturating_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponent_below_the_floor_or_above_the_ceiling_is_no_order_of_magnitude() {
        for exponent in 0..=u8::MAX {
            let read = serde_json::from_value::<Magnitude>(exponent.into());
            assert_eq!(read.is_ok(), (13..=63).contains(&exponent), "{exponent}");
            if let Ok(read) = read {
                assert_eq!((read.exponent(), serde_json::to_value(read).ok()), (exponent, Some(exponent.into())));
            }
        }
        for text in ["-1", "13.5", "\"13\"", "null", "256"] {
            assert!(serde_json::from_str::<Magnitude>(text).is_err(), "{text}");
        }
        let refused = Magnitude::try_from(12).map_err(|error| error.to_string());
        assert_eq!(refused, Err("`12` is no order of magnitude: they go from 13 to 63".to_owned()));
        assert_eq!(Magnitude::CEILING.next(), Magnitude::CEILING);
    }

    #[test]
    fn at_the_floor_the_estimate_is_nought_and_above_it_grows() {
        assert_eq!((Magnitude::FLOOR.estimate(), Magnitude::FLOOR.above_floor()), (0, 0));
        let mut one = Magnitude::FLOOR;
        while one < Magnitude::CEILING {
            assert!(one.next().estimate() > one.estimate() && one.next().above_floor() == one.above_floor() + 1);
            one = one.next();
        }
        assert_eq!(one.estimate(), (1 << 63) - (1 << 13));
    }

    #[test]
    fn an_estimate_is_told_to_one_figure() {
        for (number, told) in [
            (0, 0),
            (9, 9),
            (14, 10),
            (15, 20),
            (95, 100),
            (8_192, 8_000),
            (24_576, 20_000),
            (57_344, 60_000),
            (122_880, 100_000),
            (950_000, 1_000_000),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(one_figure(number), told, "{number}");
        }
    }

    #[test]
    fn the_most_that_an_act_tells_of_is_within_the_limit_of_acts() {
        let longest = (1..=256).rev().find_map(|long| StreamId::new(&"s".repeat(long)).ok());
        let one = Estimated::begun(longest.unwrap_or_else(|| unreachable!()));
        let streams = vec![one; crate::counted::STREAMS_COUNTED_MAX];
        let told = ObservationsEstimated { month: Month::of(crate::Timestamp::MAX), streams };
        let bytes = serde_json::to_vec(&told).map(|bytes| bytes.len()).unwrap_or(usize::MAX);
        assert!(bytes + 4_096 < crate::act::ACT_BYTES_MAX, "{bytes}");
    }
}
