//! Counting in orders of magnitude, without ever holding the number: how coins raise a [`Magnitude`].
//!
//! The way of Morris 1978 ("Counting large numbers of events in small registers", CACM 21(10)), begun at a floor: an observation
//! raises the exponent `c` by one with probability 2^-c, which is that `c` fair coins all fall. Whole numbers and random bits, no
//! floats. Whoever is counted has coins of their own, so that one observation more changes what is told, at the end and at
//! every moment before, only where its own first coins all fall: with a chance of 2^-13 at most, and k of one person's with
//! k / 2^13 at most. The mean of the estimate over the coins is the number; its deviation is that number times √½ (0.71) where that is
//! large, and more near the floor: its variance is n (2^13 - 1) + n (n - 1) / 2.
//!
//! A batch of n observations costs about 2n random bits, by the word and not by the observation: of all of them the first coin, of those where it
//! fell the second, and so on. Nothing here is remembered between two batches, not even how many coins fell for nothing.

use model::Magnitude;
use model::entropy::NoEntropy;

use crate::noise::Coins;

/// How many of some observations passed the coins that every counter asks for, the lowest too. Most often none did, and then nobody
/// has to look at a counter.
///
/// # Errors
/// The system gave no random bytes.
pub fn passing(many: u64, coins: &mut Coins<'_>) -> Result<u64, NoEntropy> {
    (0..Magnitude::FLOOR.exponent()).try_fold(many, |left, _| fallen(left, coins))
}

/// A counter after so many passed the coins of the floor: each raises it where the coins above the floor fall, too. The first that
/// passes at the floor does, and each that raised it makes it harder for the next.
///
/// # Errors
/// The system gave no random bytes.
pub fn raised(counter: Magnitude, passing: u64, coins: &mut Coins<'_>) -> Result<Magnitude, NoEntropy> {
    (0..passing).try_fold(counter, |counter, _| {
        let above = counter.above_floor().into();
        let falls = fallen(above, coins)? == above;
        Ok(if falls { counter.next() } else { counter })
    })
}

/// How many of so many fair coins fall.
fn fallen(mut coins_left: u64, coins: &mut Coins<'_>) -> Result<u64, NoEntropy> {
    let mut fallen = 0;
    while coins_left > 0 {
        let thrown = coins_left.min(u128::BITS.into());
        let ones = (coins.word()? >> (u64::from(u128::BITS) - thrown)).count_ones();
        fallen += u64::from(ones);
        coins_left -= thrown;
    }
    Ok(fallen)
}

#[cfg(test)]
mod tests;
