//! Ways to generated cities: each look generates the log that it looks at, and the time that this takes is counted apart.

use std::sync::atomic::{AtomicU64, Ordering};

use model::{PartyId, Span, Timestamp};
use tlog::audit::{LogSource, SourceError};
use tlog::{NoteError, SigningKey};

use super::acts::{Acts, Scale, mixed};
use super::log::GeneratedLog;
use crate::mirror::{City, Country, Position, Profile, Reach, SizeClass};

/// Countries that generated cities say they are in. None of them is.
const COUNTRIES: [&str; 8] = ["XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH"];

/// What generating took, so that it is not counted as the hub's.
#[derive(Debug, Default)]
pub struct Spent(AtomicU64);

impl Spent {
    /// Notes nanoseconds.
    pub fn add(&self, nanos: u64) {
        self.0.fetch_add(nanos, Ordering::Relaxed);
    }

    /// All of them.
    #[must_use]
    pub fn nanos(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// So many generated cities on a day.
#[derive(Clone)]
pub struct Generated {
    begin: Timestamp,
    policy: String,
    days: u32,
}

impl Generated {
    /// Cities that began on a day and are so many days old; `policy` is the body of their `policy-adopted/1`.
    #[must_use]
    pub const fn new(begin: Timestamp, policy: String, days: u32) -> Self {
        Self { begin, policy, days }
    }

    /// The same cities some days later.
    #[must_use]
    pub fn later(&self, days: u32) -> Self {
        Self { begin: self.begin, policy: self.policy.clone(), days: self.days + days }
    }

    /// What day it is there.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.begin + Span::days(self.days)
    }

    /// A city's name, key, address and profile.
    ///
    /// # Errors
    /// Never for a number; its name fits a key.
    pub fn entry(number: u64) -> Result<(PartyId, String, String, Profile), NoteError> {
        let name = format!("city-{number:06}");
        let spread = mixed(number);
        let degrees = |part: u64, all: f64| {
            #[expect(clippy::cast_precision_loss, reason = "a thousandth of a circle is precise enough")]
            let share = (part % 1_000) as f64 / 1_000.0;
            share * all - all / 2.0
        };
        let at = usize::try_from(spread % COUNTRIES.len() as u64).unwrap_or(0);
        let profile = Profile {
            country: COUNTRIES.get(at).and_then(|country| country.parse::<Country>().ok()),
            size_class: Some(match Scale::of(number).deployments {
                24.. => SizeClass::Large,
                8.. => SizeClass::Medium,
                _ => SizeClass::Small,
            }),
            position: Position::new(degrees(spread >> 8, 130.0), degrees(spread >> 24, 340.0)).ok(),
        };
        let address = format!("http://{name}.example");
        let id = name.parse().map_err(|_| NoteError::Name(name.clone()))?;
        Ok((id, key(number)?.vkey().to_string(), address, profile))
    }

    /// A city's log as it stands.
    ///
    /// # Errors
    /// Its key could not be made.
    pub fn log(&self, number: u64) -> Result<GeneratedLog, tlog::CheckpointError> {
        let key = key(number)?;
        let vkey = key.vkey().to_string();
        let acts = Acts::new(mixed(number), Scale::of(number), self.begin, &vkey, &self.policy);
        GeneratedLog::new(acts.of_days(self.days), &key)
    }
}

/// A city's key. Anybody can compute it: it signs nothing that is real.
fn key(number: u64) -> Result<SigningKey, NoteError> {
    let mut seed = [0; 32];
    seed.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    SigningKey::generate(seed, &format!("city-{number:06}.example/log"))
}

impl Reach for Generated {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        match number_of(city.name.as_str()).map(|number| self.log(number)) {
            Some(Ok(log)) => Box::new(log),
            _ => Box::new(Nowhere),
        }
    }
}

/// The number of a generated city; none if it is no such city.
pub(super) fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix("city-")?.parse().ok()
}

/// No log.
struct Nowhere;

impl LogSource for Nowhere {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        Err(SourceError::NotFound(path.to_owned()))
    }
}
