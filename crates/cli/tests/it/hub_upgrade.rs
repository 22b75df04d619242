//! From one release to the next: what changes for this city is shown and proved before it is in force, a duty that only reads otherwise
//! is named as such, and what a release stands on is what its hub released, whatever else is at hand under its name.

use std::collections::BTreeSet;
use std::path::Path;

use hub::act::{Act, VersionReleased, What};
use hub::document::Document;
use hub::release::Release;
use hub::simulate::GeneratedLog;
use model::policy::PolicyText;
use register::audit::FolderSource;
use serde_json::{Value, json};
use tlog::Receipt;
use tlog::audit::{LogSource, SourceTiles, read_entry};
use tlog::checkpoint::{CHECKPOINT_PATH, parse_unverified};
use tlog::proof::TileHashes;

use crate::hub::{Served, adopted, size, with_core};
use crate::hub_adopt::{in_force, names, profile, released, stderr, unpacked, verified};
use crate::tool::{City, json as run_json, run};

/// The next version of the core, in which nothing is handed out of fewer than so many, from an amendment to its consolidation.
pub(crate) fn consolidated(hub: &Served, editor: &str, member: &str, version: &str, minimum: u32) {
    let (draft, reasons) = ("core", "the workshop of 5 May");
    let change = json!({"parameter": {"id": "minimum-count", "value": minimum.to_string()}});
    let propose =
        json!({"do": "propose", "draft": draft, "clause": "core-21", "change": change, "why": "Ten are few."});
    let amendment = hub.act(member, &propose);
    hub.act(editor, &json!({"do": "begin-consolidation", "draft": draft, "reasons": reasons}));
    let decide = json!({"do": "decide-amendment", "amendment": amendment, "outcome": "accepted", "reasons": reasons});
    hub.act(editor, &decide);
    hub.act(editor, &json!({"do": "consolidate", "draft": draft, "version": version, "reasons": reasons}));
}

/// It is released; gives where.
pub(crate) fn sealed(hub: &Served) -> String {
    let released = hub.act(&hub.token, &json!({"do": "release", "draft": "core", "reasons": "the workshop of 5 May"}));
    format!("{}/versions/{released}/release.json", hub.address)
}

/// The same, released.
fn next(hub: &Served, editor: &str, member: &str, version: &str, minimum: u32) -> String {
    consolidated(hub, editor, member, version, minimum);
    sealed(hub)
}

