//! A flipped byte anywhere: the audit fails and says where.

use std::path::Path;

use serde_json::json;

use crate::hub_mirror::copy;
use crate::scan::files;
use crate::tool::{City, Node, json as run_json, run};

/// Flips in each published file, at places of a seed.
const FLIPS: u64 = 16;
/// Enough entries for two full tiles and bundles, and the beginnings of a third.
const PLACES: u64 = 520;

/// A number of a seed (SplitMix64).
fn mixed(seed: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 31)
}

/// A city whose log fills several tiles.
fn long_log() -> City {
    let city = City::new();
    let node = Node::start(&city);
    let place = |number: u64| {
        let id = format!("place-{number}");
        let place = json!({"id": id, "name": id, "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}});
        json!({"by": "city", "command": {"do": "register-place", "with": place}})
    };
    for first in (0..PLACES).step_by(130) {
        let body = json!((first..first + 130).map(place).collect::<Vec<_>>()).to_string();
        let (status, answer) = node.post("/api/v1/commands", "application/json", Some(&city.officer), body.as_bytes());
        assert_eq!(status, 200, "{answer}");
    }
    drop(node);
    // A start publishes what is not published yet.
    drop(Node::start(&city));
    city
}

#[test]
fn a_flipped_byte_anywhere_in_the_log_is_found_and_its_file_named() {
    let city = long_log();
    let good = run_json(&["verify", &city.arg()]);
    assert_eq!(good["holds"], true);
    let key = good["key"].as_str().unwrap();
    run_json(&["verify", &city.arg(), "--key", key]);
    let other = run(&["verify", &city.arg(), "--key", "test.example/log+00000000+AAAA"]);
    assert!(!other.status.success());
    let log = city.dir().join("log");
    let published = files(&log);
    assert!(published.len() >= 8, "checkpoint, three bundles, four tiles at least: {published:?}");
    for (number, path) in (0..).zip(&published) {
        let bytes = std::fs::read(path).unwrap();
        let random = (0..FLIPS).map(|flip| mixed(number * FLIPS + flip));
        let anywhere = random.map(|number| (usize::try_from(number >> 8).unwrap() % bytes.len(), 1 << (number % 8)));
        for (at, bit) in [(0, 1), (bytes.len() - 1, 1)].into_iter().chain(anywhere) {
            let mut flipped = bytes.clone();
            flipped[at] ^= bit;
            std::fs::write(path, &flipped).unwrap();
            let failed = run(&["verify", &city.arg()]);
            let words = String::from_utf8_lossy(&failed.stderr).into_owned();
            let place = format!("{} at byte {at}, bit {bit:#04x}", path.display());
            assert_eq!(failed.status.code(), Some(1), "{place} went unnoticed");
            let name = path.strip_prefix(&log).unwrap().to_str().unwrap();
            assert!(words.contains(name), "{place} is not named: {words}");
        }
        std::fs::write(path, &bytes).unwrap();
    }
    assert_eq!(run_json(&["verify", &city.arg()])["root"], good["root"]);
}

#[test]
fn a_damaged_file_of_the_lake_is_found_and_named() {
    let city = City::new();
    crate::scan::controls::flush(&city);
    let node = Node::start(&city);
    let line = json!({ "time": crate::tool::now(), "no2": 1 }).to_string();
    assert_eq!((node.lines(&city.air, &line).0, node.lines(&city.air, &line).0), (200, 200));
    // While a node runs, the rest is checked, and that the lake was not is said.
    assert_eq!(run_json(&["verify", &city.arg()])["lake"]["state"], "in-use");
    drop(node);
    let good = run_json(&["verify", &city.arg()]);
    assert_eq!((&good["lake"]["state"], &good["lake"]["rows"]), (&"checked".into(), &3.into()), "{good}");
    assert_eq!(good["lake"]["parquet_files"], 1);
    let lake = city.dir().join("lake");
    let ending =
        |ending: &'static str| files(&lake).into_iter().filter(move |path| path.to_string_lossy().ends_with(ending));
    let parquet = ending(".parquet").next().unwrap();
    // The first frame of two: damage before the end is no torn tail.
    let segment = ending(".wal").find(|path| std::fs::metadata(path).unwrap().len() > 60).unwrap();
    let stray = parquet.with_file_name("stray.txt");
    let cut = |path: &Path| std::fs::write(path, &std::fs::read(path).unwrap()[..40]).unwrap();
    let flip = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[40] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    let stray_file = |path: &Path| std::fs::write(path, "x").unwrap();
    type Damage<'d> = (&'d Path, &'d dyn Fn(&Path));
    let damages: [Damage<'_>; 3] = [(&parquet, &cut), (&segment, &flip), (&stray, &stray_file)];
    for (path, damage) in damages {
        let before = std::fs::read(path).ok();
        damage(path);
        let failed = run(&["verify", &city.arg()]);
        let words = String::from_utf8_lossy(&failed.stderr).into_owned();
        let named = words.contains(path.to_str().unwrap());
        assert!(failed.status.code() == Some(1) && named, "{}: {words}", path.display());
        match before {
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
    }
    assert_eq!(run_json(&["verify", &city.arg()])["lake"], good["lake"]);
}

#[test]
fn an_older_checkpoint_must_be_continued_and_a_restored_backup_does_not_open() {
    let city = City::new();
    let old = city.dir().parent().unwrap().join("old-checkpoint");
    let backup = city.dir().parent().unwrap().join("backup.db");
    std::fs::copy(city.dir().join("log/checkpoint"), &old).unwrap();
    std::fs::copy(city.dir().join("journal.db"), &backup).unwrap();
    let before = run_json(&["verify", &city.arg(), "--continues", old.to_str().unwrap()]);
    run_json(&["token", &city.arg(), "--device", "air-1", "--by", "city"]);
    let after = run_json(&["verify", &city.arg(), "--continues", old.to_str().unwrap()]);
    assert!(after["size"].as_u64() > before["size"].as_u64());
    assert_eq!(after["continues"], before["size"]);
    // Yesterday's database under today's published checkpoint: the city must not sign anything.
    std::fs::remove_file(city.dir().join("journal.db-wal")).ok();
    std::fs::remove_file(city.dir().join("journal.db-shm")).ok();
    std::fs::copy(&backup, city.dir().join("journal.db")).unwrap();
    let refused = run(&["token", &city.arg(), "--device", "air-1", "--by", "city"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("not a prefix"), "{words}");
}

#[test]
fn a_head_is_kept_of_a_log_that_held_and_of_no_other_and_a_rollback_is_told_for_what_it_is() {
    let city = City::new();
    let beside = |name: &str| city.dir().with_file_name(name).to_str().unwrap().to_owned();
    let (file, old, key) = (beside("city.head"), beside("old"), run_json(&["verify", &city.arg()])["key"].clone());
    let key = key.as_str().unwrap();
    let watch = |folder: &str| run(&["verify", folder, "--key", key, "--since", &file, "--json"]);
    assert_eq!(run(&["verify", &city.arg(), "--since", &file]).status.code(), Some(2), "without a key it says nothing");
    assert!(!Path::new(&file).exists());
    copy(&city.dir().join("log"), &Path::new(&old).join("log"));
    assert!(watch(&old).status.success());
    let first = std::fs::read(&file).unwrap();
    assert_eq!(first, std::fs::read(city.dir().join("log/checkpoint")).unwrap(), "the head itself, for whoever has it");
    run_json(&["token", &city.arg(), "--device", "air-1", "--by", "city"]);
    assert!(watch(&city.arg()).status.success());
    let second = std::fs::read(&file).unwrap();
    assert_ne!(first, second);
    // Served again, what was there before proves no more than that both were signed.
    let told: serde_json::Value = serde_json::from_slice(&watch(&old).stdout).unwrap();
    assert_eq!(told["details"]["proves"], "only-the-heads", "{told}");
    let evidence = told["details"]["evidence"].as_str().unwrap();
    assert_eq!(run_json(&["hub", "evidence", "check", evidence, "--key", key])["proves"], "only-the-heads");
    // Damage accuses nobody, and moves nothing.
    std::fs::remove_dir_all(Path::new(&file).with_extension("head.evidence")).unwrap();
    let bundle = files(&city.dir().join("log/tile/entries")).remove(0);
    let bytes = std::fs::read(&bundle).unwrap();
    std::fs::write(&bundle, &bytes[..bytes.len() - 1]).unwrap();
    let damaged = watch(&city.arg());
    assert_eq!(damaged.status.code(), Some(1));
    assert!(!Path::new(&file).with_extension("head.evidence").exists());
    std::fs::write(&bundle, bytes).unwrap();
    assert!(watch(&city.arg()).status.success());
    assert_eq!(std::fs::read(&file).unwrap(), second);
    // A head with more below it than evidence has room for is told of, and never put in the place of the one that is kept.
    let new = beside("new");
    copy(&city.dir().join("log"), &Path::new(&new).join("log"));
    for (folder, told) in [(&new, "was left as it was"), (&old, "too large to be kept as evidence")] {
        let head = Path::new(folder).join("log/checkpoint");
        let padded = format!("{}— {} AAAAAAAAAAA=\n", std::fs::read_to_string(&head).unwrap(), "x".repeat(70_000));
        std::fs::write(&head, padded).unwrap();
        let failed = watch(folder);
        let words = String::from_utf8_lossy(&[failed.stdout, failed.stderr].concat()).into_owned();
        assert!(failed.status.code() == Some(1) && words.contains(told), "{folder}: {words}");
        assert_eq!(std::fs::read(&file).unwrap(), second);
    }
    // What is no head of this log holds nothing up to it, and stays as it is.
    std::fs::write(&file, "a shopping list").unwrap();
    let words = String::from_utf8_lossy(&watch(&city.arg()).stderr).into_owned();
    assert!(words.contains("older checkpoint"), "{words}");
    assert_eq!(std::fs::read(&file).unwrap(), b"a shopping list");
}
