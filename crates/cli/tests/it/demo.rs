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
    assert_eq!(verified["disclosures"], 8);
    let log = json(&["log", "show", dir, "--limit", "3"]);
    assert_eq!(log[0]["act"]["what"]["kind"], "city-founded/1");
    // A second demo replaces the first; a folder that holds anything else is left alone.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("precious"), "x").unwrap();
    let refused = run(&["demo", "--once", "--dir", other.to_str().unwrap()]);
    assert!(!refused.status.success() && other.join("precious").exists());
}
