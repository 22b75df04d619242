//! `ordinance hub simulate`: one command measures a hub, and what it leaves is a hub like any other.

use serde_json::json;

use crate::tool::{json as run_json, run};

#[test]
fn a_simulated_alliance_is_measured_and_is_a_hub_whose_log_and_mirrors_hold() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let dir = folder.path().join("simulated");
    let dir = dir.to_str().unwrap();
    let asked = ["hub", "simulate", dir, "--cities", "60", "--members", "1500", "--days", "120", "--served"];
    let measured = run_json(&asked);
    assert_eq!((&measured["cities"], &measured["members"]), (&json!(60), &json!(1_500)), "{measured}");
    let number = |of: &str, what: &str| measured[of][what].as_f64().unwrap();
    assert_eq!((number("first", "failed"), number("day", "failed"), number("served", "failed")), (0.0, 0.0, 0.0));
    assert!(number("served", "entries") > 0.0, "{measured}");
    assert!(number("first", "entries") > 60.0 * number("day", "entries") / 10.0, "{measured}");
    for of in ["first", "day", "served"] {
        let (all, generating) = (number(of, "processor_seconds"), number(of, "generating_seconds"));
        assert!(all > generating && generating > 0.0, "{measured}");
        let own = (all - generating) * 1_000.0 / 60.0;
        assert!((number(of, "milliseconds_a_city") - own).abs() < 1e-6, "{measured}");
    }
    let pages = &measured["pages"];
    assert!(pages["pages"].as_u64().unwrap() > 20, "{measured}");
    assert_eq!(pages["requests"].as_u64().unwrap(), 10 * pages["pages"].as_u64().unwrap());
    assert!(number("pages", "p50_milliseconds") <= number("pages", "p99_milliseconds"), "{measured}");
    assert!(number("pages", "p99_milliseconds") <= number("pages", "slowest_milliseconds"), "{measured}");
    // The binary, 60 logs and 1,500 members are less than a gigabyte, and more than nothing.
    let bytes = measured["bytes"].as_u64().unwrap();
    assert!((100_000..100_000_000).contains(&bytes), "{measured}");
    assert!(measured["memory_bytes"].as_u64().is_none_or(|peak| (1 << 20..1 << 30).contains(&peak)), "{measured}");
    // What it leaves is a hub like any other.
    let verified = run_json(&["verify", dir]);
    assert_eq!((&verified["holds"], &verified["members"]), (&json!(true), &json!(1_501)));
    let table = run_json(&["hub", "benchmark", dir, "--definition", "coverage-of-core"]);
    assert_eq!(table["cities"].as_array().unwrap().len(), 60);
    let again = run(&asked);
    assert!(String::from_utf8_lossy(&again.stderr).contains("name an empty folder"), "{again:?}");
}
