//! The demo, whole: every check it makes must hold, and its folder must stand up to an audit.

use crate::tool::{json, run};

#[test]
fn the_demo_holds_and_its_log_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let dir = dir.to_str().unwrap();
    let summary = json(&["demo", "--once", "--days", "1", "--seed", "7", "--dir", dir, "--listen", "127.0.0.1:0"]);
    assert_eq!(summary["all_held"], true, "{summary:#}");
    assert!(summary["checks"].as_array().unwrap().len() >= 12);
    let verified = json(&["verify", dir]);
    assert_eq!(verified["root"], summary["log"]["root"]);
    assert_eq!(verified["inside"]["unbatched"], 0);
    assert_eq!(verified["disclosures"], 9);
    let log = json(&["log", "show", dir, "--limit", "3"]);
    assert_eq!(log[0]["act"]["what"]["kind"], "city-founded/1");
    // A second demo replaces the first; a folder that holds anything else is left alone.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("precious"), "x").unwrap();
    let refused = run(&["demo", "--once", "--dir", other.to_str().unwrap()]);
    assert!(!refused.status.success() && other.join("precious").exists());
}

#[test]
fn recorded_plates_are_played_in_place_of_invented_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, file) = (folder.path().join("demo"), folder.path().join("plates.csv"));
    let mut rows = "time,plate,class\n".to_owned();
    for minute in 0..600 {
        rows += &format!(
            "2026-03-02 {:02}:{:02}:30.250,{}QX 40{:02},car\n",
            minute / 60,
            minute % 60,
            minute / 100,
            minute % 100
        );
    }
    rows += "yesterday,4B7 1234,car\n2026-03-02 11:00:00,,car\n";
    std::fs::write(&file, rows).unwrap();
    let (dir, file) = (dir.to_str().unwrap(), file.to_str().unwrap());
    let args = ["demo", "--once", "--days", "1", "--dir", dir, "--listen", "127.0.0.1:0", "--anpr-csv", file];
    let summary = json(&args);
    let plates = &summary["played"]["streams"]["plates"];
    assert_eq!((plates["sent"].as_u64(), plates["admitted"].as_u64()), (Some(600), Some(600)), "{plates}");
    assert_eq!(summary["played"]["unreadable"], 2, "rows without a time or a plate are counted, not guessed");
    assert_eq!(summary["all_held"], true);
    let missing = run(&["demo", "--once", "--dir", dir, "--anpr-csv", "no-such-file.csv"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("cannot open the recording"));
}

#[test]
fn the_bench_measures_each_side_by_the_clock_and_by_the_core() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("bench");
    let dir = dir.to_str().unwrap();
    let figures = json(&["bench", "--records", "30000", "--dir", dir]);
    for side in ["governed", "ungoverned", "bare_parse", "governed_over_ungoverned", "governed_over_bare_parse"] {
        for measure in ["per_second", "per_cpu_second"] {
            assert!(figures[side][measure].as_f64().is_some_and(|figure| figure > 0.0), "{side} {measure}: {figures}");
        }
    }
    assert!(figures["cedar_over_plan"].as_f64().unwrap() > 1.0, "{figures}");
    assert!(!folder.path().join("bench").exists(), "it leaves nothing behind");
    std::fs::create_dir(folder.path().join("bench")).unwrap();
    assert!(!run(&["bench", "--dir", dir]).status.success(), "and overwrites nothing");
}
