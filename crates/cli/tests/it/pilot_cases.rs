//! Pilots that become cases of good practice at a hub, from end to end: a replay whose report anybody finds again from the case, and a
//! shadow with its milestones, its indicators and what became of it.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::alliance::look;
use crate::hub::Served;
use crate::tool::{City, Node, json as run_json, run, wait};

/// A hub whose one city collects behind its node, with a person who speaks for it.
struct World {
    hub: Served,
    city: City,
    node: Node,
    mayor: String,
}

impl World {
    fn new() -> Self {
        let city = City::new();
        let node = Node::start(&city);
        for _ in 0..2 {
            let asked = "/api/v1/released?stream=air&view=measurements&purpose=air-quality";
            assert_eq!(node.try_get(asked).unwrap().0, 200);
        }
        // The log tells of them with one of the next ticks.
        let told = || {
            let report = run_json(&["pilot", "run", &node.address, "--draft", "global-core"]);
            let lines = report["disclosures"].as_array().unwrap();
            lines.iter().map(|line| line["total"].as_u64().unwrap()).sum::<u64>()
        };
        let all = (0..60).any(|_| {
            wait(Duration::from_millis(300));
            told() == 2
        });
        assert!(all, "the log never tells of both");
        let mut hub = Served::new();
        let list = hub.file("members.csv", "id,kind,name,country\nbrookhaven,city,Brookhaven,CZ\n");
        run_json(&["hub", "members", "import", &hub.dir(), &list, "--reasons", "the assembly"]);
        let key = run_json(&["verify", &node.address])["key"].clone();
        let named = |id: &str, role: &str| json!({"do": "name-person", "person": id, "member": "brookhaven", "role": role, "who": {"name": "A. Person", "mail": null}, "reasons": "the assembly"});
        let commands = json!([
            named("mayor", "editor"),
            {"do": "open-draft", "draft": "core", "title": "The core", "pack": "global-core", "reasons": "to begin"},
            {"do": "name-log", "member": "brookhaven", "log": {"address": node.address, "key": key}, "reasons": "it asked"},
        ]);
        let file = hub.file("begin.json", &commands.to_string());
        run_json(&["hub", "do", &hub.dir(), &file]);
        let issued = run_json(&["hub", "token", &hub.dir(), "--person", "mayor", "--reasons", "the assembly"]);
        let mayor = issued["token"].as_str().unwrap().to_owned();
        hub.serve();
        Self { hub, city, node, mayor }
    }

    /// Files a case of the city by the API, with what is said besides what every case says; gives its entry.
    fn files(&self, title: &str, more: &Value) -> u64 {
        let mut case = json!({"title": title, "problem": "Nobody knew who counted what.", "outcome": "running",
            "what": "It is being tried.", "contact": "The privacy office"});
        case.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.hub.act(&self.mayor, &json!({"do": "file-case", "case": case}))
    }

    fn page(&self, path: &str) -> String {
        String::from_utf8(self.hub.get(path)).unwrap()
    }

    /// What the log says of an entry, as the act's body.
    fn body(&self, entry: u64) -> Value {
        let act: Value = serde_json::from_slice(&self.hub.get(&format!("/log/entries/{entry}"))).unwrap();
        act["what"]["body"].clone()
    }
}

