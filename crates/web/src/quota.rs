//! Quotas: how much somebody may ask in a minute, as a bucket of tokens that fills again steadily.
//!
//! The room is bounded. Buckets that are full again are forgotten, within a minute or two, which changes nothing and leaves nothing of
//! whoever is gone; whoever is new while there is still no room
//! shares one bucket with all others who are new.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use model::time::MILLIS_PER_SECOND;
use model::{Span, Timestamp};

/// The length of what a quota is told for, in seconds.
pub const QUOTA_SECONDS: u32 = 60;
/// What one request takes of a bucket: milliseconds in which a quota of one would be earned.
const REQUEST: u64 = QUOTA_SECONDS as u64 * 1_000;
/// The most buckets of one kind.
pub const BUCKETS_MAX: usize = 32_768;
/// How often full buckets are looked for while somebody asks.
const SWEPT_EVERY: Span = Span::minutes(1);
/// How often at most where there is no room.
const SWEPT_FULL_EVERY: Span = Span::seconds(1);

/// What is left after a request was counted, or was not because nothing was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Whether it may go on.
    pub taken: bool,
    /// How many more there may be at once.
    pub remaining: u32,
    /// Until there may be as many as the quota says, in seconds.
    pub full_after: u64,
    /// Until there may be one, in seconds; nought if there may be one now.
    pub one_after: u64,
}

/// A bucket. What is in it is counted in parts of a request, so that a slow quota loses nothing between two looks.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: u64,
    at: Timestamp,
}

/// The buckets of one kind of asker.
#[derive(Debug)]
pub struct Quota<K> {
    per_minute: NonZeroU32,
    most: usize,
    kept: Mutex<Kept<K>>,
}

#[derive(Debug)]
struct Kept<K> {
    each: HashMap<K, Bucket>,
    /// Of all who are new while there is no room.
    others: Option<Bucket>,
    swept: Option<Timestamp>,
}

impl<K: Eq + Hash> Quota<K> {
    /// So many requests a minute for each.
    #[must_use]
    pub fn of(per_minute: NonZeroU32) -> Self {
        Self::within(per_minute, BUCKETS_MAX)
    }

    fn within(per_minute: NonZeroU32, most: usize) -> Self {
        Self { per_minute, most, kept: Mutex::new(Kept { each: HashMap::new(), others: None, swept: None }) }
    }

    /// How many a minute.
    #[must_use]
    pub const fn per_minute(&self) -> u32 {
        self.per_minute.get()
    }

    /// Counts a request of somebody.
    pub fn take(&self, who: K, now: Timestamp) -> Left {
        let rate = u64::from(self.per_minute.get());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let full = kept.each.len() >= self.most && !kept.each.contains_key(&who);
        kept.sweep(rate, now, if full { SWEPT_FULL_EVERY } else { SWEPT_EVERY });
        let room = kept.each.len() < self.most || kept.each.contains_key(&who);
        let full = Bucket::full(rate, now);
        let bucket = if room { kept.each.entry(who).or_insert(full) } else { kept.others.get_or_insert(full) };
        bucket.fill(rate, now);
        let taken = bucket.level >= REQUEST;
        bucket.level -= if taken { REQUEST } else { 0 };
        bucket.left(rate, taken)
    }
}

impl<K> Kept<K> {
    /// Forgets the buckets that are full again, if that was not done just now.
    fn sweep(&mut self, rate: u64, now: Timestamp, every: Span) {
        let just = self.swept.is_some_and(|swept| swept <= now && now.since(swept) < every);
        if !just {
            self.swept = Some(now);
            self.each.retain(|_, bucket| {
                bucket.fill(rate, now);
                bucket.level < rate * REQUEST
            });
        }
    }
}

impl Bucket {
    const fn full(rate: u64, now: Timestamp) -> Self {
        Self { level: rate * REQUEST, at: now }
    }

