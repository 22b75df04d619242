//! What a city remembers of what it adopted from a hub: whether it still stands, whether it is in force, and how far the hub's log was
//! seen to go.

use std::path::Path;
use std::process::Command;

use hub::pilot::Draft;
use hub::release::Release;
use hub::simulate::GeneratedLog;
use journal::SqliteReader;
use model::policy::{LayerSource, PolicyText};
use model::{Act, What};
use register::audit::{AuditFailure, FolderSource, audit};
use serde_json::{Value, json};

use crate::hub::{Served, adopted, release, size, with_core};
use crate::tool::{json as run_json, run};

/// What is kept in a city's `adopted/`.
fn kept(city: &Path) -> Vec<(std::path::PathBuf, Value)> {
    let files = std::fs::read_dir(city.join("adopted")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.map(|path| (path.clone(), serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())).collect();
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    files
}

/// A hub that released a version, its release as a file, and a city that adopted nothing.
pub(crate) fn released() -> (Served, u64, String, String) {
    let (mut hub, editor, member) = with_core();
    let first = release(&hub, &editor, &member, "0.2.0", 365);
    let file = hub.path("first.release.json");
    std::fs::write(&file, hub.get(&format!("/versions/{first}/release.json"))).unwrap();
    // A copy of the hub's folder as it stood then, from which another history can be told.
    let mut running = hub.running.take().unwrap();
    running.signal("-TERM");
    assert!(running.end());
    let (from, to) = (hub.dir(), hub.path("copy"));
    assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
    hub.serve();
    let city = hub.path("city").to_str().unwrap().to_owned();
    run_json(&["init", &city, "--name", "City A", "--origin", "city-a.example/log"]);
    let file = file.to_str().unwrap().to_owned();
    (hub, first, file, city)
}

#[test]
fn a_release_that_stands_no_longer_is_not_adopted_and_one_that_is_in_force_under_other_permits_is_told_of() {
    let (hub, first, file, city) = released();
    let adopt = |more: &[&str]| run(&[&["adopt", &city, &file, "--by", "city", "--hub-key", &hub.key], more].concat());
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    // A city at an address would keep nothing of what proves it.
    let elsewhere = run(&["adopt", "http://127.0.0.1:9", &file, "--by", "city", "--hub-key", &hub.key]);
    assert!(elsewhere.status.code() == Some(64) && said(&elsewhere).contains("at the city's folder"), "{elsewhere:?}");

    // Without the hub's address nobody can say whether it still stands, and that is said.
    let dry = adopt(&["--dry-run"]);
    assert!(String::from_utf8_lossy(&dry.stdout).contains("was not checked"), "{dry:?}");
    assert!(adopt(&[]).status.success());
    let permits = format!("{}\n// Another text.\n", norms::city_permits_default());
    let permits = hub.file("permits.cedar", &permits);
    assert!(adopt(&["--permits", &permits]).status.success());
    assert_eq!(adopted(Path::new(&city)), 2);

    let withdraw = json!({"do": "withdraw-version", "version": first, "reasons": "A year is too long."});
    hub.act(&hub.token, &withdraw);
    let check = run(&["adopt", &city, "--check", "--hub", &hub.address, "--json"]);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    let looked: Value = serde_json::from_slice(&check.stdout).unwrap();
    for one in looked.as_array().unwrap() {
        assert_eq!((one["standing"].as_str(), one["in_force"].as_bool()), (Some("withdrawn"), Some(true)), "{one}");
    }
    assert_eq!(looked.as_array().unwrap().len(), 2);

    // From now on the address is known: it is refused by its address, as a file with it, and as a file without.
    let before = size(&city);
    let address = format!("{}/versions/{first}/release.json", hub.address);
    for refused in [
        run(&["adopt", &city, &address, "--by", "city"]),
        adopt(&["--hub", &hub.address]),
        adopt(&[]),
        adopt(&["--dry-run"]),
    ] {
        assert_eq!(refused.status.code(), Some(64), "{refused:?}");
        let said = said(&refused);
        assert!(said.contains("nothing was written") && said.contains("withdrawn by entry"), "{said}");
        assert!(said.contains("A year is too long."), "{said}");
    }
    assert_eq!(size(&city), before);
    // Under other norms it is in force no more, and no alarm is given.
    run_json(&["adopt", &city, "global-core", "--by", "city"]);
    let check = run_json(&["adopt", &city, "--check"]);
    assert!(check.as_array().unwrap().iter().all(|one| one["in_force"] == false), "{check}");
}

#[test]
fn what_was_seen_of_a_hubs_log_is_remembered_and_another_history_is_found() {
    let (hub, first, file, city) = released();
    let dir = Path::new(&city);
    let address = format!("{}/versions/{first}/release.json", hub.address);
    let done = run_json(&["adopt", &city, &address, "--by", "city", "--hub-key", &hub.key]);
    assert_eq!(done["standing"], "released");
    let at_first = kept(dir)[0].1["size"].as_u64().unwrap();
    let policy = json!({"do": "publish-moderation-policy", "text": "Be kind.", "reasons": "the assembly"});
    hub.act(&hub.token, &policy);
    run_json(&["adopt", &city, "--check"]);
    let (path, seen) = kept(dir).remove(0);
    assert_eq!(seen["size"].as_u64(), Some(at_first + 1), "the newest checkpoint that held");

    // Another history of the same hub, under the same key, from the moment of the release on.
    let mut other = Served {
        folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap(),
        key: hub.key.clone(),
        token: hub.token.clone(),
        running: None,
        address: String::new(),
    };
    std::fs::rename(hub.path("copy"), other.path("hub")).unwrap();
    other.serve();
    for text in ["Be quiet.", "Be brief."] {
        let policy = json!({"do": "publish-moderation-policy", "text": text, "reasons": "the assembly"});
        other.act(&other.token, &policy);
    }
    let forked = run(&["adopt", &city, "--check", "--hub", &other.address, "--json"]);
    assert_eq!(forked.status.code(), Some(1), "{forked:?}");
    let looked: Value = serde_json::from_slice(&forked.stdout).unwrap();
    assert_eq!(looked[0]["standing"], "unknown");
    assert!(looked[0]["error"].as_str().unwrap().contains("older checkpoint"), "{looked}");
    let again = run(&["adopt", &city, &file, "--by", "city", "--hub", &other.address]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("older checkpoint"), "{again:?}");
    assert_eq!(kept(dir)[0].1, seen, "what was kept stays");

    // Where the address is not known, what a file proves is not shown to continue what was seen.
    let mut unknown = seen;
    unknown["hub"] = Value::Null;
    std::fs::write(&path, unknown.to_string()).unwrap();
    let again = run(&["adopt", &city, &file, "--by", "city"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("not shown to continue"), "{again:?}");
    assert_eq!(kept(dir)[0].1, unknown);
    // What is wrong with one hides nothing of another.
    std::fs::write(path.with_file_name("0.json"), "{}").unwrap();
    let check = run(&["adopt", &city, "--check", "--hub", &hub.address, "--json"]);
    let looked: Value = serde_json::from_slice(&check.stdout).unwrap();
    assert_eq!((check.status.code(), looked[0]["standing"].as_str()), (Some(1), Some("released")), "{check:?}");
    assert!(String::from_utf8_lossy(&check.stderr).contains("0.json"), "{check:?}");
}

/// The policies that a city's log says are in force.
pub(crate) fn in_force(city: &str) -> PolicyText {
    let state = audit(&FolderSource::new(&Path::new(city).join("log")), None, None).unwrap().state;
    state.policy.as_ref().unwrap().text.clone()
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn a_city_under_a_profile_keeps_it_when_it_adopts_a_released_core_as_a_pilot_had_tried_it() {
    let (hub, _, file, city) = released();
    run_json(&["adopt", &city, "amsterdam", "--by", "city", "--reason", "the council of 3 March"]);
    let before = in_force(&city);
    let adopt = |more: &[&str]| run(&[&["adopt", &city, &file, "--by", "city", "--hub-key", &hub.key], more].concat());
    let told = |more: &[&str]| -> Value {
        let output = adopt(&[more, &["--json"]].concat());
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let dry = told(&["--dry-run"]);
    assert_eq!(
        (names(&dry["replaced"]), names(&dry["kept"])),
        (vec!["global-core"], vec!["eu-data-protection", "amsterdam"])
    );
    assert_eq!((names(&dry["added"]).len(), names(&dry["dropped"]).len()), (0, 0), "{dry}");
    let done = told(&[]);
    assert_eq!((&done["replaced"], &done["kept"], &done["hash"]), (&dry["replaced"], &dry["kept"], &dry["hash"]));

    // What is in force is what a pilot of the release puts to the city's history: the profile as it was, the core as released.
    let after = in_force(&city);
    let released = Release::from_bytes(&std::fs::read(&file).unwrap()).unwrap();
    let pack = released.verify(&hub.key.parse().unwrap()).unwrap().pack;
    let draft = Draft::of(&standards::resolve(&[std::sync::Arc::new(pack)], None).unwrap());
    assert_eq!(after, draft.over(&before));
    let cedar = |text: &PolicyText, name: &str| {
        text.layers.iter().find(|layer| layer.name == name).map(|layer| layer.cedar.clone())
    };
    for kept in ["eu-data-protection", "amsterdam"] {
        assert_eq!(cedar(&after, kept), cedar(&before, kept), "{kept}");
    }
    assert_ne!(cedar(&after, "global-core"), cedar(&before, "global-core"));
    let piloted = run_json(&["pilot", "run", &city, "--draft", "global-core"]);
    assert_eq!(piloted["seen"]["layers"], json!(["global-core"]));

    // A layer goes by its name alone, with the city's own words, and those stand in the log.
    let size_before = size(&city);
    for refused in [
        &["--drop", "amsterdam"][..],
        &["--drop", "amsterdam", "--reason", " "],
        &["--drop", "germany", "--reason", "x"],
    ] {
        assert!(!adopt(refused).status.success(), "{refused:?}");
    }
    let part = adopt(&["--drop", "global-core", "--reason", "the council"]);
    assert!(String::from_utf8_lossy(&part.stderr).contains("part of what is adopted"), "{part:?}");
    assert_eq!(size(&city), size_before);
    let done = told(&["--drop", "amsterdam", "--reason", "the council of 5 May"]);
    assert_eq!(
        (names(&done["dropped"]), names(&done["kept"])),
        (vec!["amsterdam"], vec!["global-core", "eu-data-protection"])
    );
    assert_eq!(cedar(&in_force(&city), "amsterdam"), None);
    let entry = done["entries"][0].to_string();
    let act = run_json(&["log", "show", &city, "--from", &entry, "--limit", "1"]);
    assert!(act.to_string().contains("the council of 5 May"), "{act}");
}

/// The release of a profile that begins at the hub on a version that was released there, with one clause of its own.
pub(crate) fn profile(hub: &Served, editor: &str, member: &str, on: &str) -> String {
    let reasons = "the region's council";
    let beginning = json!({"layer": "regional", "jurisdiction": "the river lands", "on": [on]});
    hub.act(editor, &json!({"do": "begin-draft", "draft": "river", "title": "River lands", "beginning": beginning, "reasons": reasons}));
    let cedar = "@id(\"river-short\")\n@requirement(\"river-01\")\nforbid (principal, action == Action::\"approve\", resource)\n\
        unless { context.spanDays <= ${river-validity.days} };";
    let clause = json!({"title": "Approvals by the river are short", "kind": "register", "on_failure": "deny", "source": "our own rule"});
    let parameter = json!({"id": "river-validity", "value": "\"90d\"", "new": {"kind": "span", "stricter": "lower"}});
    let change = json!({"clause": clause, "text": "An approval by the river lasts at most { $river-validity }.", "parameter": parameter,
        "norm": {"id": "river-short", "cedar": cedar}});
    let propose =
        json!({"do": "propose", "draft": "river", "clause": "river-01", "change": change, "why": "Rivers move."});
    let amendment = hub.act(member, &propose);
    hub.act(editor, &json!({"do": "begin-consolidation", "draft": "river", "reasons": reasons}));
    hub.act(
        editor,
        &json!({"do": "decide-amendment", "amendment": amendment, "outcome": "accepted", "reasons": reasons}),
    );
    hub.act(editor, &json!({"do": "consolidate", "draft": "river", "version": "0.2.0", "reasons": reasons}));
    let released = hub.act(&hub.token, &json!({"do": "release", "draft": "river", "reasons": reasons}));
    format!("{}/versions/{released}/release.json", hub.address)
}

#[test]
fn a_profile_that_a_hub_released_on_its_own_release_is_tried_adopted_and_traced_and_not_without_what_it_stands_on() {
    let (mut hub, editor, member) = with_core();
    let core = release(&hub, &editor, &member, "0.2.0", 365);
    let core = format!("{}/versions/{core}/release.json", hub.address);
    let profile = profile(&hub, &editor, &member, "urn:ordinance:standard:global-core@0.2.0");
    let city = hub.path("city").to_str().unwrap().to_owned();
    run_json(&["init", &city, "--name", "City A", "--origin", "city-a.example/log"]);
    let adopt = |what: &str| run(&["adopt", &city, what, "--by", "city", "--hub-key", &hub.key, "--json"]);
    // What it stands on is neither in this software nor adopted: nothing is written.
    let before = size(&city);
    let refused = adopt(&profile);
    assert!(!refused.status.success() && stderr(&refused).contains("global-core@0.2.0"), "{}", stderr(&refused));
    assert_eq!(size(&city), before);
    // A pilot has it all from the hub.
    let draft = format!("{}/drafts/river", hub.address);
    let piloted = run_json(&["pilot", "run", &city, "--draft", &draft, "--allow", "127.0.0.1"]);
    assert_eq!(piloted["seen"]["layers"], json!(["global-core", "river"]));
    for what in [&core, &profile] {
        let done = adopt(what);
        assert!(done.status.success(), "{}", stderr(&done));
    }
    let layer = |name: &str| (name.to_owned(), "released".to_owned(), true);
    assert_eq!(verified(&city), [layer("global-core"), layer("river")]);
    let cedar =
        |name: &str| in_force(&city).layers.iter().find(|layer| layer.name == name).map(|layer| layer.cedar.clone());
    assert!(cedar("river").is_some_and(|cedar| cedar.contains("context.spanDays <= 90")), "{:?}", cedar("river"));
    assert!(cedar("global-core").is_some_and(|cedar| cedar.contains("<= 365")));
    assert!(run(&["adopt", &city, "--check"]).status.success());
    // A base that was withdrawn begins nothing any more, and what stands on it is still worked out.
    let version = core.split('/').rev().nth(1).unwrap().parse::<u64>().unwrap();
    hub.act(
        &hub.token,
        &json!({"do": "withdraw-version", "version": version, "reasons": "A court found it unlawful."}),
    );
    let beginning =
        json!({"layer": "city", "jurisdiction": "here", "on": ["urn:ordinance:standard:global-core@0.2.0"]});
    let again = hub.file(
        "again.json",
        &json!({"do": "begin-draft", "draft": "again", "title": "T", "beginning": beginning, "reasons": "r"})
            .to_string(),
    );
    let token = hub.file("editor.txt", &editor);
    let refused = run(&["hub", "do", &hub.address, &again, "--token", &token]);
    assert!(!refused.status.success() && stderr(&refused).contains("no pack"), "{}", stderr(&refused));
    assert_eq!(
        run_json(&["pilot", "run", &city, "--draft", &draft, "--allow", "127.0.0.1"])["seen"]["layers"],
        json!(["global-core", "river"])
    );
    drop(hub.running.take());
}

/// A region's pack that no hub released, signed by a key, and that key.
pub(crate) fn foreign(hub: &Served) -> (String, String) {
    written(hub, "shire", "regional")
}

/// The same of a layer.
pub(crate) fn written(hub: &Served, name: &str, layer: &str) -> (String, String) {
    let folder = hub.path(name);
    let pack = folder.to_str().unwrap().to_owned();
    run_json(&["framework", "new", &pack]);
    let manifest = std::fs::read_to_string(folder.join("pack.toml")).unwrap();
    assert_eq!(manifest.matches("layer = \"global\"").count(), 1, "{manifest}");
    std::fs::write(folder.join("pack.toml"), manifest.replace("\"global\"", &format!("\"{layer}\""))).unwrap();
    run_json(&["framework", "sign", &pack, "--key", &format!("{}/keys/log.key", hub.dir())]);
    (pack, hub.key.clone())
}

/// What `verify` says of the layers in force: their names and where they come from.
pub(crate) fn verified(city: &str) -> Vec<(String, String, bool)> {
    let document = run_json(&["verify", city]);
    let text = |layer: &Value, key: &str| layer[key].as_str().unwrap().to_owned();
    let layers = document["layers"].as_array().unwrap();
    layers.iter().map(|layer| (text(layer, "name"), text(layer, "source"), layer["shown"] == true)).collect()
}

#[test]
fn every_layer_in_force_is_traced_to_a_log_a_release_that_is_not_what_was_said_is_found_and_nothing_else_is_adopted_unsaid()
 {
    let (hub, first, file, city) = released();
    let layer = |name: &str, source: &str, shown| (name.to_owned(), source.to_owned(), shown);
    assert_eq!(verified(&city), [layer("global-core", "built-in", true)]);
    let done = run_json(&["adopt", &city, &file, "--by", "city", "--hub-key", &hub.key]);
    assert_eq!(verified(&city), [layer("global-core", "released", true)]);
    let act = run_json(&["log", "show", &city, "--from", &done["entries"][0].to_string(), "--limit", "1"]).to_string();
    assert!(act.contains(r#""from":"released""#) && act.contains("hub.example/log"), "{act}");
    assert!(act.contains(&format!(r#""entry":{first}"#)), "{act}");

    // A pack of somebody else in no hub's log, signed by a key that is trusted or not: refused unless it is said why.
    let (pack, key) = foreign(&hub);
    let size_before = size(&city);
    let adopt = |more: &[&str]| run(&[&["adopt", &city, &pack, "--by", "city", "--trust", &key], more].concat());
    for more in [&[][..], &["--reason", "the council"], &["--unreleased", " "], &["--dry-run"]] {
        let refused = adopt(more);
        assert!(!refused.status.success(), "{refused:?}");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("unreleased") || said.contains("not released"), "{said}");
    }
    assert_eq!(size(&city), size_before, "nothing was written");
    let done = adopt(&["--unreleased", "The region's law of 3 March."]);
    assert!(done.status.success(), "{done:?}");
    let both = [layer("global-core", "released", true), layer("shire", "unreleased", false)];
    assert_eq!(verified(&city), both);
    let said = String::from_utf8(run(&["verify", &city]).stdout).unwrap();
    assert!(said.contains("The region's law of 3 March."), "{said}");

    // What is kept says otherwise than the log, is damaged, or is gone: the city does not verify.
    let (path, good) = kept(Path::new(&city)).remove(0);
    let fails = |why: &str| {
        let failed = run(&["verify", &city]);
        let said = String::from_utf8_lossy(&failed.stderr).into_owned();
        assert!(!failed.status.success() && said.contains(why), "{failed:?}");
    };
    let mut altered = good.clone();
    let document = altered["release"]["document"].as_str().unwrap().replacen("forbid", "permit", 1);
    altered["release"]["document"] = Value::String(document);
    for wrong in [altered.to_string(), "{}".to_owned()] {
        std::fs::write(&path, wrong).unwrap();
        fails("no release in `adopted/` shows it");
    }
    std::fs::remove_file(&path).unwrap();
    fails("no release in `adopted/` shows it");
    std::fs::write(&path, good.to_string()).unwrap();
    assert_eq!(verified(&city), both);
    // Somebody's copy of the public files has no proofs, and says so.
    let copy = hub.path("public");
    std::fs::create_dir(&copy).unwrap();
    assert!(Command::new("cp").arg("-r").arg(Path::new(&city).join("log")).arg(&copy).status().unwrap().success());
    let outside = [layer("global-core", "released", false), layer("shire", "unreleased", false)];
    assert_eq!(verified(copy.to_str().unwrap()), outside);
}

/// The pack of a release as a folder, signed by a hub's key.
pub(crate) fn unpacked(hub: &Served, file: &str) -> String {
    let release: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let document: Value = serde_json::from_str(release["document"].as_str().unwrap()).unwrap();
    let folder = hub.path("unpacked");
    for (name, text) in document["files"].as_object().unwrap() {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.as_str().unwrap()).unwrap();
    }
    let folder = folder.to_str().unwrap().to_owned();
    run_json(&["framework", "sign", &folder, "--key", &format!("{}/keys/log.key", hub.dir())]);
    folder
}

pub(crate) fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_hub_that_somebody_made_up_under_the_same_name_vouches_for_nothing_and_is_found_by_its_key() {
    let (real, _, file, city) = released();
    let (forger, _, forged, theirs) = released();
    assert_ne!(real.key, forger.key);
    run_json(&["adopt", &theirs, &forged, "--by", "city", "--hub-key", &forger.key]);
    let (name, planted) = kept(Path::new(&theirs)).remove(0);
    let name = name.file_name().unwrap().to_owned();
    // The forger's own city says by which key, and whoever asks for the hub's own finds it, from outside, too.
    let copy = forger.path("public");
    std::fs::create_dir(&copy).unwrap();
    assert!(Command::new("cp").arg("-r").arg(Path::new(&theirs).join("log")).arg(&copy).status().unwrap().success());
    for city in [&theirs, copy.to_str().unwrap()] {
        let held = run(&["verify", city]);
        let said = String::from_utf8(held.stdout).unwrap();
        assert!(said.contains("the key that the adoption itself names; give --hub-key"), "{said}");
        let failed = run(&["verify", city, "--hub-key", &real.key]);
        assert!(!failed.status.success() && stderr(&failed).contains("you asked for"), "{failed:?}");
        let given = run_json(&["verify", city, "--hub-key", &forger.key, "--hub-key", &real.key]);
        assert_eq!(given["layers"][0]["hub_key"], json!({ "key": forger.key, "by": "given" }));
    }

    // Planted in a city that knows no hub, it lets nothing pass for released.
    let pack = unpacked(&forger, &forged);
    let folder = Path::new(&city).join("adopted");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(&name), planted.to_string()).unwrap();
    let before = size(&city);
    let adopt = |more: &[&str]| run(&[&["adopt", &city, &pack, "--by", "city", "--trust", &forger.key], more].concat());
    let refused = adopt(&["--reason", "the council"]);
    assert!(!refused.status.success() && stderr(&refused).contains("unreleased"), "{refused:?}");
    assert_eq!(size(&city), before, "nothing was written");
    // Beside it the real one is not taken, and once it is away, the real one is.
    let refused = run(&["adopt", &city, &file, "--by", "city", "--hub-key", &real.key]);
    assert!(stderr(&refused).contains("by another key"), "{refused:?}");
    std::fs::remove_file(folder.join(&name)).unwrap();
    run_json(&["adopt", &city, &file, "--by", "city", "--hub-key", &real.key]);
    assert_eq!(run_json(&["verify", &city, "--hub-key", &real.key])["layers"][0]["hub_key"]["by"], "given");
    let (path, good) = kept(Path::new(&city)).remove(0);
    // Beside the real one, in its place, or instead of it: found each time, and nothing is adopted on its word.
    std::fs::write(folder.join("planted.json"), planted.to_string()).unwrap();
    let failed = run(&["verify", &city]);
    assert!(!failed.status.success() && stderr(&failed).contains("under two keys"), "{failed:?}");
    assert!(stderr(&adopt(&[])).contains("under two keys"));
    std::fs::remove_file(folder.join("planted.json")).unwrap();
    let mut instead = planted;
    instead["release"]["index"] = good["release"]["index"].clone();
    std::fs::write(&path, instead.to_string()).unwrap();
    let failed = run(&["verify", &city]);
    assert!(!failed.status.success() && stderr(&failed).contains("under another"), "{failed:?}");
    let refused = run(&["adopt", &city, &forged, "--by", "city"]);
    assert!(stderr(&refused).contains("the city's log knows"), "{refused:?}");
}

#[test]
fn a_kept_release_that_was_withdrawn_vouches_no_more_and_one_that_nobody_was_asked_about_says_so() {
    let (hub, first, file, city) = released();
    let address = format!("{}/versions/{first}/release.json", hub.address);
    run_json(&["adopt", &city, &address, "--by", "city", "--hub-key", &hub.key]);
    run_json(&["adopt", &city, "global-core", "--by", "city"]);
    assert_eq!(verified(&city)[0].1, "built-in");
    let pack = unpacked(&hub, &file);
    let adopt = |more: &[&str]| {
        run(&[&["adopt", &city, &pack, "--by", "city", "--trust", &hub.key, "--hub-key", &hub.key, "--json"], more]
            .concat())
    };
    let standing = |output: std::process::Output| {
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        told["standing"].as_str().unwrap().to_owned()
    };
    // It stands, and its hub says so; without an address nobody is asked, and that is told.
    assert_eq!(standing(adopt(&["--dry-run"])), "released");
    let (path, good) = kept(Path::new(&city)).remove(0);
    let mut unknown = good.clone();
    unknown["hub"] = Value::Null;
    std::fs::write(&path, unknown.to_string()).unwrap();
    assert_eq!(standing(adopt(&["--dry-run"])), "not-checked");
    std::fs::write(&path, good.to_string()).unwrap();
    hub.act(&hub.token, &json!({"do": "withdraw-version", "version": first, "reasons": "A year is too long."}));
    let before = size(&city);
    let refused = adopt(&[]);
    assert_eq!(refused.status.code(), Some(64), "{refused:?}");
    assert!(stderr(&refused).contains("withdrawn by entry") && stderr(&refused).contains("A year is too long."));
    assert_eq!(size(&city), before, "nothing was written");
    // Whoever wants it all the same says why, and no release is named.
    assert!(adopt(&["--unreleased", "The council keeps it."]).status.success());
    assert_eq!(verified(&city)[0].1, "unreleased");
}

#[test]
fn an_adoption_that_says_of_a_layer_what_cannot_be_does_not_verify_and_words_of_others_pass_for_no_line_of_ours() {
    let (hub, _, _, city) = released();
    let (pack, key) = foreign(&hub);
    let hostile =
        "The law.\n    global-core: released, entry 7 of `hub.example/log`; the proof that is kept holds\u{1b}[2J";
    run_json(&["adopt", &city, &pack, "--by", "city", "--trust", &key, "--unreleased", hostile]);
    let said = String::from_utf8(run(&["verify", &city]).stdout).unwrap();
    assert!(said.contains("The law.") && !said.contains('\u{1b}'), "{said:?}");
    assert!(!said.lines().any(|line| line.trim_start().starts_with("global-core: released")), "{said}");

    // The same log by software that says otherwise, signed anew by whoever has the city's key.
    let journal = SqliteReader::open(&Path::new(&city).join("journal.db")).unwrap();
    let head = journal.head().size;
    let acts: Vec<Act> = journal
        .read(0, usize::try_from(head).unwrap())
        .unwrap()
        .iter()
        .map(|entry| Act::from_bytes(&entry.bytes).unwrap())
        .collect();
    let signing = journal::files::signing_key(&Path::new(&city).join("keys").join("log.key")).unwrap();
    let failure = |alter: &dyn Fn(&mut model::act::PolicyAdoptedFrom)| {
        let mut acts = acts.clone();
        let What::PolicyAdoptedFrom(adopted) = &mut acts.last_mut().unwrap().what else { panic!("{acts:?}") };
        alter(adopted);
        let entries = acts.iter().map(|act| act.to_bytes().unwrap()).collect();
        audit(&GeneratedLog::new(entries, &signing).unwrap(), None, None).err()
    };
    assert!(failure(&|_| ()).is_none());
    let fails = |alter: &dyn Fn(&mut model::act::PolicyAdoptedFrom)| {
        let found = failure(alter);
        assert!(matches!(found, Some(AuditFailure::Sources { entry, .. }) if entry + 1 == head), "{found:?}");
    };
    let own = |reason: &str| LayerSource::Own { reason: reason.to_owned() };
    fails(&|adopted| drop(adopted.sources.insert("shire".to_owned(), own("Ours."))));
    fails(&|adopted| {
        drop(adopted.sources.insert("shire".to_owned(), LayerSource::Unreleased { reason: " ".to_owned() }))
    });
    fails(&|adopted| drop(adopted.sources.insert("nowhere".to_owned(), own("Ours."))));
    fails(&|adopted| drop(adopted.sources.remove("shire")));
    fails(&|adopted| drop(adopted.sources.remove("global-core")));
    fails(&|adopted| {
        let mut twice = adopted.text.layers[1].clone();
        twice.name.clone_from(&adopted.text.layers[0].name);
        adopted.text.layers.push(twice);
    });
}
