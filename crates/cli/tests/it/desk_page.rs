//! The page that asks in SQL through the real binary: signed in, asked, refused, nothing read but released tables.

#![cfg(feature = "sql")]

use serde_json::Value;

use crate::signed::Browser;
use crate::tool::{City, Node, json, now};

fn ask(browser: &mut Browser<'_>, sql: &str, purpose: &str) -> (u16, String) {
    browser.post("/sql", &[("question", sql), ("purpose", purpose), ("name", "")])
}

#[test]
fn a_signed_in_party_asks_on_a_page_and_gets_what_it_would_get_elsewhere() {
    let city = City::new();
    let node = Node::start(&city);
    let line = |no2: f64| format!("{{\"time\":\"{}\",\"no2\":{no2},\"note\":\"<script>alert(1)</script>\"}}\n", now());
    let lines: String = [12.5, 40.0, 7.0].map(line).concat();
    assert_eq!(node.lines(&city.air, &lines).1["admitted"], 3);
    let next = || {
        let path = "/api/v1/released?stream=air&purpose=air-quality";
        node.try_get(path).unwrap().1["record"]["seq"].as_u64().unwrap() + 1
    };
    let before = next();
    let mut police = Browser::signed_in(&node, &city.police);
    let busy = "SELECT sensor, count(*) AS n, max(no2) AS most FROM air.measurements GROUP BY sensor";
    let (status, text) = ask(&mut police, busy, "air-quality");
    assert_eq!(status, 200, "{text}");
    for part in [
        "<td>air-1</td><td class=\"number\">3</td><td class=\"number\">40.0</td>",
        "1 row.",
        "test.example/log",
        &format!("Disclosure {before}: 3 rows of"),
        "class=\"bar\"",
        "plates",
        "reference",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("wifi"), "tables of others are not listed");
    let (status, text) = ask(&mut police, "SELECT DISTINCT note FROM air.measurements", "air-quality");
    assert!(status == 200 && text.contains("&#60;script&#62;alert(1)") && !text.contains("<script>"), "{text}");
    let after = next();
    assert_eq!(after, before + 3, "two questions, and a look");
    let refusals = [
        (busy, "advertising", 403, "is-error"),
        ("SELECT * FROM wifi.counts", "traffic-management", 403, ""),
        ("SELECT nothing FROM air.measurements", "air-quality", 422, "does not fit its tables"),
        ("COPY air.measurements TO '/tmp/x'", "air-quality", 422, "nly questions are answered"),
        ("SELECT * FROM read_csv('/etc/passwd')", "air-quality", 422, "not answered here"),
        ("SELECT * FROM information_schema.tables", "air-quality", 422, "is no id"),
        ("SELECT * FROM generate_series(1, 20001)", "air-quality", 429, "more than 20000 rows"),
        (
            "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b",
            "air-quality",
            429,
            "longer than 10 s",
        ),
        ("SELECT length(repeat('x', 1500000000))", "air-quality", 429, "MiB of memory"),
        ("SELECT 1/0", "air-quality", 422, "could not be computed"),
    ];
    for (sql, purpose, expected, words) in refusals {
        let (status, text) = ask(&mut police, sql, purpose);
        let words = if words == "is-error" { "role=\"alert\"" } else { words };
        assert!(status == expected && text.contains(words), "{sql} for {purpose}: {status}\n{text}");
        assert!(!text.contains("root:") && !text.contains("Disclosure "), "{sql}");
    }
    assert_eq!(next(), after + 1, "nothing of it was a disclosure");
    let own = police.get("/grants/police-hits");
    assert!(own.0 == 200 && own.1.contains("City police may have this"), "{}", own.1);
    assert_eq!(police.get("/grants/city-counts").0, 404);
    drop(police);
    let verified: Value = json(&["verify", &node.address]);
    assert!(verified["size"].as_u64().unwrap() > 0);
}