/// SHA-256 of a document with sorted names and without white space, as a case names its report.
fn digest(document: &Value) -> String {
    fn written(value: &Value) -> String {
        match value {
            Value::Object(fields) => {
                let fields: std::collections::BTreeMap<_, _> = fields.iter().collect();
                let each = fields.iter().map(|(name, value)| format!("{}:{}", json!(name), written(value)));
                format!("{{{}}}", each.collect::<Vec<_>>().join(","))
            }
            Value::Array(values) => format!("[{}]", values.iter().map(written).collect::<Vec<_>>().join(",")),
            other => other.to_string(),
        }
    }
    hex(&Sha256::digest(written(document)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a page's link leads whose address begins so.
fn link<'p>(page: &'p str, begins: &str) -> Option<&'p str> {
    let links = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
    links.into_iter().find(|link| link.starts_with(begins))
}

#[test]
fn a_report_of_a_replay_becomes_a_case_that_is_found_and_whoever_follows_its_evidence_gets_the_same_report() {
    let world = World::new();
    let draft = format!("{}/drafts/core", world.hub.address);
    let report = |log: &str| run_json(&["pilot", "run", log, "--draft", &draft, "--allow", "127.0.0.1"]);
    let filed = report(&world.node.address);
    let of = json!({"standard": "urn:ordinance:standard:global-core", "version": "0.1.0", "report": filed.clone(), "entries": [1]});
    let case = world.files("Air for everybody", &of);
    // Another case without a report, so that what is found is not all there is.
    world.files("Quiet streets", &json!({"standard": "amsterdam", "version": "0.1.0"}));
    for (sought, is_found) in [("AIR+for", true), ("global-core", true), ("Brookhaven", true), ("quiet", false)] {
        let list = world.page(&format!("/cases?q={sought}"));
        assert_eq!(link(&list, &format!("/cases/{case}")).is_some(), is_found, "{sought}: {list}");
    }
    // It names the report by a digest that anybody works out, and in the log stand its counts and nothing else of it.
    let page = world.page(&format!("/cases/{case}"));
    assert!(page.contains(&digest(&filed)), "{}: {page}", digest(&filed));
    let found = world.body(case)["pilot"].clone();
    assert_eq!((&found["report"], &found["size"]), (&json!(digest(&filed)), &filed["seen"]["size"]), "{found}");
    let allowed: u64 = filed["acts"].as_array().unwrap().iter().map(|line| line["allowed"].as_u64().unwrap()).sum();
    assert!(allowed > 10 && found["acts"] == json!(allowed), "the core allows all that was done under it: {found}");
    assert_eq!((&found["figures"]["acts-refused"]["is"], &found["disclosures"]), (&json!(0), &json!(2)), "{found}");
    // Nobody mirrors the city yet, and the hub worked nothing out: there is no link to follow.
    assert_eq!((link(&page, "/mirrors/"), link(&page, "/drafts/core/pilots/")), (None, None), "{page}");
    let (code, looked) = look(&world.hub);
    assert_eq!(code, Some(0), "{looked}");
    // The evidence is the city's log, which the hub keeps: the draft on it gives the very report. What is mirrored shows within seconds.
    let shows = || link(&world.page(&format!("/cases/{case}")), "/mirrors/").map(str::to_owned);
    let mirror = (0..100).find_map(|_| {
        shows().or_else(|| {
            wait(Duration::from_millis(200));
            None
        })
    });
    assert_eq!(report(&format!("{}{}", world.hub.address, mirror.unwrap())), filed);
    // And where the city consents, the hub works it out as well, and the case leads to it.
    let consents = json!({"do": "agree-to-pilot", "draft": "core", "reasons": "To know."});
    world.hub.act(&world.mayor, &consents);
    let round = run_json(&["hub", "pilots", &world.hub.dir()]);
    assert_eq!(round["tried"], json!([["core", "brookhaven"]]), "{round}");
    let page = world.page(&format!("/cases/{case}"));
    let at = link(&page, "/drafts/core/pilots/").unwrap_or_else(|| panic!("{page}"));
    let kept: Value = serde_json::from_slice(&world.hub.get(&format!("{at}/report.json"))).unwrap();
    assert_eq!(kept, filed);
    assert!(world.page(at).contains("What this cannot say"));
}

/// What is to be looked at of the shadow, and until when.
const MILESTONES: [(&str, &str); 2] =
    [("2098-03-01T00:00:00Z", "Hear the departments"), ("2098-06-15T12:30:00Z", "Ask the residents")];

fn milestones() -> Value {
    MILESTONES.iter().map(|(by, what)| json!({"by": by, "what": what})).collect()
}

fn indicators() -> Value {
    json!([{"figure": "acts-refused", "most": 0}, {"figure": "work-minutes", "most": 90}])
}

/// Begins a shadow beside the city and files it as a case as it is printed; gives the case, and the report that it was filed with.
fn in_shadow(world: &World) -> (u64, Value) {
    let dir = world.city.arg();
    let begin = ["pilot", "begin", &dir, "--name", "spring", "--draft", "amsterdam", "--until", "2099-01-01T00:00:00Z"];
    let said: Vec<String> = MILESTONES.iter().map(|(by, what)| format!("{by}={what}")).collect();
    let judged = ["--indicator", "acts-refused=0", "--indicator", "work-minutes=90"];
    run_json(&[&begin[..], &["--milestone", &said[0], "--milestone", &said[1]], &judged].concat());
    let looked = run_json(&["pilot", "look", &dir, "--name", "spring", "--public"]);
    let live = &looked["pilot"];
    assert_eq!((&live["milestones"], &live["indicators"]), (&milestones(), &indicators()), "{looked}");
    let of = json!({"standard": "urn:ordinance:standard:amsterdam", "version": "0.1.0", "milestones": live["milestones"],
        "indicators": live["indicators"], "report": looked["report"]});
    (world.files("A spring in shadow", &of), looked["report"].clone())
}

/// In the log are the days and the bounds, and no words.
fn stands_in_the_log(world: &World, case: u64, report: &Value) {
    let body = world.body(case);
    let days: Value = MILESTONES.iter().map(|(by, _)| json!(by)).collect();
    assert_eq!((&body["milestones"], &body["indicators"]), (&days, &indicators()), "{body}");
    assert_eq!((&body["outcome"], &body["city"]), (&json!("running"), &json!("brookhaven")), "{body}");
    assert_eq!(body["pilot"]["report"], json!(digest(report)));
    for words in ["departments", "residents", "spring"] {
        assert!(!body.to_string().contains(words), "{words}: {body}");
    }
}

#[test]
fn a_shadow_with_milestones_and_indicators_is_filed_continued_and_read_as_a_case_on_its_page_and_in_its_data() {
    let world = World::new();
    let (case, report) = in_shadow(&world);
    let here = format!("/cases/{case}");
    let page = world.page(&here);
    for shown in [
        "It is being tried",
        "<li>2098-03-01: Hear the departments</li>",
        "<li>2098-06-15: Ask the residents</li>",
        // Nothing was done since it began.
        "<th scope=\"row\">acts-refused</th><td class=\"number\">0</td><td class=\"number\">0</td>",
        "<td class=\"number\">90</td>",
        "<td class=\"number\">no bound</td>",
        "Nothing was said since.",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    stands_in_the_log(&world, case, &report);
    // It goes on, and ends with an outcome and why; each of it stands in the log and on the page, the newest first.
    let go_on = |outcome: &str, words: &str| {
        let words = json!({"do": "continue-case", "case": case, "outcome": outcome, "words": words});
        world.hub.act(&world.mayor, &words)
    };
    let heard = go_on("running", "The departments were heard on 1 March.");
    let dir = world.city.arg();
    let end = ["pilot", "end", &dir, "--name", "spring", "--outcome", "revise", "--because", "Too much paper."];
    let ended = run_json(&end);
    assert_eq!((&ended["ended"]["outcome"], &ended["milestones"]), (&json!("revise"), &milestones()));
    let revised = go_on("revised", ended["ended"]["because"].as_str().unwrap());
    for (entry, outcome) in [(heard, "running"), (revised, "revised")] {
        let body = world.body(entry);
        assert_eq!((&body["case"], &body["outcome"]), (&json!(case), &json!(outcome)), "{body}");
    }
    let page = world.page(&here);
    assert!(
        page.contains("It is to be changed and tried again") && !page.contains("Nothing was said since."),
        "{page}"
    );
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}: {page}"));
    assert!(at("Too much paper.") < at("The departments were heard on 1 March."), "{page}");
    assert!(page.contains("<li>2098-06-15: Ask the residents</li>"), "what was filed stays");
    assert_eq!(link(&world.page("/cases?outcome=revised"), &here), Some(here.as_str()));
    assert_eq!(link(&world.page("/cases?outcome=running"), &here), None);
    // Of the pilot that ended its last look says the same milestones, with whether each has come.
    let words = String::from_utf8(run(&["pilot", "look", &dir, "--name", "spring"]).stdout).unwrap();
    let to_come = "2098-03-01T00:00:00Z is to come: Hear the departments";
    assert!(words.contains(to_come) && words.contains("Too much paper."), "{words}");
}
