//! `ordinance pilot` through the real binary: a draft tried from outside, at the city, and in shadow beside it.

use std::collections::BTreeMap;
use std::path::Path;

use journal::SqliteReader;
use model::DisclosureRecord;
use serde_json::{Value, json as as_json};

use crate::tool::{City, Node, json, now, run};

/// Every file of a folder but the pilots' own, with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            if name.starts_with("pilots") || name.ends_with("-shm") || name.ends_with("-wal") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn place(city: &City, id: &str) {
    let manifest = city.dir().with_file_name("place.toml");
    let text = format!(
        "[[place]]\nby = \"city\"\nplace = {{ id = \"{id}\", name = \"{id}\", geometry = {{ type = \"Point\", \
         coordinates = [16.6, 49.2] }} }}\n"
    );
    std::fs::write(&manifest, text).unwrap();
    let applied = run(&["apply", &city.arg(), manifest.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
}

#[test]
fn a_draft_is_tried_from_outside_and_at_the_city_and_both_say_the_same_of_acts() {
    let city = City::new();
    let same = json(&["pilot", "run", &city.arg(), "--draft", "global-core"]);
    assert_eq!(same["seen"]["inside"], true);
    let total = |report: &Value, what: &str| -> u64 {
        report["acts"].as_array().unwrap().iter().map(|line| line[what].as_u64().unwrap()).sum()
    };
    assert!(total(&same, "allowed") > 10, "{same}");
    assert_eq!((total(&same, "refused"), total(&same, "changed")), (0, 0), "the core is what it did all that under");
    let node = Node::start(&city);
    let by_address = json(&["pilot", "run", &node.address, "--draft", "amsterdam"]);
    let again = json(&["pilot", "run", &node.address, "--draft", "amsterdam"]);
    assert_eq!(by_address, again, "the same log, the same draft, the same report");
    let at_the_city = json(&["pilot", "run", &city.arg(), "--draft", "amsterdam"]);
    for part in ["acts", "against", "streams", "grants", "duties", "work"] {
        assert_eq!(by_address[part], at_the_city[part], "{part}");
    }
    assert!(total(&by_address, "refused") > 0, "a profile asks for more: {by_address}");
    let first = &by_address["against"][0];
    assert!(first["norm"].is_string() && first["examples"][0]["entry"].is_u64(), "{first}");
    assert!(by_address["work"]["source"].as_str().unwrap().contains("nobody has measured"));
    let words = run(&["pilot", "run", &city.arg(), "--draft", "amsterdam", "--public"]);
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    assert!(words.contains("This is what the city hands out") && words.contains("What this cannot say"), "{words}");
    let refused = run(&["pilot", "run", &node.address, "--draft", "no-such-draft"]);
    assert_eq!(refused.status.code(), Some(64));
}

#[test]
fn a_shadow_keeps_what_it_says_and_changes_no_byte_of_the_city() {
    let city = City::new();
    let dir = city.arg();
    let begin = ["pilot", "begin", &dir, "--name", "autumn", "--draft", "amsterdam", "--until", "2099-01-01T00:00:00Z"];
    let more = ["--milestone", "2098-01-01T00:00:00Z=Hear everybody", "--indicator", "acts-refused=0"];
    let before = files(&city.dir());
    let begun = json(&[&begin[..], &more].concat());
    let entry = begun["begun"]["entry"].as_u64().unwrap();
    assert!(entry > 10);
    assert_eq!(files(&city.dir()), before, "beginning changes nothing");
    assert_eq!(run(&begin).status.code(), Some(64), "a name is given once");
    let first = json(&["pilot", "look", &dir, "--name", "autumn"]);
    assert_eq!((&first["decided"], &first["new"]), (&0.into(), &0.into()), "{first}");
    place(&city, "north");
    place(&city, "south");
    let before = files(&city.dir());
    let second = json(&["pilot", "look", &dir, "--name", "autumn"]);
    assert_eq!((&second["decided"], &second["new"]), (&2.into(), &2.into()), "{second}");
    assert_eq!(second["indicators"][0]["within"], true);
    let third = json(&["pilot", "look", &dir, "--name", "autumn"]);
    assert_eq!((&third["decided"], &third["new"], &third["report"]), (&2.into(), &0.into(), &second["report"]));
    assert_eq!(files(&city.dir()), before, "looking changes nothing");
    let kept = city.dir().join("pilots/autumn/decisions.jsonl");
    let text = std::fs::read_to_string(&kept).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    std::fs::write(&kept, format!("{}{{\"entry\":", &text[..=text.find('\n').unwrap()])).unwrap();
    assert_eq!(json(&["pilot", "look", &dir, "--name", "autumn"])["new"], 1, "a torn line is written again");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), text);
    std::fs::write(&kept, text.replace("allowed", "refused")).unwrap();
    let altered = run(&["pilot", "look", &dir, "--name", "autumn"]);
    assert!(String::from_utf8_lossy(&altered.stderr).contains("altered"));
    std::fs::write(&kept, &text).unwrap();
    let end = ["pilot", "end", &dir, "--name", "autumn", "--outcome", "revise", "--because", "Too much paper."];
    assert_eq!(json(&end)["ended"]["outcome"], "revise");
    // What was seen last stays, whatever the city does afterwards, and of it what may be handed out.
    place(&city, "west");
    let last = json(&["pilot", "look", &dir, "--name", "autumn"]);
    assert_eq!((&last["report"], &last["decided"]), (&third["report"], &third["decided"]), "{last}");
    assert_eq!((&last["indicators"], &last["pilot"]["ended"]["outcome"]), (&third["indicators"], &"revise".into()));
    let public = json(&["pilot", "look", &dir, "--name", "autumn", "--public"]);
    assert!(public["report"]["limits"].to_string().contains("This is what the city hands out"), "{public}");
    let words = run(&["pilot", "look", &dir, "--name", "autumn"]);
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    assert!(words.contains("Too much paper.") && words.contains("acts-refused: 0, within the 0"), "{words}");
    assert_eq!(run(&end).status.code(), Some(64), "it ends once");
}

