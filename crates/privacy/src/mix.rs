//! Spreading numbers evenly, where a choice must depend on a number alone and favour none.

/// The finaliser of SplitMix64: spreads nearby numbers evenly.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
