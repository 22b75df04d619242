//! A full disk: everything that writes says so, nothing acknowledged is lost, nothing opens, and when there is room again
//! everything goes on without a new start.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hub::mirror::{Looked, Mirror, Profile, Reach, refresh};
use hub::simulate::GeneratedLog;
use journal::SqliteReader;
use register::audit::{FolderSource, audit};
use serde_json::{Value, json};
use testkit::{FakeClock, SeededBytes};
use tlog::SigningKey;

use crate::tool::{City, Node, instant, json as run_json, now, skipped, wait};

/// Runs a test on a small disk of its own. Root may mount one; elsewhere it says that it was skipped.
fn on_a_small_disk(name: &str, test: impl FnOnce(&Path) + std::panic::UnwindSafe) {
    let folder = tempfile::tempdir().unwrap();
    let mut mount = Command::new("mount");
    let mount = mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(folder.path()).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        skipped(&format!("{name}: no small disk can be mounted here (it needs root and tmpfs)"));
        return;
    }
    let disk = folder.path().to_owned();
    let outcome = std::panic::catch_unwind(move || test(&disk));
    assert!(Command::new("umount").arg("-l").arg(folder.path()).status().unwrap().success());
    outcome.unwrap();
}

fn line(extra: &str) -> String {
    format!("{{\"time\":\"{}\",\"no2\":12.5{extra}}}", now())
}

/// Something that takes all the room there is, but for a little.
struct Ballast<'d>(&'d Path);

/// Room for a few more acts, so that some are taken and cannot be published, in bytes.
const LITTLE: u64 = 300 << 10;

impl<'d> Ballast<'d> {
    fn fill(disk: &'d Path) -> Self {
        let mut file = File::create(disk.join("ballast")).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        file.set_len(file.metadata().unwrap().len() - LITTLE).unwrap();
        Self(disk)
    }

