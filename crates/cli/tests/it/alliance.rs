//! The alliance from end to end: a hub and five cities, each a process of its own. A norm is proposed and released, amended by somebody
//! else, proved looser where it is in force, tried on the history of a city that lived through recordings (the real ones where they are),
//! decided, released and adopted by four; the fifth forks its log and is caught by the hub and by a peer; what is withdrawn is heard of by
//! each that adopted it.

mod world;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::hub_mirror::copy;
use crate::tool::{json as run_json, run, wait};
use world::{Alliance, Member};

pub(crate) use world::look;

/// A norm on how long an approval may last.
fn norm(days: u32) -> String {
    format!(
        "@id(\"approval-is-short\")\n@requirement(\"core-04\")\nforbid (principal, action == Action::\"approve\", resource)\nunless \
         {{ context.spanDays <= {days} }};"
    )
}

/// What proposes the norm, new or changed.
fn propose(days: u32, why: &str) -> Value {
    let norm = json!({"norm": {"id": "approval-is-short", "cedar": norm(days)}});
    json!({"do": "propose", "draft": "core", "clause": "core-04", "change": norm, "why": why})
}

/// How a difference goes: whether anything is newly allowed, and newly refused.
fn ways(proof: &Value) -> (bool, bool) {
    let any = |way: &str| proof["changes"].as_array().unwrap().iter().any(|change| change[way]["is"] == "something");
    assert!(!proof.to_string().contains(r#""is":"unknown""#), "{proof}");
    (any("newly_allowed"), any("newly_refused"))
}

/// How many acts a pilot says the draft would have refused, and the first of them.
fn refused(report: &Value) -> (u64, Value) {
    let lines = report["acts"].as_array().unwrap();
    let sum = lines.iter().map(|line| line["refused"].as_u64().unwrap()).sum();
    (sum, report["against"][0].clone())
}

/// What a city's log says, read without any pilot: the approvals that run for longer than so many days, and how often counts of phones were
/// handed over.
fn history(city: &Member, days: i64) -> (u64, u64) {
    let log = run_json(&["log", "show", city.address(), "--limit", "1000"]);
    let acts: Vec<&Value> = log.as_array().unwrap().iter().map(|line| &line["act"]).collect();
    let of = |kind: &'static str| acts.iter().filter(move |act| act["what"]["kind"] == kind);
    let at = |text: &Value| text.as_str().unwrap().parse::<model::Timestamp>().unwrap().millis();
    let longer = |act: &&&Value| at(&act["what"]["body"]["until"]) - at(&act["at"]) > days * 86_400_000;
    let totals = of("disclosures-batched/1").flat_map(|act| act["what"]["body"]["totals"].as_array().unwrap());
    let phones = totals.filter(|total| total["stream"] == "wifi-centre");
    let approvals = of("deployment-approved/1").filter(longer).count();
    (approvals as u64, phones.map(|total| total["disclosures"].as_u64().unwrap()).sum())
}

/// From the first proposal to the adoption by two: everything by named people, with reasons.
fn first_version(alliance: &mut Alliance) -> u64 {
    let hub = &alliance.hub;
    let proposed = hub.act(&alliance.expert, &propose(30, "An approval should be looked at every month."));
    let act = alliance.entry(proposed);
    assert_eq!(
        (act["by"].as_str(), act["what"]["body"]["effect"].as_str()),
        (Some("expert"), Some("stricter")),
        "{act}"
    );
    let argue = json!({"do": "argue", "amendment": proposed, "stance": "for", "words": "We see too few reviews."});
    hub.act(&alliance.mayor, &argue);
    hub.act(&alliance.mayor, &json!({"do": "endorse", "amendment": proposed, "for_member": true, "endorsed": true}));
    let consolidated = alliance.consolidate(proposed, "0.2.0", "the workshop of 3 March");
    let (draft, _) = alliance.draft(consolidated, "draft-1", str::to_owned);
    // On the history of the city that lived through recordings: most of its approvals ran for a year, and its phones were counted.
    let real = &alliance.cities[0];
    let report = run_json(&["pilot", "run", real.address(), "--draft", &draft]);
    let ((approvals, phones), (sum, against)) = (history(real, 30), refused(&report));
    assert!(approvals > 1 && phones > 0, "{report}");
    assert_eq!((sum, against["norm"].as_str()), (approvals, Some("global-core/approval-is-short")), "{report}");
    assert!(against["examples"][0]["entry"].is_u64(), "{against}");
    let disclosed = report["disclosures"].as_array().unwrap().iter().filter(|line| line["stream"] == "wifi-centre");
    assert_eq!(disclosed.map(|line| line["total"].as_u64().unwrap()).sum::<u64>(), phones, "{report}");
    let release = json!({"do": "release", "draft": "core", "reasons": "the assembly of 1 April"});
    let released = alliance.hub.act(&alliance.hub.token, &release);
    let (address, key) = (release_of(alliance, released), alliance.hub.key.clone());
    for city in &mut alliance.cities[..2] {
        let done = city.adopt(&address, &["--hub-key", &key]);
        assert_eq!(done["entries"].as_array().unwrap().len(), 1, "{done}");
    }
    consolidated
}

fn release_of(alliance: &Alliance, released: u64) -> String {
    format!("{}/versions/{released}/release.json", alliance.hub.address)
}

/// Somebody else amends the norm: proved looser for the two that have it, and without effect for one that does not; tried on a history,
/// decided with decider and reasons, released.
fn amended(alliance: &mut Alliance, consolidated: u64) -> u64 {
    let amendment = alliance.hub.act(&alliance.mayor, &propose(1_826, "A month is too short for a small council."));
    let act = alliance.entry(amendment);
    assert_eq!((act["by"].as_str(), act["what"]["body"]["effect"].as_str()), (Some("mayor"), Some("looser")), "{act}");
    // As it would be: the draft with the amendment written in.
    let (draft, signer) = alliance.draft(consolidated, "draft-2", |text| text.replace(&norm(30), &norm(1_826)));
    for (at, expected) in [(0, (true, false)), (1, (true, false)), (2, (false, false))] {
        let trust = [
            "--unreleased",
            "to see what the draft would do",
            "--dry-run",
            "--prove",
            "--library",
            &draft,
            "--trust",
            &signer,
        ];
        let proved = alliance.cities[at].adopt(&draft, &trust);
        assert_eq!((ways(&proved["proof"]), &proved["entries"]), (expected, &json!([])), "city {at}: {proved}");
    }
    let (sum, _) = refused(&run_json(&["pilot", "run", alliance.cities[0].address(), "--draft", &draft]));
    assert_eq!(sum, 0, "nothing of what that city did would be refused");
    // Nobody decides their own; whoever does says why, and both stand in the log.
    let decide =
        json!({"do": "decide-amendment", "amendment": amendment, "outcome": "accepted", "reasons": "It is mine."});
    let (own, token) =
        (alliance.hub.file("own.json", &decide.to_string()), alliance.hub.file("t.txt", &alliance.mayor));
    assert!(!run(&["hub", "do", &alliance.hub.address, &own, "--token", &token]).status.success());
    let reasons = "The pilot in city-a refused nothing, and two cities proved it looser.";
    let second = alliance.consolidate(amendment, "0.3.0", reasons);
    let decided = alliance.entry(second - 1)["what"].clone();
    assert_eq!(decided["kind"], "amendment-decided/1");
    assert_eq!(decided["body"]["decision"], json!({"decider": "editor", "reasons": reasons}));
    assert_eq!(alliance.entry(second)["what"]["body"]["amendments"], json!([amendment]));
    alliance
        .hub
        .act(&alliance.hub.token, &json!({"do": "release", "draft": "core", "reasons": "the assembly of 2 May"}))
}

/// Four adopt the release with its proof; what names an entry that is not in the hub's log is refused, and nothing is written.
fn adopted(alliance: &mut Alliance, released: u64) {
    let (address, key) = (release_of(alliance, released), alliance.hub.key.clone());
    not_in_the_log(alliance, &address, &key);
    for city in &mut alliance.cities[..4] {
        // Who adopted before knows the key.
        let more: &[&str] = if ["city-a", "city-b"].contains(&city.name) { &[] } else { &["--hub-key", &key] };
        let done = city.adopt(&address, more);
        assert_eq!(done["pack"], "urn:ordinance:standard:global-core@0.3.0", "{}", city.name);
        let entry = done["entries"][0].to_string();
        let act = run_json(&["log", "show", city.address(), "--from", &entry, "--limit", "1"]);
        let said = format!("released by entry {released} of `hub.example/log`");
        assert!(act.to_string().contains(&said), "{act}");
        let check = run_json(&["adopt", &city.dir, "--check"]);
        let newest = check.as_array().unwrap().iter().find(|one| one["entry"] == released).unwrap();
        assert_eq!((&newest["standing"], &newest["in_force"]), (&json!("released"), &json!(true)), "{check}");
    }
}

/// A city consents that the draft is tried on its log: the hub does it on what it keeps, and whoever asks the city itself finds the same.
fn tried(alliance: &Alliance) {
    let (hub, city) = (&alliance.hub, &alliance.cities[0]);
    let consents = json!({"do": "agree-to-pilot", "draft": "core", "reasons": "To know before the council asks."});
    let agreed = hub.act(&alliance.editor, &consents);
    // Who looks reads what is published.
    let is_published = || run_json(&["verify", &hub.address])["size"].as_u64() > Some(agreed);
    assert!(
        (0..100).any(|_| is_published() || {
            wait(Duration::from_millis(200));
            false
        }),
        "entry {agreed} is published"
    );
    let (code, looked) = look(hub);
    assert_eq!(code, Some(0), "{looked}");
    let round = run_json(&["hub", "pilots", &hub.dir()]);
    assert_eq!((&round["tried"], &round["without"]), (&json!([["core", "city-a"]]), &json!([])), "{round}");
    let kept: Value = serde_json::from_slice(&hub.get("/drafts/core/pilots/city-a/report.json")).unwrap();
    assert!(!kept["disclosures"].as_array().unwrap().is_empty(), "a city that disclosed: {kept}");
    let draft = format!("{}/drafts/core", hub.address);
    for log in [city.address(), &format!("{}/mirrors/city-a", hub.address)] {
        let out = run_json(&["pilot", "run", log, "--draft", &draft, "--allow", "127.0.0.1", "--key", &city.key]);
        assert_eq!(out, kept, "{log}");
    }
    hub.act(&alliance.editor, &json!({"do": "end-pilot", "draft": "core", "reasons": "We know now."}));
}

fn not_in_the_log(alliance: &mut Alliance, address: &str, key: &str) {
    let good: Value =
        serde_json::from_slice(&alliance.hub.get(address.strip_prefix(&alliance.hub.address).unwrap())).unwrap();
    let beyond = good["index"].as_u64().unwrap() + 1_000;
    let mut files = vec![address.replace(&format!("/{}/", good["index"]), &format!("/{beyond}/"))];
    for (part, other) in [
        ("index", json!(beyond)),
        ("index", json!(1)),
        ("entry", json!(good["entry"].as_str().unwrap().replace("0.3.0", "0.4.0"))),
    ] {
        let mut altered = good.clone();
        altered[part] = other;
        files.push(alliance.hub.file(&format!("{}.release.json", files.len()), &altered.to_string()));
    }
    let city = &mut alliance.cities[2];
    let before = run_json(&["verify", city.address()])["size"].clone();
    for file in &files {
        let refused = city.without_node(|dir| run(&["adopt", dir, file, "--by", "city", "--hub-key", key]));
        assert!(!refused.status.success(), "{file}");
    }
    assert_eq!(run_json(&["verify", city.address()])["size"], before);
    assert!(
        !Path::new(&city.dir).join("adopted").exists()
            || std::fs::read_dir(Path::new(&city.dir).join("adopted")).unwrap().next().is_none()
    );
}

/// What somebody without any privilege runs every day against another city.
fn watched(city: &Member, file: &str) -> (Option<i32>, Value) {
    let watched = run(&["verify", city.address(), "--key", &city.key, "--since", file, "--json"]);
    (watched.status.code(), serde_json::from_slice(&watched.stdout).unwrap())
}

/// The fifth city goes on from an older copy of itself; both the hub and a peer have evidence that anybody checks.
fn forked(alliance: &mut Alliance) {
    let hub = alliance.hub.dir();
    let head = alliance.hub.path("city-e.head").to_str().unwrap().to_owned();
    let twin = alliance.hub.path("twin");
    let fifth = &mut alliance.cities[4];
    assert_eq!(watched(fifth, &head).0, Some(0));
    fifth.without_node(|dir| copy(Path::new(dir), &twin));
    fifth.place("first");
    let (code, held) = watched(fifth, &head);
    assert_eq!((code, held["continues"].as_u64().map(|known| known + 1)), (Some(0), held["size"].as_u64()), "{held}");
    let (code, looked) = look(&alliance.hub);
    assert_eq!((code, &looked["cities"], &looked["failed"]), (Some(0), &json!(5), &json!(0)), "{looked}");
    let kept = std::fs::read_to_string(&head).unwrap();
    fifth.served_from(twin.to_str().unwrap().to_owned());
    fifth.place("second");
    fifth.place("third");
    // Alone it holds together: whoever kept nothing finds nothing.
    assert_eq!(run_json(&["verify", fifth.address(), "--key", &fifth.key])["holds"], true);
    let (code, looked) = look(&alliance.hub);
    assert_eq!((code, &looked["contradict"], &looked["failed"]), (Some(1), &json!(["city-e"]), &json!(0)), "{looked}");
    let (code, told) = watched(fifth, &head);
    assert_eq!((code, &told["details"]["proves"]), (Some(1), &json!("two-histories")), "{told}");
    assert_eq!(std::fs::read_to_string(&head).unwrap(), kept, "the head that held stays");
    // The same again is the same evidence, once.
    let evidence = told["details"]["evidence"].as_str().unwrap();
    assert_eq!(watched(fifth, &head).1["details"]["evidence"], evidence);
    assert_eq!(std::fs::read_dir(Path::new(evidence).parent().unwrap()).unwrap().count(), 1);
    checked(&hub, evidence, &fifth.key);
}

/// Anybody checks both, with nothing but the file and the key; they say the same.
fn checked(hub: &str, peers: &str, key: &str) {
    let listed = String::from_utf8(run(&["hub", "evidence", "list", hub, "--json"]).stdout).unwrap();
    let own: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let file = format!("{hub}/mirror/evidence/{}.json", own["digest"].as_str().unwrap());
    for file in [file.as_str(), peers] {
        assert_eq!(run_json(&["hub", "evidence", "check", file, "--key", key])["proves"], "two-histories");
        let other = "city-d.example/log+00000000+AdfpPpRl5GjRzyBPO9ZxFqYZ5y7bTcs0ZzDLl3Yg8qPX";
        assert_eq!(run(&["hub", "evidence", "check", file, "--key", other]).status.code(), Some(1));
    }
    let said = |file: &str| serde_json::from_slice::<Value>(&std::fs::read(file).unwrap()).unwrap()["said"].clone();
    assert_eq!(said(&file), said(peers));
}

#[test]
fn a_hub_and_five_cities_make_a_norm_together_and_the_one_that_forks_its_log_is_caught_by_the_hub_and_by_a_peer() {
    let mut alliance = Alliance::new();
    let consolidated = first_version(&mut alliance);
    let released = amended(&mut alliance, consolidated);
    adopted(&mut alliance, released);
    tried(&alliance);
    forked(&mut alliance);
    // The hub and the four hold together.
    let outside = run_json(&["verify", &alliance.hub.address, "--key", &alliance.hub.key]);
    assert_eq!((&outside["holds"], &outside["versions"]), (&json!(true), &json!(2)));
    for city in &alliance.cities[..4] {
        assert_eq!(run_json(&["verify", city.address(), "--key", &city.key])["holds"], true, "{}", city.name);
    }
    // A withdrawal reaches each that has it in force.
    let reasons = "A court found it unlawful.";
    let withdraw = json!({"do": "withdraw-version", "version": released, "reasons": reasons});
    alliance.hub.act(&alliance.hub.token, &withdraw);
    for city in &alliance.cities[..4] {
        let checked = run(&["adopt", &city.dir, "--check"]);
        let words = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert_eq!(checked.status.code(), Some(1), "{}: {words}", city.name);
        assert!(words.contains("withdrawn") && words.contains(reasons), "{words}");
    }
}