/// The actions of a proof in which something is newly allowed, and those in which something is newly refused.
fn ways(proof: &Value) -> (BTreeSet<&str>, BTreeSet<&str>) {
    assert!(!proof.to_string().contains(r#""is":"unknown""#), "{proof}");
    let of = |way: &str| -> BTreeSet<&str> {
        let changes = proof["changes"].as_array().unwrap().iter().filter(|change| change[way]["is"] == "something");
        changes.map(|change| change["action"].as_str().unwrap()).collect()
    };
    (of("newly_allowed"), of("newly_refused"))
}

fn cedar(text: &PolicyText) -> &str {
    &text.layers.iter().find(|layer| layer.name == "global-core").unwrap().cedar
}

#[test]
fn an_upgrade_shows_and_proves_what_it_changes_for_this_city_and_does_it_when_it_is_asked_to() {
    let (hub, editor, member) = with_core();
    // What the city hands out is of ten at least: that is more than the first asks for, and less than the second.
    let first = next(&hub, &editor, &member, "0.2.0", 9);
    let second = next(&hub, &editor, &member, "0.3.0", 11);
    let city = City::new();
    let adopt = |release: &str, more: &[&str]| {
        run_json(&[&["adopt", &city.arg(), release, "--by", "city", "--hub-key", &hub.key], more].concat())
    };
    let done = adopt(&first, &[]);
    assert_eq!((names(&done["stops"]).len(), &done["proof"]), (0, &Value::Null), "{done}");
    let before = (in_force(&city.arg()), size(&city.arg()));

    let dry = adopt(&second, &["--dry-run", "--prove"]);
    assert_eq!(dry["pack"], "urn:ordinance:standard:global-core@0.3.0");
    // For this city: its counts of phones are of ten at least, and would no longer go to itself; nothing begins.
    let stops = dry["stops"].as_array().unwrap();
    let [stop] = stops.as_slice() else { panic!("{dry}") };
    assert!(stop["what"].as_str().unwrap().contains("city-counts"), "{dry}");
    assert!(!stop["why"].as_str().unwrap().is_empty(), "{dry}");
    assert_eq!((dry["starts"].as_array().unwrap().len(), names(&dry["replaced"])), (0, vec!["global-core"]), "{dry}");
    // By proof, whatever is asked: three steps are refused more often, of which handing out has a name for each purpose, and nothing
    // is allowed that was not.
    let (allowed, refused) = ways(&dry["proof"]);
    assert!(allowed.is_empty(), "{dry}");
    let (handing_out, steps): (BTreeSet<&str>, BTreeSet<&str>) =
        refused.iter().partition(|step| step.starts_with("for:"));
    assert_eq!(steps, ["agree-grant", "declare-view"].into());
    assert!(handing_out.contains("for:traffic-management"), "what the city hands out itself: {handing_out:?}");
    // No duty reads otherwise.
    assert_eq!((names(&dry["clocks"]).len(), names(&dry["reworded"]).len()), (0, 0), "{dry}");
    assert_eq!((in_force(&city.arg()), size(&city.arg())), before, "nothing was changed");

    let done = adopt(&second, &["--prove"]);
    for part in ["stops", "starts", "replaced", "kept", "hash", "proof"] {
        assert_eq!(done[part], dry[part], "{part}");
    }
    assert_eq!(done["entries"].as_array().unwrap().len(), 1);
    let after = in_force(&city.arg());
    assert!(cedar(&before.0).contains("resource.minimum >= 9") && cedar(&after).contains("resource.minimum >= 11"));
    // The same once more changes nothing, and proves so.
    let again = adopt(&second, &["--prove"]);
    assert_eq!((ways(&again["proof"]), &again["stops"]), (([].into(), [].into()), &json!([])), "{again}");
}

/// How many entries a log says that it has.
fn size_of(log: &dyn LogSource) -> u64 {
    parse_unverified(&String::from_utf8(log.get(CHECKPOINT_PATH).unwrap()).unwrap()).unwrap().size
}

/// The proof that an entry is in a log, over its newest head.
fn proof(log: &dyn LogSource, index: u64) -> String {
    let note = String::from_utf8(log.get(CHECKPOINT_PATH).unwrap()).unwrap();
    let head = parse_unverified(&note).unwrap();
    let (_, path) = TileHashes::new(SourceTiles(log), head.size, head.root).leaf(index).unwrap();
    Receipt::new(index, path, &note).unwrap().encode()
}

/// What a hub releases after its last version whose software words a duty anew: the same pack with one file altered, under its own key.
fn worded_anew(hub: &Served, file: &str, version: &str) -> String {
    let key = journal::files::signing_key(&Path::new(&hub.dir()).join("keys").join("log.key")).unwrap();
    let last: Release = Release::from_bytes(&std::fs::read(file).unwrap()).unwrap();
    let mut document: Document = serde_json::from_str(&last.document).unwrap();
    let duties = document.files.get_mut("duties/agile-business-case.toml").unwrap();
    let before = "done_by = \"approved\"\n";
    assert_eq!(duties.matches(before).count(), 1);
    *duties = duties.replace(before, &format!("{before}words = \"Every proposal is decided within half a year.\"\n"));
    let document = hub::amend::with_version(&document, version).unwrap();
    let pack = document.pack().unwrap();
    let act = Act::from_bytes(last.entry.as_bytes()).unwrap();
    let What::VersionReleased(before) = act.what.clone() else { panic!("{act:?}") };
    let note = standards::trust::sign(&pack, &key).unwrap();
    let (version, document_of) = (version.to_owned(), document.digest().unwrap());
    let released = VersionReleased { version, document: document_of, pack: pack.hash, note, ..before };
    let entry = Act { what: What::VersionReleased(released), ..act }.to_bytes().unwrap();
    // It stands after everything that the hub's log had when it released the last one.
    let log = FolderSource::new(&Path::new(&hub.dir()).join("log"));
    let (index, size) = (last.index + 1, size_of(&log));
    let mut entries: Vec<Vec<u8>> = (0..index).map(|at| read_entry(&log, at, size).unwrap()).collect();
    entries.push(entry.clone());
    let log = GeneratedLog::new(entries, &key).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (proof, document) = (proof(&log, index), text(document.to_bytes().unwrap()));
    let release = Release { key: last.key, index, entry: text(entry), proof, document };
    hub.file("anew.release.json", &serde_json::to_string(&release).unwrap())
}

#[test]
fn a_duty_of_which_the_wording_alone_changed_is_named_as_reworded_and_nothing_else_changes() {
    let (hub, _, file, city) = released();
    let adopt = |file: &str, more: &[&str]| {
        run(&[&["adopt", &city, file, "--by", "city", "--hub-key", &hub.key], more].concat())
    };
    let told = |file: &str, more: &[&str]| -> Value {
        let output = adopt(file, &[more, &["--json"]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    told(&file, &[]);
    let before = in_force(&city);
    let anew = worded_anew(&hub, &file, "0.3.0");
    let dry = told(&anew, &["--dry-run", "--prove"]);
    assert_eq!(
        (names(&dry["clocks"]), names(&dry["reworded"])),
        (vec!["proposal-decision"], vec!["proposal-decision"])
    );
    assert_eq!(names(&dry["replaced"]), ["global-core"]);
    for nothing in ["added", "kept", "dropped", "stops", "starts", "decided", "entries"] {
        assert_eq!(dry[nothing], json!([]), "{nothing}: {dry}");
    }
    assert_eq!(ways(&dry["proof"]), ([].into(), [].into()), "{dry}");
    assert!(dry["proof"]["unchanged"].as_u64().unwrap() > 10, "{dry}");
    // In words, for whoever decides.
    let words = String::from_utf8(adopt(&anew, &["--dry-run", "--prove"]).stdout).unwrap();
    for said in [
        "would let run 1 clocks: proposal-decision",
        "Of them these were in force and read otherwise, looser or stricter: proposal-decision",
        "By proof, whatever is asked: 0 actions change",
        "No flow changes.",
        "Nothing was changed.",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
    // In force is the new wording of the one duty; every other duty and every norm is to the letter what it was.
    told(&anew, &[]);
    let after = in_force(&city);
    let (old, new) = (&before.layers[0].duties, &after.layers[0].duties);
    let changed: Vec<&str> =
        new.iter().filter(|(id, text)| old.get(*id) != Some(text)).map(|(id, _)| id.as_str()).collect();
    assert_eq!((changed, old.len()), (vec!["proposal-decision"], new.len()));
    let duty = |duties: &std::collections::BTreeMap<model::DutyId, String>| {
        standards::duty::from_text("a duty", &duties[&"proposal-decision".parse().unwrap()]).unwrap()
    };
    let words = Some("Every proposal is decided within half a year.".to_owned());
    assert_eq!(duty(new), standards::duty::Duty { words, ..duty(old) });
    assert_eq!((cedar(&before), before.layers.len()), (cedar(&after), after.layers.len()));
}

#[test]
fn a_released_base_is_what_a_release_stands_on_and_no_other_pack_of_its_name_takes_its_place() {
    let (hub, editor, member) = with_core();
    let core = next(&hub, &editor, &member, "0.2.0", 12);
    let profile = profile(&hub, &editor, &member, "urn:ordinance:standard:global-core@0.2.0");
    let city = hub.path("city").to_str().unwrap().to_owned();
    run_json(&["init", &city, "--name", "City A", "--origin", "city-a.example/log"]);
    let file = hub.file("core.release.json", "");
    std::fs::write(&file, hub.get(core.strip_prefix(&hub.address).unwrap())).unwrap();
    // The same name and version in other words, which is looser: nobody may hand out what was released under its name.
    let other = unpacked(&hub, &file);
    let clause = Path::new(&other).join("requirements/core-21-minimum-count.md");
    let text = std::fs::read_to_string(&clause).unwrap();
    assert_eq!(text.matches("value = 12\n").count(), 1, "{text}");
    std::fs::write(&clause, text.replace("value = 12\n", "value = 2\n")).unwrap();
    run_json(&["framework", "sign", &other, "--key", &format!("{}/keys/log.key", hub.dir())]);
    let adopt = |what: &str, more: &[&str]| {
        run(&[&["adopt", &city, what, "--by", "city", "--hub-key", &hub.key, "--json"], more].concat())
    };
    let at_hand = ["--library", &other, "--trust", &hub.key];
    assert!(adopt(&core, &[]).status.success());
    let before = (size(&city), adopted(Path::new(&city)));
    // With the other one at hand the profile is adopted over neither.
    let refused = adopt(&profile, &at_hand);
    let said = stderr(&refused);
    assert!(refused.status.code() == Some(64) && said.contains("nothing was written"), "{said}");
    assert!(said.contains("urn:ordinance:standard:global-core@0.2.0") && said.contains("another pack"), "{said}");
    assert_eq!((size(&city), adopted(Path::new(&city))), before);
    // Without it, over the released one.
    let done = adopt(&profile, &[]);
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(cedar(&in_force(&city)).contains("resource.minimum >= 12"), "{}", cedar(&in_force(&city)));
    // Whoever asks with the other one at hand is still told what the hub released.
    let layer = |name: &str| (name.to_owned(), "released".to_owned(), true);
    assert_eq!(verified(&city), [layer("global-core"), layer("river")]);
    let held = run(&["verify", &city, "--library", &other, "--json"]);
    assert!(held.status.success(), "{held:?}");
    let held: Value = serde_json::from_slice(&held.stdout).unwrap();
    let shown: Vec<&Value> = held["layers"].as_array().unwrap().iter().map(|layer| &layer["shown"]).collect();
    assert_eq!(shown, [&json!(true), &json!(true)], "{held}");
    // A pilot has the base from the hub as well, and tries nothing where something else lies there under its name.
    let draft = format!("{}/drafts/river", hub.address);
    let pilot = ["pilot", "run", &city, "--draft", &draft, "--allow", "127.0.0.1"];
    assert_eq!(run_json(&pilot)["seen"]["layers"], json!(["global-core", "river"]));
    let refused = run(&[&pilot[..], &["--library", &other]].concat());
    assert_eq!(refused.status.code(), Some(64), "{refused:?}");
    assert!(stderr(&refused).contains("urn:ordinance:standard:global-core@0.2.0"), "{refused:?}");
}
