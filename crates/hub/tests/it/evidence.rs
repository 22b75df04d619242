//! Forks and rollbacks: whatever a city signs against itself is kept, and anyone can check it.

use hub::mirror::{Looked, NOTE_BYTES_MAX, Standing};
use hub::simulate::GeneratedLog;
use hub::watch::{EVIDENCE_BYTES_MAX, Evidence, EvidenceError, EvidenceFile, Proves, Said, since};
use proptest::prelude::*;
use tlog::audit::{LogSource, SourceError};
use tlog::checkpoint::parse_unverified;
use tlog::{Note, SigningKey};

use crate::logs::{at, key, mirror, name, plain};

/// Mirrors one log and looks at another; gives the evidence.
fn caught(known: &GeneratedLog, then: &dyn LogSource) -> Option<Evidence> {
    let (_folder, mut mirror) = mirror();
    mirror.look(&name(), known, at(1)).unwrap();
    let before = mirror.city(&name()).unwrap().kept;
    let Looked::Contradicts(evidence) = mirror.look(&name(), then, at(2)).unwrap() else { return None };
    // What was kept stays, and nothing more is taken.
    let mut entries = Vec::new();
    let kept = mirror.entries(&name(), |_, entry| entries.push(entry.to_vec())).unwrap();
    assert_eq!((entries.as_slice(), &kept.note), (known.entries(), &before.note));
    let Standing::Frozen { evidence: digest, .. } = kept.standing else { panic!("{:?}", kept.standing) };
    assert_eq!(mirror.look(&name(), known, at(3)).unwrap(), Looked::Frozen);
    let published = mirror.evidence().unwrap();
    assert_eq!(published.iter().map(|file| file.digest).collect::<Vec<_>>(), [digest]);
    assert_eq!(Evidence::read(&published[0].bytes), Ok(*evidence.clone()));
    Some(*evidence)
}

#[test]
fn two_heads_of_one_size_are_evidence() {
    let evidence = caught(&plain(300, u64::MAX), &plain(300, 299)).unwrap();
    assert!(matches!(evidence.said, Said::TwoRoots { .. }));
    assert_eq!(evidence.check(Some(&key().vkey().to_string())), Ok(Proves::TwoHistories));
}

#[test]
fn a_head_that_does_not_continue_the_known_one_is_evidence_with_a_proof() {
    for (known, then, fork) in [(1, 2, 0), (7, 400, 3), (256, 257, 255), (300, 70_000, 5), (512, 513, 511)] {
        let evidence = caught(&plain(known, u64::MAX), &plain(then, fork)).unwrap();
        assert!(matches!(evidence.said, Said::NotAPrefix { .. }), "{known} {then}");
        assert_eq!(evidence.check(None), Ok(Proves::TwoHistories), "{known} {then}");
    }
}

#[test]
fn a_smaller_head_is_a_rollback_and_where_it_was_never_a_prefix_a_fork() {
    let (_folder, mut mirror) = mirror();
    mirror.look(&name(), &plain(300, u64::MAX), at(1)).unwrap();
    let Looked::RolledBack(rolled) = mirror.look(&name(), &plain(200, u64::MAX), at(2)).unwrap() else { panic!() };
    assert!(matches!(rolled.said, Said::RolledBack { .. }));
    assert_eq!(rolled.check(None), Ok(Proves::OnlyTheHeads));
    let forked = caught(&plain(300, u64::MAX), &plain(200, 199)).unwrap();
    assert!(matches!(forked.said, Said::NotAPrefix { .. }));
    assert_eq!(forked.check(None), Ok(Proves::TwoHistories));
}

