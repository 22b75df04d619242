//! Whole-numbered Gaussian noise, drawn exactly: no floating point stands between the random bytes and the number.
//!
//! The way of Canonne, Kamath and Steinke 2020 ("The Discrete Gaussian for Differential Privacy", algorithms 1 to 3): coins
//! of probability e^-γ from fair random numbers, from these a two-sided geometric number, of which enough are rejected.
//! Floats would leave gaps in the numbers by which the exact count can be told (Mironov 2012). How long a draw takes
//! depends on the noise and never on what was counted.
//!
//! Nothing here is seeded: the bytes are the city's. What it does not do: remember what was drawn, or draw again.

use model::entropy::{Entropy, NoEntropy};
use model::{Noise, Rho};

/// Random bytes fetched at a time: some dozens of draws.
const BUFFER: usize = 1 << 10;
/// Millionths of a loss of 1.
const MICRO: u128 = 1_000_000;
/// Of how many numbers it is said how far off they are at most.
const CONFIDENCE: f64 = 0.95;

/// The noise of a view with its width: the variance is `cells` / 2ρ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gaussian {
    /// The variance, as a fraction in lowest terms.
    over: u128,
    under: u128,
    /// The scale of what is drawn first: the deviation, rounded up.
    scale: u128,
}

impl Gaussian {
    /// Noise of which a window costs a unit ρ that counts in so many of its cells at most.
    #[must_use]
    pub fn new(rho: Rho, cells: u32) -> Self {
        let (over, under) = (u128::from(cells.max(1)) * MICRO, 2 * u128::from(rho.micro()));
        let common = gcd(over, under);
        let (over, under) = (over / common, under / common);
        Self { over, under, scale: (over / under).isqrt() + 1 }
    }

    /// The noise of a view, if it has any.
    #[must_use]
    pub fn of(noise: Noise, bound: model::Bound) -> Option<Self> {
        noise.rho().map(|rho| Self::new(rho, bound.0.unwrap_or(1)))
    }

    /// The variance.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "both lie far below 2^53 after the fraction is cut, or are rounded")]
    pub fn variance(&self) -> f64 {
        self.over as f64 / self.under as f64
    }

    /// How far off nineteen of twenty numbers are at most.
    #[must_use]
    pub fn within(&self) -> u32 {
        let weight = |distance: u32| (-f64::from(distance).powi(2) / (2.0 * self.variance())).exp();
        // Beyond ten deviations nothing counts.
        let far = u32::try_from(self.scale * 10 + 2).unwrap_or(u32::MAX);
        let total = 1.0 + 2.0 * (1..=far).map(weight).sum::<f64>();
        let mut inside = 1.0;
        let mut distance = 0;
        while inside < CONFIDENCE * total && distance < far {
            distance += 1;
            inside += 2.0 * weight(distance);
        }
        distance
    }

    /// The probability that it adds at least so much.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "distances of some deviations")]
    pub fn at_least(&self, number: i64) -> f64 {
        let weight = |distance: i64| (-(distance as f64).powi(2) / (2.0 * self.variance())).exp();
        let far = i64::try_from(self.scale * 40 + 2).unwrap_or(i64::MAX);
        let all: f64 = (-far..=far).map(weight).sum();
        (number.max(-far)..=far).map(weight).sum::<f64>() / all
    }

    /// The threshold that a free key with one unit passes with a probability of `delta` at most: a key that is there only
    /// because somebody was is shown from here on.
    #[must_use]
    pub fn threshold(&self, delta: f64) -> i64 {
        let rare = |threshold: i64| self.at_least(threshold - 1) <= delta;
        let (mut low, mut high) = (1, 2);
        while !rare(high) && high < i64::MAX / 2 {
            (low, high) = (high, high * 2);
        }
        // The least between the two: the probability falls.
        while low < high {
            let middle = i64::midpoint(low, high);
            if rare(middle) { high = middle } else { low = middle + 1 }
        }
        low
    }

    /// Draws a number.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn draw(&self, coins: &mut Coins<'_>) -> Result<i64, NoEntropy> {
        loop {
            let (magnitude, negative) = two_sided(self.scale, coins)?;
            // (|Y| - σ²/t)² / 2σ², over one denominator.
            let (drawn, wanted) = (magnitude * self.under * self.scale, self.over);
            let Some(distance) = drawn.abs_diff(wanted).checked_pow(2) else { continue };
            if coins.decays(distance, 2 * self.over * self.under * self.scale * self.scale)?
                && let Ok(magnitude) = i64::try_from(magnitude)
            {
                return Ok(if negative { -magnitude } else { magnitude });
            }
        }
    }
}

/// A two-sided geometric number of a whole scale: its size, and whether it is below nought.
fn two_sided(scale: u128, coins: &mut Coins<'_>) -> Result<(u128, bool), NoEntropy> {
    loop {
        let part = coins.below(scale)?;
        if !coins.decays(part, scale)? {
            continue;
        }
        let mut whole = 0;
        while coins.decays(1, 1)? {
            whole += 1;
        }
        let (magnitude, negative) = (part + scale * whole, coins.below(2)? == 1);
        if !(negative && magnitude == 0) {
            return Ok((magnitude, negative));
        }
    }
}

const fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Random numbers from the city's random bytes, fetched some at a time.
pub struct Coins<'a> {
    entropy: &'a dyn Entropy,
    buffer: zeroize::Zeroizing<[u8; BUFFER]>,
    used: usize,
}

impl<'a> Coins<'a> {
    /// Numbers from a source.
    #[must_use]
    pub fn new(entropy: &'a dyn Entropy) -> Self {
        Self { entropy, buffer: zeroize::Zeroizing::new([0; BUFFER]), used: BUFFER }
    }

    /// The next 128 fair bits.
    pub(crate) fn word(&mut self) -> Result<u128, NoEntropy> {
        const LENGTH: usize = size_of::<u128>();
        if self.used + LENGTH > BUFFER {
            self.entropy.fill(self.buffer.as_mut_slice())?;
            self.used = 0;
        }
        let bytes = self.buffer.get(self.used..).and_then(|rest| rest.first_chunk::<LENGTH>());
        self.used += LENGTH;
        bytes.map(|bytes| u128::from_le_bytes(*bytes)).ok_or(NoEntropy)
    }

    /// A number below `end`, each as likely; what would favour some is drawn again.
    fn below(&mut self, end: u128) -> Result<u128, NoEntropy> {
        let end = end.max(1);
        let fair = u128::MAX - (u128::MAX % end + 1) % end;
        loop {
            let word = self.word()?;
            if word <= fair {
                return Ok(word % end);
            }
        }
    }

    /// True with probability e^-(over/under).
    fn decays(&mut self, mut over: u128, under: u128) -> Result<bool, NoEntropy> {
        while over > under {
            if !self.decays_once(under, under)? {
                return Ok(false);
            }
            over -= under;
        }
        self.decays_once(over, under)
    }

    /// The same for a fraction of 1 at most: the series of e^-γ as a chain of coins.
    fn decays_once(&mut self, over: u128, under: u128) -> Result<bool, NoEntropy> {
        let mut step = 1;
        while self.below(under.saturating_mul(step))? < over {
            step += 1;
        }
        Ok(step % 2 == 1)
    }
}

#[cfg(test)]
mod tests;
