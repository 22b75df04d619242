//! Releases: what a hub signs and proves, and everything that can be wrong with it; the audit of a hub, and of one that was altered.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use hub::audit::{AuditFailure, audit, is_hub};
use hub::command::Command;
use hub::document::Documents;
use hub::release::{Release, ReleaseError};
use hub::simulate::GeneratedLog;
use hub::{Hub, HubError, routes};
use journal::{Journal as _, SqliteReader};
use register::audit::FolderSource;
use testkit::SeededBytes;
use tlog::audit::{LogSource, SourceError};
use tlog::{SigningKey, Vkey};
use tower::ServiceExt;

use crate::world::{World, reasons};

async fn fetched(world: &World, path: &str) -> Vec<u8> {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = routes(world.hub.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    to_bytes(response.into_body(), 64 << 20).await.unwrap().to_vec()
}

async fn released(world: &World) -> (u64, Release, Vkey) {
    let entry = world.by("secretariat", Command::Release { draft: "core".parse().unwrap(), reasons: reasons() });
    world.hub.publish().unwrap();
    let bytes = fetched(world, &format!("/versions/{entry}/release.json")).await;
    let key = world.hub.state().founded.as_ref().unwrap().log_key.parse().unwrap();
    (entry, Release::from_bytes(&bytes).unwrap(), key)
}

#[tokio::test]
async fn a_release_verifies_under_the_hubs_key_and_nothing_that_was_altered_does() {
    let world = World::new();
    let (entry, release, key) = released(&world).await;
    let verified = release.verify(&key).unwrap();
    assert_eq!((verified.index, verified.origin.as_str()), (entry, "hub.example/log"));
    assert_eq!(verified.pack.manifest.id, "global-core");
    let refused = |release: &Release| release.verify(&key).err().map(|error| error.to_string());
    // One letter in each part.
    let alter = |text: &str, at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        let place = at % bytes.len();
        bytes[place] = if bytes[place] == b'a' { b'b' } else { b'a' };
        String::from_utf8_lossy(&bytes).into_owned()
    };
    for at in [0, 7, 100, 1_001, 20_011] {
        for altered in [
            Release { entry: alter(&release.entry, at), ..release.clone() },
            Release { proof: alter(&release.proof, at), ..release.clone() },
            Release { document: alter(&release.document, at), ..release.clone() },
            Release { key: alter(&release.key, at), ..release.clone() },
        ] {
            assert!(altered == release || refused(&altered).is_some(), "{at}");
        }
    }
    for altered in [
        Release { index: entry - 1, ..release.clone() },
        Release { proof: release.proof[..release.proof.len() / 2].to_owned(), ..release.clone() },
        Release { document: String::new(), ..release.clone() },
        Release { entry: "{}".to_owned(), ..release.clone() },
    ] {
        assert!(refused(&altered).is_some());
    }
    // Another key, also one of the same name.
    let other = SigningKey::generate([9; 32], "hub.example/log").unwrap().vkey();
    assert!(matches!(release.verify(&other), Err(ReleaseError::OtherKey(_))));
    let claims = Release { key: other.to_string(), ..release.clone() };
    assert!(matches!(claims.verify(&other), Err(ReleaseError::Proof { .. })));
    // The proof of another entry of the same log, which is no release.
    let proof = String::from_utf8(fetched(&world, "/log/proof/0").await).unwrap();
    let first = String::from_utf8(world.hub.entry(0).unwrap().unwrap()).unwrap();
    let founding = Release { index: 0, entry: first, proof, ..release.clone() };
    assert!(matches!(founding.verify(&key), Err(ReleaseError::NoRelease(0))));
    let huge = vec![b' '; hub::release::RELEASE_BYTES_MAX + 1];
    assert!(matches!(Release::from_bytes(&huge), Err(ReleaseError::TooLarge(_))));
}

#[tokio::test]
async fn a_version_is_withdrawn_or_corrected_once_and_the_log_says_why() {
    let world = World::new();
    let (first, ..) = released(&world).await;
    let twice = Command::Release { draft: "core".parse().unwrap(), reasons: reasons() };
    assert!(matches!(world.ask("secretariat", &twice), Err(HubError::Refused(_))));
    let draft = || "core".parse().unwrap();
    world.by("editor", Command::BeginConsolidation { draft: draft(), reasons: reasons() });
    world.by("editor", Command::Consolidate { draft: draft(), version: "0.1.1".to_owned(), reasons: reasons() });
    let (second, ..) = released(&world).await;
    let correct = |version, by| Command::CorrectVersion { version, by, reasons: reasons() };
    assert!(world.ask("secretariat", &correct(second, first)).is_err(), "not by an earlier one");
    world.by("secretariat", correct(first, second));
    let again = Command::WithdrawVersion { version: first, reasons: reasons() };
    assert!(world.ask("secretariat", &again).is_err());
    world.by("secretariat", Command::WithdrawVersion { version: second, reasons: reasons() });
}