#[test]
fn an_older_head_that_somebody_serves_again_is_noted_once_and_freezes_nobody() {
    let (_folder, mut mirror) = mirror();
    mirror.look(&name(), &plain(300, u64::MAX), at(1)).unwrap();
    // However often it is served, by whomever: what was kept stays, and is told of.
    for day in 2..5 {
        assert!(matches!(mirror.look(&name(), &plain(200, u64::MAX), at(day)).unwrap(), Looked::RolledBack(_)));
        let kept = mirror.city(&name()).unwrap().kept;
        assert!(matches!(kept.standing, Standing::Unproven { since, .. } if since == at(2)), "{:?}", kept.standing);
        assert_eq!((kept.size, kept.note.as_deref()), (300, Some(plain(300, u64::MAX).checkpoint())));
    }
    assert_eq!(mirror.evidence().unwrap().len(), 1, "the same two heads are noted once");
    // The city itself goes on, and is not punished.
    assert_eq!(mirror.look(&name(), &plain(310, u64::MAX), at(6)).unwrap(), Looked::Grown { entries: 10, more: false });
    assert_eq!(mirror.city(&name()).unwrap().kept.standing, Standing::Sound);
    assert_eq!(mirror.evidence().unwrap().len(), 1, "what was noted stays");
    // No number of older heads fills the folder.
    for size in 1..90 {
        mirror.look(&name(), &plain(size, u64::MAX), at(7)).unwrap();
    }
    assert_eq!(mirror.evidence().unwrap().len(), 64);
    assert!(matches!(mirror.look(&name(), &plain(400, 5), at(8)).unwrap(), Looked::Contradicts(_)));
    assert_eq!(mirror.evidence().unwrap().len(), 65, "two histories are always kept");
}

#[test]
fn a_log_that_only_grows_is_never_accused() {
    for (known, then) in [(1, 2), (255, 256), (256, 70_000), (300, 301)] {
        assert_eq!(caught(&plain(known, u64::MAX), &plain(then, u64::MAX)), None);
    }
}

#[test]
fn whoever_keeps_one_head_of_a_log_finds_its_fork_and_its_rollback_and_never_accuses_one_that_grew() {
    let (vkey, honest) = (key().vkey().to_string(), u64::MAX);
    let watched =
        |known: u64, now: &dyn LogSource| since(now, &name(), &vkey, plain(known, honest).checkpoint(), at(2));
    for (known, then) in [(1, 1), (1, 2), (255, 256), (256, 70_000), (300, 301)] {
        assert_eq!(watched(known, &plain(then, honest)), Ok(None), "{known} {then}");
    }
    for (known, then, fork) in [(1, 2, 0), (7, 400, 3), (256, 257, 255), (300, 300, 299), (300, 70_000, 5)] {
        let evidence = watched(known, &plain(then, fork)).unwrap().unwrap();
        assert_eq!(evidence.check(Some(&vkey)), Ok(Proves::TwoHistories), "{known} {then}");
    }
    let rolled = watched(300, &plain(200, honest)).unwrap().unwrap();
    assert_eq!(rolled.check(Some(&vkey)), Ok(Proves::OnlyTheHeads));
    // What is damaged on the way, or another's, accuses nobody.
    for part in ["tile/0/", "checkpoint"] {
        assert!(watched(300, &Damaged(plain(420, honest), part)).is_err(), "{part}");
    }
    let stranger = SigningKey::generate([8; 32], "city.example/log").unwrap();
    let other = GeneratedLog::new(vec![b"x".to_vec(); 400], &stranger).unwrap();
    assert!(watched(300, &other).is_err());
    let elsewhere =
        since(&plain(400, 5), &name(), &stranger.vkey().to_string(), plain(300, honest).checkpoint(), at(2));
    assert!(elsewhere.is_err(), "the head that was kept is not the stranger's");
}

/// A log whose tiles or bundles are damaged on the way.
struct Damaged(GeneratedLog, &'static str);

impl LogSource for Damaged {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let mut bytes = self.0.get(path)?;
        if path.starts_with(self.1) {
            bytes.iter_mut().rev().take(3).for_each(|byte| *byte ^= 1);
        }
        Ok(bytes)
    }
}

#[test]
fn damage_on_the_way_accuses_nobody() {
    for part in ["tile/entries", "tile/"] {
        let (_folder, mut mirror) = mirror();
        mirror.look(&name(), &plain(300, u64::MAX), at(1)).unwrap();
        let looked = mirror.look(&name(), &Damaged(plain(420, u64::MAX), part), at(2)).unwrap();
        assert!(matches!(looked, Looked::Failed(_)), "{part}: {looked:?}");
        let kept = mirror.city(&name()).unwrap().kept;
        assert!(matches!(kept.standing, Standing::Unproven { .. }) && kept.size == 300);
        // Once it comes through undamaged, it is taken.
        assert_eq!(
            mirror.look(&name(), &plain(420, u64::MAX), at(3)).unwrap(),
            Looked::Grown { entries: 120, more: false }
        );
        assert_eq!(mirror.city(&name()).unwrap().kept.standing, Standing::Sound);
    }
}

