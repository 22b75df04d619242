//! A city worked with from elsewhere: every command that takes an address, over real HTTP.

use std::io::Write as _;
use std::path::PathBuf;

use crate::tool::{City, Node, json, now, run};

/// A file beside the city's folder.
fn beside(city: &City, name: &str, content: &[u8]) -> String {
    let path: PathBuf = city.dir().with_file_name(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn lines_go_in_and_come_out_at_an_address() {
    let city = City::new();
    let token = beside(&city, "air.token", format!("{}\n", city.air).as_bytes());
    let now = now();
    let lines: String = (0..30_000).map(|run| format!("{{\"time\":\"{now}\",\"no2\":1.5,\"run\":{run}}}\n")).collect();
    let file = beside(&city, "air.ndjson.gz", &gzip(&lines));
    let node = Node::start(&city);
    let sent = json(&["ingest", &node.address, "--token", &token, &file]);
    assert_eq!(sent["admitted"], 30_000, "several batches, unpacked: {sent}");
    let asked = ["query", &node.address, "--as", "public", "--purpose", "air-quality", "--stream", "air"];
    let answer = json(&asked);
    assert_eq!(answer["rows"].as_array().unwrap().len(), 30_000);
    // Nothing is ignored in silence, and a refusal keeps its status and words.
    for flag in [["--stream", "air"], ["--device", "air-1"]] {
        let failed = run(&[&["ingest", &node.address, "--token", &token, &file], flag.as_slice()].concat());
        assert!(String::from_utf8_lossy(&failed.stderr).contains("leave out"));
    }
    let refused = run(&["query", &node.address, "--as", "public", "--purpose", "advertising", "--stream", "air"]);
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
    let bad = beside(&city, "bad.ndjson", format!("{{\"time\":\"{now}\",\"plate\":\"4B7 1234\"}}\n").as_bytes());
    let failed = run(&["ingest", &node.address, "--token", &token, &bad]);
    let words = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(failed.status.code() == Some(1) && words.contains("declared are: `no2`"), "{words}");
    assert!(words.contains("property number 2") && !words.contains("plate") && !words.contains("4B7"), "{words}");
}

#[test]
fn a_manifest_is_applied_at_an_address_by_whoever_holds_the_tokens() {
    let city = City::new();
    let manifest = beside(
        &city,
        "more.toml",
        br#"
[[party]]
by = "city"
party = { id = "mobility", name = "Department of Mobility", kind = "city-department" }

[[grant]]
by = "city"
grant = { id = "to-advertiser", recipient = "advertiser", stream = "wifi", view = "none", purpose = "advertising", until = "2027-01-01T00:00:00Z" }
"#,
    );
    let tokens = beside(&city, "tokens.toml", format!("city = \"{}\"\n", city.officer).as_bytes());
    let strangers = beside(&city, "strangers.toml", b"city = \"ordinance_0000\"\n");
    let node = Node::start(&city);
    let size = || json(&["verify", &node.address])["size"].as_u64().unwrap();
    let before = size();
    let failed = run(&["apply", &node.address, &manifest, "--tokens", &strangers]);
    assert_eq!(failed.status.code(), Some(1));
    let tried = run(&["apply", &node.address, &manifest, "--tokens", &tokens, "--dry-run", "--json"]);
    assert!(String::from_utf8_lossy(&tried.stdout).contains("party-registered/1"), "{tried:?}");
    assert_eq!(size(), before, "neither changed anything");
    let applied = run(&["apply", &node.address, &manifest, "--tokens", &tokens, "--json"]);
    let done: serde_json::Value = serde_json::from_slice(&applied.stdout).unwrap();
    assert_eq!(applied.status.code(), Some(3), "one of two was refused: {done}");
    assert!(done[0].get("refused").is_none() && done[1]["refused"].is_string(), "{done}");
    assert!(size() > before);
    let shown = json(&["log", "show", &node.address, "--from", &before.to_string(), "--limit", "1"]);
    assert_eq!(shown[0]["act"]["what"]["kind"], "party-registered/1", "{shown}");
}

#[test]
fn a_log_is_verified_from_anywhere_with_the_key_that_somebody_kept() {
    let city = City::new();
    let node = Node::start(&city);
    let inside = json(&["verify", &city.arg()]);
    let (key, old) = (inside["key"].as_str().unwrap(), beside(&city, "kept", b""));
    std::fs::copy(city.dir().join("log/checkpoint"), &old).unwrap();
    let outside = json(&["verify", &node.address, "--key", key, "--continues", &old]);
    assert_eq!((&outside["root"], &outside["inside"]), (&inside["root"], &serde_json::Value::Null));
    let other = run(&["verify", &node.address, "--key", "test.example/log+00000000+AAAA"]);
    assert_eq!(other.status.code(), Some(1));
    drop(node);
    let gone = run(&["verify", "http://127.0.0.1:9"]);
    assert!(gone.status.code() == Some(1) && !gone.stderr.is_empty());
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man");
    assert!(run(&["man", dir.to_str().unwrap()]).status.success());
    let help = run(&["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let named = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> =
        named.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let page = std::fs::read_to_string(dir.join(format!("ordinance-{name}.1"))).unwrap();
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{name}");
    }
}
