//! Batches of disclosures: whatever was disclosed, and however varied, the log takes it.

use std::collections::BTreeSet;

use model::act::DisclosuresBatched;
use model::{Act, Digest, DisclosureRecord, PolicyHash, Seq, ViewVersion, What, Window};

use super::City;
use crate::audit::{FolderSource, audit};

fn record(seq: Seq, salt: Digest, city: &City, combination: u64) -> DisclosureRecord {
    // Ids as long as they may be.
    let id = |letter: char, number: u64| format!("{}{number:05}", letter.to_string().repeat(58));
    DisclosureRecord {
        seq,
        at: city.start,
        recipient: id('r', combination % 61).parse().unwrap(),
        purpose: ["official-statistics", "public-transport-planning"][(combination / 61 % 2) as usize].parse().unwrap(),
        grant: id('g', combination).parse().unwrap(),
        stream: id('s', combination).parse().unwrap(),
        view: id('v', combination / 7).parse().unwrap(),
        version: ViewVersion(u32::MAX),
        window: Window { start: city.start, end: city.start },
        rows: u64::MAX / 1_000_000_000,
        withheld: u64::MAX / 1_000_000_000,
        content: Digest::new([1; 32]),
        because: Vec::new(),
        under: PolicyHash(Digest::new([2; 32])),
        salt,
        authorised_by: None,
    }
}

fn batches(city: &City) -> Vec<DisclosuresBatched> {
    let acts = city.register.entries(0, 10_000).unwrap();
    let batch = |bytes: &[u8]| match Act::from_bytes(bytes).unwrap().what {
        What::DisclosuresBatched(batch) => Some(batch),
        _ => None,
    };
    acts.iter().filter_map(|entry| batch(&entry.bytes)).collect()
}

#[test]
fn thousands_of_different_disclosures_are_batched_in_acts_that_fit() {
    let city = City::declared();
    let (different, in_all) = (3_000_u64, 4_000_u64);
    for number in 0..in_all {
        city.register.record_disclosure(|seq, salt| record(seq, salt, &city, number % different)).unwrap();
    }
    assert_eq!(city.register.batch_disclosures().unwrap(), in_all);
    assert_eq!(city.register.batch_disclosures().unwrap(), 0, "each is batched once");
    let batches = batches(&city);
    let mut expected = 0;
    for batch in &batches {
        assert_eq!(batch.first.0, expected, "without a gap");
        assert_eq!(batch.totals.iter().map(|total| total.disclosures).sum::<u64>(), batch.last.0 - expected + 1);
        expected = batch.last.0 + 1;
    }
    assert_eq!((expected, city.register.state().next_disclosure), (in_all, Seq(in_all)));
    let terms: BTreeSet<_> = batches.iter().flat_map(|batch| &batch.totals).map(|total| total.stream.clone()).collect();
    assert_eq!(terms.len() as u64, different);
    city.register.publish().unwrap();
    let source = FolderSource::new(city.register.log_folder());
    let reader = journal::SqliteReader::open(&city.journal_path()).unwrap();
    let inner = audit(&source, None, None).unwrap().inside(&reader, &source).unwrap().inner.unwrap();
    assert_eq!((inner.records, inner.unbatched), (in_all, 0));
}

#[test]
fn more_lapses_at_once_than_a_commit_takes_all_happen() {
    let city = City::over(|_| Box::new(journal::MemoryJournal::new()));
    let many = journal::BATCH_MAX + 100;
    for number in 0..many {
        let grant = format!(
            r#"{{"do":"agree-grant","with":{{"id":"g{number}","recipient":"city","stream":"wifi","view":"counts",
            "purpose":"traffic-management","until":"2026-06-02T00:00:00Z","duties":["no-reidentification"]}}}}"#
        );
        city.register.submit(City::submission("city", None, &grant)).unwrap();
    }
    city.clock.advance(model::Span::days(2));
    assert_eq!(city.register.tick().unwrap(), many);
    assert_eq!(city.register.tick().unwrap(), 0);
    assert_eq!(super::replayed(&city.register), *city.register.state());
}