#[test]
fn what_is_not_evidence_proves_nothing() {
    let evidence = caught(&plain(300, u64::MAX), &plain(400, 5)).unwrap();
    let other = SigningKey::generate([8; 32], "city.example/log").unwrap().vkey().to_string();
    assert!(matches!(evidence.check(Some(&other)), Err(EvidenceError::OtherKey { .. })));
    // Under another key the heads are unsigned.
    let framed = Evidence { key: other, ..evidence.clone() };
    assert!(matches!(framed.check(None), Err(EvidenceError::Head { .. })));
    let said = |said: Said| Evidence { said, ..evidence.clone() }.check(None);
    let note = |size: u64, fork: u64| plain(size, fork).checkpoint().to_owned();
    let honest = u64::MAX;
    let same = Said::TwoRoots { first: note(9, honest), second: note(9, honest) };
    assert!(matches!(said(same), Err(EvidenceError::NoContradiction(_))));
    let sizes = Said::TwoRoots { first: note(9, honest), second: note(10, honest) };
    assert!(matches!(said(sizes), Err(EvidenceError::NoContradiction(_))));
    let order = Said::RolledBack { larger: note(9, honest), smaller: note(9, honest) };
    assert!(matches!(said(order), Err(EvidenceError::NoContradiction(_))));
    // An honest log cannot be accused with a proof of its own, nor with an altered one.
    let Said::NotAPrefix { smaller, larger, prefix, proof } = evidence.said.clone() else { panic!() };
    let own = Said::NotAPrefix { smaller: note(300, honest), larger: note(400, honest), prefix, proof: proof.clone() };
    assert!(matches!(said(own), Err(EvidenceError::Proof(_))));
    let cut = Said::NotAPrefix { smaller, larger, prefix, proof: proof[1..].to_vec() };
    assert!(matches!(said(cut), Err(EvidenceError::Proof(_))));
}

/// The head of a log with a line below it that JSON writes with two bytes for each of its signs.
fn padded(log: &GeneratedLog) -> String {
    let mut head = parse_unverified(log.checkpoint()).unwrap();
    head.extensions = vec!["\"".repeat(65_300)];
    Note::sign(&head.to_text(), &[&key()]).unwrap().to_string()
}

#[test]
fn heads_as_large_as_they_may_be_are_evidence_that_is_read_again_and_larger_ones_are_refused() {
    let (first, second) = (padded(&plain(300, u64::MAX)), padded(&plain(300, 299)));
    assert!(first.len() <= NOTE_BYTES_MAX && first.len() + 100 > NOTE_BYTES_MAX, "{}", first.len());
    let folder = tempfile::tempdir().unwrap();
    let said = |first: String| Said::TwoRoots { first, second: second.clone() };
    let evidence = Evidence { city: name(), key: key().vkey().to_string(), noted: at(1), said: said(first) };
    let digest = EvidenceFile::write(folder.path(), &evidence).unwrap();
    let all = EvidenceFile::all(folder.path()).unwrap();
    assert_eq!(all.iter().map(|file| (file.digest, &file.evidence)).collect::<Vec<_>>(), [(digest, &evidence)]);
    assert_eq!(all[0].evidence.check(None), Ok(Proves::TwoHistories));
    let large = Evidence { said: said("x".repeat(EVIDENCE_BYTES_MAX)), ..evidence };
    let refused = EvidenceFile::write(folder.path(), &large).unwrap_err().to_string();
    assert!(refused.contains("the limit is"), "{refused}");
    assert_eq!(EvidenceFile::all(folder.path()).unwrap().len(), 1);
}

proptest! {
    #[test]
    fn no_bytes_of_evidence_panic(seed in any::<u64>()) {
        let bytes = serde_json::to_vec(&caught_once()).unwrap();
        let altered = testkit::altered(&bytes, &testkit::SeededBytes::new(seed));
        if let Ok(read) = Evidence::read(&altered) {
            let _ = read.check(None);
        }
    }
}

fn caught_once() -> Evidence {
    static ONCE: std::sync::OnceLock<Evidence> = std::sync::OnceLock::new();
    ONCE.get_or_init(|| caught(&plain(30, u64::MAX), &plain(40, 5)).unwrap()).clone()
}