#[test]
fn the_whole_log_is_audited_from_its_files_and_what_was_altered_is_found() {
    let world = World::new();
    world.amend("member", crate::world::text_change("Approvals end."));
    world.hub.publish().unwrap();
    let source = FolderSource::new(&world.dir().join("log"));
    assert!(is_hub(&source));
    let journal = SqliteReader::open(&world.dir().join("journal.db")).unwrap();
    let documents = Documents::new(&world.dir().join("documents"));
    let audited = audit(&source, None, None).unwrap().inside(&journal, &source, &documents).unwrap();
    assert_eq!(audited.state, *world.hub.state());
    let inside = audited.inside.unwrap();
    assert_eq!((inside.entries, inside.documents), (world.hub.state().size, 1));
    assert_eq!(inside.payloads, 5, "four names and an amendment");
    let other = SigningKey::generate([9; 32], "hub.example/log").unwrap().vkey().to_string();
    assert!(audit(&source, Some(&other), None).is_err());
    // A document that is not what its digest says.
    let file = std::fs::read_dir(world.dir().join("documents")).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, b"{\"files\":{}}").unwrap();
    assert!(audit(&source, None, None).unwrap().inside(&journal, &source, &documents).is_err());
    std::fs::write(&file, bytes).unwrap();
    assert!(audit(&source, None, None).unwrap().inside(&journal, &source, &documents).is_ok());
}

#[test]
fn a_hub_whose_journal_is_older_than_what_was_published_or_whose_key_is_another_does_not_open() {
    let world = World::bare();
    let kept = std::fs::read(world.dir().join("journal.db")).unwrap();
    let wal = std::fs::read(world.dir().join("journal.db-wal")).ok();
    world.by("secretariat", Command::PublishModerationPolicy { text: "x".parse().unwrap(), reasons: reasons() });
    world.hub.publish().unwrap();
    let World { folder, hub, clock } = world;
    drop(hub);
    let dir = folder.path().join("hub");
    let open = || Hub::open(&dir, clock.clone(), std::sync::Arc::new(SeededBytes::new(3))).map(drop);
    open().unwrap();
    let newer = std::fs::read(dir.join("journal.db")).unwrap();
    std::fs::write(dir.join("journal.db"), kept).unwrap();
    if let Some(wal) = wal {
        std::fs::write(dir.join("journal.db-wal"), wal).unwrap();
    }
    assert!(matches!(open(), Err(HubError::RolledBack | HubError::Journal(_))));
    std::fs::write(dir.join("journal.db"), newer).unwrap();
    drop(std::fs::remove_file(dir.join("journal.db-wal")));
    open().unwrap();
    let key = SigningKey::generate([9; 32], "hub.example/log").unwrap();
    std::fs::write(dir.join("keys").join("log.key"), key.to_text().as_bytes()).unwrap();
    assert!(open().is_err());
}

/// A log that is published anew while somebody reads it, and loses a file that only its older checkpoint needs.
struct GoesOn {
    before: GeneratedLog,
    after: GeneratedLog,
    gone_on: AtomicBool,
}

impl LogSource for GoesOn {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if self.gone_on.load(Ordering::SeqCst) {
            return self.after.get(path);
        }
        if path.starts_with("tile/0/") {
            self.gone_on.store(true, Ordering::SeqCst);
            return Err(SourceError::NotFound(path.to_owned()));
        }
        self.before.get(path)
    }
}

#[test]
fn a_hub_that_publishes_while_it_is_read_is_read_again() {
    let world = World::new();
    let size = world.hub.state().size;
    let entries: Vec<Vec<u8>> = (0..size).map(|entry| world.hub.entry(entry).unwrap().unwrap()).collect();
    let key = journal::files::signing_key(&world.dir().join("keys").join("log.key")).unwrap();
    let log = |size: usize| GeneratedLog::new(entries[..size].to_vec(), &key).unwrap();
    let (before, after) = (log(entries.len() - 1), log(entries.len()));
    let older = [log(2).checkpoint().to_owned(), log(4).checkpoint().to_owned()];
    let goes_on = GoesOn { before, after: after.clone(), gone_on: AtomicBool::new(false) };
    let audited = audit(&goes_on, None, older.clone()).unwrap();
    assert_eq!((audited.log.size, audited.log.continues), (size, Some(4)));
    assert_eq!(audited.log.note, after.checkpoint());
    // What stays away is missing, and each older checkpoint has to be continued.
    let gone = GoesOn { before: log(3), after: log(3), gone_on: AtomicBool::new(false) };
    assert!(audit(&gone, None, None).is_err());
    let mut other = entries[..4].to_vec();
    other[3] = b"another".to_vec();
    let forked = GeneratedLog::new(other, &key).unwrap().checkpoint().to_owned();
    for older in [[older[0].clone(), forked.clone()], [forked, older[0].clone()]] {
        assert!(audit(&after, None, older).is_err());
    }
}

#[test]
fn words_that_were_erased_after_the_log_was_published_are_not_missing() {
    let world = World::new();
    world.by("secretariat", Command::PublishModerationPolicy { text: "x".parse().unwrap(), reasons: reasons() });
    let state = Command::State { draft: "core".parse().unwrap(), words: "w".parse().unwrap() };
    let (kept, erased) = (world.by("member", state.clone()), world.by("member", state));
    world.hub.publish().unwrap();
    let source = FolderSource::new(&world.dir().join("log"));
    let journal = SqliteReader::open(&world.dir().join("journal.db")).unwrap();
    let documents = Documents::new(&world.dir().join("documents"));
    let inside = || audit(&source, None, None).unwrap().inside(&journal, &source, &documents);
    assert_eq!(inside().unwrap().inside.unwrap().erased, 0);
    world.by("secretariat", Command::Erase { entry: erased, reasons: reasons() });
    assert_eq!(inside().unwrap().inside.unwrap().erased, 1, "the act is in the journal, and not published yet");
    // Gone without an act.
    let mut writer = journal::SqliteJournal::open(&world.dir().join("journal.db")).unwrap();
    writer.erase(kept).unwrap();
    assert!(matches!(inside(), Err(AuditFailure::Payload { entry, .. }) if entry == kept));
}
