//! Logs for the tests: of generated cities, and of any entries whatever.

use hub::mirror::{Mirror, Profile};
use hub::simulate::{Generated, GeneratedLog};
use model::{PartyId, Timestamp};
use tempfile::TempDir;
use tlog::SigningKey;

/// The body of an adoption of few norms.
pub(crate) fn policy() -> String {
    let hash = "1".repeat(64);
    let text = serde_json::json!({ "layers": [testkit::core()], "permits": norms::city_permits_default(), "permits_owner": "city" });
    serde_json::json!({ "hash": hash, "text": text }).to_string()
}

pub(crate) fn begin() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn generated(days: u32) -> Generated {
    Generated::new(begin(), policy(), days)
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate([7; 32], "city.example/log").unwrap()
}

/// A log of so many entries, each a few bytes; from `fork` on they are others.
pub(crate) fn plain(size: u64, fork: u64) -> GeneratedLog {
    let entry = |at: u64| if at < fork { format!("entry {at}") } else { format!("other {at}") };
    GeneratedLog::new((0..size).map(|at| entry(at).into_bytes()).collect(), &key()).unwrap()
}

pub(crate) fn name() -> PartyId {
    "city".parse().unwrap()
}

/// A mirror with one city, of which nothing is kept yet.
pub(crate) fn mirror() -> (TempDir, Mirror) {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add(&name(), &key().vkey().to_string(), "http://127.0.0.1:9", Profile::default()).unwrap();
    (folder, mirror)
}

pub(crate) fn at(day: i64) -> Timestamp {
    Timestamp::from_millis(begin().millis() + day * 86_400_000)
}