/// A city that handed over twelve times to everybody, three times to itself, and eleven times what was found under an order.
fn handed_over() -> City {
    let city = City::new();
    let node = Node::start(&city);
    assert_eq!(node.lines(&city.air, &as_json!({ "time": now(), "no2": 7 }).to_string()).0, 200);
    assert_eq!(node.lines(&city.plates, &as_json!({ "time": now(), "plate": "4QX 4017" }).to_string()).0, 200);
    for (times, token, asked) in [
        (12, None, "stream=air&view=measurements&purpose=air-quality"),
        (3, Some(city.officer.as_str()), "stream=wifi&view=counts&purpose=traffic-management"),
        (11, Some(city.police.as_str()), "stream=plates&view=hits&purpose=crime-investigation"),
    ] {
        for _ in 0..times {
            let (status, answer) = node.try_get_as(token, &format!("/api/v1/released?{asked}")).unwrap();
            assert_eq!(status, 200, "{asked}: {answer}");
        }
    }
    drop(node);
    city
}

/// The line of a report about a stream: how many, and how they divide.
fn line(report: &Value, stream: &str) -> Option<(Value, Value)> {
    let lines = report["disclosures"].as_array().unwrap();
    let found = lines.iter().find(|line| line["stream"] == stream)?;
    Some((found["total"].clone(), found["counts"].clone()))
}

#[test]
fn what_a_city_hands_out_has_large_lines_whole_small_ones_undivided_none_under_an_order_and_no_record() {
    let city = handed_over();
    let tried = ["pilot", "run", &city.arg(), "--draft", "global-core"];
    let whole = json(&tried);
    let counts = |allowed: u64| as_json!({"allowed": allowed, "changed": 0, "refused": 0, "unknown": 0});
    for (stream, total) in [("air", 12), ("wifi", 3), ("plates", 11)] {
        assert_eq!(line(&whole, stream), Some((total.into(), counts(total))), "{stream}: {whole}");
    }
    let public = json(&[&tried[..], &["--public"]].concat());
    assert_eq!(line(&public, "air"), Some((12.into(), counts(12))), "{public}");
    assert_eq!(line(&public, "wifi"), Some((3.into(), Value::Null)), "{public}");
    // How often somebody looked for what was found under an order is in no line, however often it was.
    assert_eq!(line(&public, "plates"), None, "{public}");
    let said = public["limits"].as_array().unwrap().last().unwrap().as_str().unwrap();
    assert!(said.contains("of 1 of 2 lines") && said.contains("1 lines under an order are left out"), "{said}");
    // A bound of one's own is higher, and never lower.
    let of = |minimum: &str| json(&[&tried[..], &["--public", "--minimum", minimum]].concat());
    assert_eq!(line(&of("13"), "air"), Some((12.into(), Value::Null)));
    assert_eq!(of("1"), public);

    let words = String::from_utf8(run(&[&tried[..], &["--public"]].concat()).stdout).unwrap();
    assert!(words.contains("`measurements` of `air` to `public` for air-quality: 12; 12 allowed"), "{words}");
    assert!(words.contains("traffic-management: 3; how they divide is withheld"), "{words}");
    assert!(!words.contains("crime-investigation"), "{words}");
    // No record, by whatever it could be known.
    let journal = SqliteReader::open(&city.dir().join("journal.db")).unwrap();
    let records = journal.records(0, 100).unwrap();
    assert_eq!(records.len(), 26);
    let handed_out = public.to_string();
    // When the log was read, and of when its newest act is, a record may happen to share.
    let mut counted = public;
    counted.as_object_mut().unwrap().remove("seen").unwrap();
    let counted = counted.to_string();
    for (_, bytes) in records {
        let record: DisclosureRecord = serde_json::from_slice(&bytes).unwrap();
        for told in [record.salt.to_string(), record.content.to_string()] {
            assert!(!handed_out.contains(&told) && !words.contains(&told), "{told}: {handed_out}\n{words}");
        }
        assert!(!counted.contains(&record.at.to_string()), "{counted}");
    }
    for person in ["sealed@city.example", "A sealed name", "4QX 4017"] {
        assert!(!handed_out.contains(person) && !words.contains(person), "{person}");
    }
}