    fn clear(self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

/// A refusal for want of room, in words, without a path of the machine.
#[track_caller]
fn said_so(status: u16, answer: &Value) {
    let detail = answer["detail"].as_str().unwrap_or_default();
    assert!(status == 507 && detail.contains("disk is full") && !detail.contains('/'), "{status} {answer}");
    assert!(answer.get("rows").is_none(), "{answer}");
}

#[test]
fn observations_on_a_full_disk_are_refused_and_none_that_was_taken_is_lost() {
    on_a_small_disk("observations_on_a_full_disk_are_refused_and_none_that_was_taken_is_lost", |disk| {
        let city = City::below(disk);
        let mut node = Node::start(&city);
        let batch: String = (0..1_000).map(|run| line(&format!(",\"run\":{run}")) + "\n").collect();
        let mut taken = 0;
        let refused = loop {
            let (status, answer) = node.lines(&city.air, &batch);
            if status != 200 {
                break (status, answer);
            }
            taken += 1_000;
            assert!(taken < 1_000_000, "the disk never filled");
        };
        assert_eq!(refused.0, 507, "{}", refused.1);
        assert!(refused.1["detail"].as_str().unwrap().contains("full"), "{}", refused.1);
        // Nothing opened: what was refused stays refused, and what was taken is there after a crash.
        assert_eq!(node.lines("ordinance_none", &line("")).0, 401);
        node.kill();
        let (lake, _) = lake::Lake::open(&city.dir().join("lake"), lake::Options::default()).unwrap();
        let always = model::Window { start: model::Timestamp::UNIX_EPOCH, end: model::Timestamp::MAX };
        let rows: usize = lake.scan(&"air".parse().unwrap(), always).unwrap().iter().map(privacy::Columns::len).sum();
        assert_eq!(rows, taken);
    });
}

fn submit(node: &Node, city: &City, number: u64) -> (u16, Value) {
    let id = format!("place-{number}");
    let place = json!({"id": id, "name": id, "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}});
    let submission = json!({"by": "city", "command": {"do": "register-place", "with": place}}).to_string();
    node.post("/api/v1/commands", "application/json", Some(&city.officer), submission.as_bytes())
}

fn ask(node: &Node) -> (u16, Value) {
    node.try_get("/api/v1/released?stream=air&purpose=air-quality").unwrap()
}

fn places(node: &Node) -> BTreeSet<String> {
    let (_, register) = node.try_get("/api/v1/register").unwrap();
    let places = register["places"].as_array().unwrap();
    places.iter().map(|place| place["id"].as_str().unwrap().to_owned()).collect()
}

/// Acts and disclosures until the database has no room for one, then a first probe of the day, which needs a new key.
/// Gives the places and disclosures that were acknowledged.
fn until_nothing_fits(node: &Node, city: &City) -> (BTreeSet<String>, Vec<u64>) {
    let (mut acts, mut disclosures) = (BTreeSet::new(), Vec::new());
    let (mut act_refused, mut disclosure_refused) = (false, false);
    for number in 0..20_000 {
        let (status, answer) = submit(node, city, number);
        if status == 200 {
            acts.insert(format!("place-{number}"));
        } else {
            said_so(status, &answer);
            act_refused = true;
        }
        let (status, answer) = ask(node);
        if status == 200 {
            disclosures.push(answer["record"]["seq"].as_u64().unwrap());
        } else {
            said_so(status, &answer);
            disclosure_refused = true;
        }
        if act_refused && disclosure_refused {
            let probe = format!("{{\"time\":\"{}\",\"mac\":\"5c:aa:1b:90:e7:01\"}}", now());
            let (status, answer) = node.lines(&city.wifi, &probe);
            said_so(status, &answer);
            return (acts, disclosures);
        }
    }
    panic!("the disk never filled: {} acts, {} disclosures", acts.len(), disclosures.len());
}

#[test]
fn acts_disclosures_ticks_and_the_log_on_a_full_disk_lose_nothing_and_go_on_when_there_is_room() {
    let name = "acts_disclosures_ticks_and_the_log_on_a_full_disk_lose_nothing_and_go_on_when_there_is_room";
    on_a_small_disk(name, |disk| {
        let city = City::below(disk);
        let mut node = Node::start(&city);
        assert_eq!(node.lines(&city.air, &line("")).0, 200);
        let old = std::fs::read_to_string(city.dir().join("log/checkpoint")).unwrap();
        let ballast = Ballast::fill(disk);
        let (mut acts, mut disclosures) = until_nothing_fits(&node, &city);
        // A tick on a full disk fails in words, and is tried again.
        assert!(eventually(|| node.running.stderr.text().contains("a tick failed")), "{}", node.running.stderr.text());
        // Whatever was published holds, and continues what was published before.
        let log = FolderSource::new(&city.dir().join("log"));
        audit(&log, None, Some(old.clone())).unwrap();
        // The register shows what was acknowledged, and nothing that was refused.
        let shown = places(&node);
        assert!(shown.is_superset(&acts));
        assert_eq!(shown.iter().filter(|place| place.starts_with("place-")).count(), acts.len());

        ballast.clear();
        let next = 100_000;
        assert!(eventually(|| submit(&node, &city, next).0 == 200), "an act is taken again");
        acts.insert(format!("place-{next}"));
        assert_eq!(node.lines(&city.air, &line("")).0, 200, "and observations");
        let probe = format!("{{\"time\":\"{}\",\"mac\":\"5c:aa:1b:90:e7:01\"}}", now());
        let (status, answer) = node.lines(&city.wifi, &probe);
        assert_eq!(status, 200, "and those that need a new key: {answer}");
        let (status, answer) = ask(&node);
        assert_eq!(status, 200, "and questions: {answer}");
        assert_eq!(answer["rows"].as_array().unwrap().len(), 2);
        disclosures.push(answer["record"]["seq"].as_u64().unwrap());
        // The next tick publishes everything, and it is the journal's own log.
        let whole = || {
            let journal = SqliteReader::open(&city.dir().join("journal.db")).unwrap();
            let inner = audit(&log, None, Some(old.clone())).unwrap().inside(&journal, &log).unwrap().inner.unwrap();
            inner.unpublished == 0 && inner.unbatched == 0
        };
        assert!(eventually(whole), "everything is published in the end");
        // A disclosure that was refused may have a record; one that was made has one, and no number is missing.
        let journal = SqliteReader::open(&city.dir().join("journal.db")).unwrap();
        let records = journal.records(0, 100_000).unwrap();
        assert!(records.iter().map(|(seq, _)| *seq).eq(0..journal.next_seq()), "without a gap");
        assert!(disclosures.is_sorted_by(|one, next| one < next) && disclosures.last().unwrap() < &journal.next_seq());
        node.kill();
        let node = Node::start(&city);
        assert!(places(&node).is_superset(&acts), "nothing acknowledged is lost");
        drop(node);
        run_json(&["verify", &city.arg()]);
    });
}

/// Waits for something that a tick brings about.
fn eventually(mut happened: impl FnMut() -> bool) -> bool {
    for _ in 0..200 {
        if happened() {
            return true;
        }
        wait(Duration::from_millis(100));
    }
    false
}

#[test]
fn a_hub_whose_disk_is_full_says_so_keeps_every_mirror_whole_and_goes_on_when_there_is_room() {
    on_a_small_disk(
        "a_hub_whose_disk_is_full_says_so_keeps_every_mirror_whole_and_goes_on_when_there_is_room",
        |disk| {
            let key = SigningKey::generate([7; 32], "city.example/log").unwrap();
            let random = SeededBytes::new(3);
            // Bytes that do not pack.
            let entries: Vec<Vec<u8>> =
                (0..5_000).map(|_| (0..25).flat_map(|_| random.next_u64().to_le_bytes()).collect()).collect();
            let log = |size: usize| GeneratedLog::new(entries[..size].to_vec(), &key).unwrap();
            let folder = disk.join("mirror");
            let name = "city".parse().unwrap();
            let now = instant();
            let mut mirror = Mirror::open(&folder).unwrap();
            mirror.add(&name, &key.vkey().to_string(), "http://127.0.0.1:9", Profile::default()).unwrap();
            assert!(matches!(mirror.look(&name, &log(1_000), now), Ok(Looked::Grown { entries: 1_000, .. })));
            let ballast = Ballast::fill(disk);
            let full = mirror.look(&name, &log(5_000), now).unwrap_err();
            assert!(full.to_string().contains("the disk is full"), "{full}");
            let kept = |mirror: &Mirror| {
                let mut kept = Vec::new();
                mirror.entries(&name, |_, entry| kept.push(entry.to_vec())).unwrap();
                kept
            };
            assert_eq!(kept(&mirror), entries[..1_000], "what was kept is whole");
            // Another process that looks is told the same, and may be started anew meanwhile.
            struct Way(GeneratedLog);
            impl Reach for Way {
                fn reach(&self, _: &hub::mirror::City) -> Box<dyn tlog::audit::LogSource> {
                    Box::new(self.0.clone())
                }
            }
            let clock = FakeClock::at(now);
            let full = refresh(&folder, &Way(log(5_000)), 2, &clock).unwrap_err();
            assert!(full.to_string().contains("the disk is full"), "{full}");
            drop(mirror);
            ballast.clear();
            let found = refresh(&folder, &Way(log(5_000)), 2, &clock).unwrap();
            assert_eq!((found.entries, found.failed), (4_000, 0));
            assert_eq!(kept(&Mirror::open(&folder).unwrap()), entries);
        },
    );
}
