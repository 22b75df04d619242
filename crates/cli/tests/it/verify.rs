//! A flipped byte anywhere: the audit fails and says where.

use std::path::{Path, PathBuf};

use crate::tool::{City, json, run};

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[test]
fn a_flipped_byte_in_the_log_is_found() {
    let city = City::new();
    let good = json(&["verify", &city.arg()]);
    assert_eq!(good["holds"], true);
    let key = good["key"].as_str().unwrap();
    json(&["verify", &city.arg(), "--key", key]);
    let other = run(&["verify", &city.arg(), "--key", "test.example/log+00000000+AAAA"]);
    assert!(!other.status.success());
    let log = files(&city.dir().join("log"));
    assert!(log.len() >= 3, "checkpoint, tile, bundle: {log:?}");
    for path in log {
        let bytes = std::fs::read(&path).unwrap();
        for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            std::fs::write(&path, &flipped).unwrap();
            let failed = run(&["verify", &city.arg()]);
            assert!(!failed.status.success(), "{} at {at} went unnoticed", path.display());
            assert!(!failed.stderr.is_empty());
        }
        std::fs::write(&path, &bytes).unwrap();
    }
    json(&["verify", &city.arg()]);
}

#[test]
fn an_older_checkpoint_must_be_continued_and_a_restored_backup_does_not_open() {
    let city = City::new();
    let old = city.dir().parent().unwrap().join("old-checkpoint");
    let backup = city.dir().parent().unwrap().join("backup.db");
    std::fs::copy(city.dir().join("log/checkpoint"), &old).unwrap();
    std::fs::copy(city.dir().join("journal.db"), &backup).unwrap();
    let before = json(&["verify", &city.arg(), "--continues", old.to_str().unwrap()]);
    json(&["token", &city.arg(), "--device", "air-1", "--by", "city"]);
    let after = json(&["verify", &city.arg(), "--continues", old.to_str().unwrap()]);
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
