//! Fakes for tests: a clock that is set, bytes that are the same every time, some norms, alterations of what a parser
//! takes, and the addresses that a server routes.

mod alter;
mod routes;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use model::entropy::NoEntropy;
use model::{Clock, Entropy, LayerKind, PolicyLayer, Span, Timestamp};

pub use alter::{altered, noise};
pub use routes::{Route, routed};

/// A global layer of norms, and no duties, for worlds in which it matters only that there are some.
#[must_use]
pub fn core() -> PolicyLayer {
    PolicyLayer {
        kind: LayerKind::Global,
        name: "test-core".to_owned(),
        owner: "Tests".to_owned(),
        cedar: include_str!("core.cedar").to_owned(),
        duties: BTreeMap::new(),
    }
}

/// A clock that shows what it is told.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock that stands at an instant.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.millis()))
    }

    /// Sets the clock, backwards too: that is an attack worth testing.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::SeqCst);
    }

    /// Lets time pass.
    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.millis(), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Bytes that follow from a seed (SplitMix64). For tests only: anybody can compute them.
#[derive(Debug)]
pub struct SeededBytes(AtomicU64);

impl SeededBytes {
    /// Bytes of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number.
    pub fn next_u64(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededBytes {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in buffer.chunks_mut(8) {
            let bytes = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(bytes.split_at(chunk.len()).0);
        }
        Ok(())
    }
}