    /// What was earned since the last look. A clock that was set back earns nothing, and one that goes on earns from there.
    fn fill(&mut self, rate: u64, now: Timestamp) {
        let passed = u64::try_from(now.millis() - self.at.millis()).unwrap_or(0);
        self.level = self.level.saturating_add(passed.saturating_mul(rate)).min(rate * REQUEST);
        self.at = now;
    }

    fn left(self, rate: u64, taken: bool) -> Left {
        let seconds = |lacking: u64| lacking.div_ceil(rate).div_ceil(MILLIS_PER_SECOND.unsigned_abs());
        Left {
            taken,
            remaining: u32::try_from(self.level / REQUEST).unwrap_or(u32::MAX),
            full_after: seconds((rate * REQUEST).saturating_sub(self.level)),
            one_after: seconds(REQUEST.saturating_sub(self.level)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(per_minute: u32, most: usize) -> Quota<u32> {
        Quota::within(NonZeroU32::new(per_minute).unwrap(), most)
    }

    fn start() -> Timestamp {
        "2026-11-24T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_bucket_empties_fills_again_steadily_and_never_over_its_rim() {
        let (quota, now) = (quota(120, 8), start());
        for left in (0..120).rev() {
            let told = quota.take(1, now);
            assert_eq!((told.taken, told.remaining), (true, left));
        }
        let none = quota.take(1, now);
        assert_eq!(none, Left { taken: false, remaining: 0, full_after: 60, one_after: 1 });
        assert!(quota.take(2, now).taken, "another has another");
        let half = Timestamp::from_millis(now.millis() + 499);
        assert!(!quota.take(1, half).taken, "looking again earns nothing more and loses nothing");
        assert!(quota.take(1, Timestamp::from_millis(now.millis() + 500)).taken);
        assert_eq!(quota.take(1, now + Span::hours(9)).remaining, 119);
    }

    #[test]
    fn a_slow_quota_says_for_how_long_to_wait() {
        let (quota, now) = (quota(2, 8), start());
        quota.take(1, now);
        quota.take(1, now);
        assert_eq!(
            quota.take(1, now + Span::seconds(10)),
            Left { taken: false, remaining: 0, full_after: 50, one_after: 20 }
        );
        assert!(quota.take(1, now + Span::seconds(30)).taken);
    }

    #[test]
    fn a_clock_that_is_set_back_gives_nothing_and_takes_nothing() {
        let (quota, now) = (quota(1, 8), start());
        assert!(quota.take(1, now).taken);
        assert!(!quota.take(1, now - Span::hours(1)).taken);
        assert!(!quota.take(1, now - Span::hours(1) + Span::seconds(59)).taken);
        assert!(quota.take(1, now - Span::hours(1) + Span::seconds(60)).taken);
    }

    #[test]
    fn the_room_is_bounded_and_who_is_new_when_it_is_full_shares() {
        let (quota, now) = (quota(2, 4), start());
        for who in 0..4 {
            quota.take(who, now);
        }
        // No room: these share one bucket of two.
        assert_eq!([4, 5, 6].map(|who| quota.take(who, now).taken), [true, true, false]);
        assert!(quota.take(0, now).taken && !quota.take(0, now).taken, "who was there has their own");
        let later = now + Span::seconds(30);
        // Of those that took one, the buckets are full again and forgotten.
        assert!(quota.take(7, later).taken && quota.take(7, later).taken && !quota.take(7, later).taken);
        assert_eq!(known(&quota), [0, 7]);
    }

    fn known(quota: &Quota<u32>) -> Vec<u32> {
        let mut known: Vec<u32> = quota.kept.lock().unwrap().each.keys().copied().collect();
        known.sort_unstable();
        known
    }

    #[test]
    fn whoever_is_gone_is_forgotten_within_minutes_however_much_room_there_is() {
        let (quota, now) = (quota(2, 1_000), start());
        for who in 0..9 {
            quota.take(who, now);
        }
        quota.take(9, now + Span::seconds(59));
        assert_eq!(known(&quota).len(), 10);
        quota.take(9, now + Span::seconds(61));
        assert_eq!(known(&quota), [9]);
    }
}
