//! `ordinance pilot` through the real binary: a draft tried from outside, at the city, and in shadow beside it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::tool::{City, Node, json, run};

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
