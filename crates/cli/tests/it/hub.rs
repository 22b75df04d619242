//! A hub and a city as two processes: a norm is proposed, decided and released; the city adopts it with proof and hears when it is
//! withdrawn; whatever was altered on the way is refused and nothing is written.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tool::{Running, json as run_json, ordinance, run};

/// A hub in a folder of its own, and the process that serves it.
pub(crate) struct Served {
    pub(crate) folder: TempDir,
    pub(crate) key: String,
    pub(crate) token: String,
    pub(crate) running: Option<Running>,
    pub(crate) address: String,
}

impl Served {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let dir = folder.path().join("hub");
        let begun =
            run_json(&["hub", "init", dir.to_str().unwrap(), "--name", "The Alliance", "--origin", "hub.example/log"]);
        let text = |name: &str| begun[name].as_str().unwrap().to_owned();
        Self { key: text("key"), token: text("token"), folder, running: None, address: String::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn dir(&self) -> String {
        self.path("hub").to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Serves it; it looks at cities when a test says so, and not by itself in between.
    pub(crate) fn serve(&mut self) {
        let mut command = ordinance();
        command.args(["hub", "serve", &self.dir(), "--listen", "127.0.0.1:0", "--look-every", "never", "--json"]);
        let running = Running::start(&mut command);
        assert!(running.says(|said| serde_json::from_slice::<Value>(said).is_ok()), "{}", running.stderr.text());
        let document: Value = serde_json::from_slice(&running.stdout.bytes()).unwrap();
        self.address = document["address"].as_str().unwrap().trim_end_matches('/').to_owned();
        self.running = Some(running);
    }

    /// Does something over HTTP in the name of whoever has a token; gives the first entry.
    #[track_caller]
    pub(crate) fn act(&self, token: &str, command: &Value) -> u64 {
        let (token, file) = (self.file("token.txt", token), self.file("command.json", &command.to_string()));
        let done = run_json(&["hub", "do", &self.address, &file, "--token", &token]);
        let entry = done["entries"][0].as_u64().unwrap();
        self.published(entry);
        entry
    }

    /// Waits until an entry is published.
    fn published(&self, entry: u64) {
        for _ in 0..200 {
            if agent().get(format!("{}/log/proof/{entry}", self.address)).call().unwrap().status() == 200 {
                return;
            }
            crate::tool::wait(std::time::Duration::from_millis(100));
        }
        panic!("entry {entry} is not published");
    }

    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        let mut answer = agent().get(format!("{}{path}", self.address)).call().unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap()
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

/// How many entries a city's log has.
pub(crate) fn size(city: &str) -> u64 {
    run_json(&["verify", city])["size"].as_u64().unwrap()
}

/// Everything in a city's `adopted/`.
pub(crate) fn adopted(city: &Path) -> usize {
    std::fs::read_dir(city.join("adopted")).map_or(0, Iterator::count)
}

/// From an amendment to a released version; gives its entry.
pub(crate) fn release(hub: &Served, editor: &str, member: &str, version: &str, days: u32) -> u64 {
    let reasons = "the workshop of 3 March";
    let change = json!({"parameter": {"id": "approval-validity", "value": format!("\"{days}d\"")}});
    let amendment = hub.act(
        member,
        &json!({"do": "propose", "draft": "core", "clause": "core-04", "change": change, "why": "Shorter is safer."}),
    );
    hub.act(editor, &json!({"do": "begin-consolidation", "draft": "core", "reasons": reasons}));
    hub.act(
        editor,
        &json!({"do": "decide-amendment", "amendment": amendment, "outcome": "accepted", "reasons": reasons}),
    );
    hub.act(editor, &json!({"do": "consolidate", "draft": "core", "version": version, "reasons": reasons}));
    hub.act(&hub.token, &json!({"do": "release", "draft": "core", "reasons": reasons}))
}

/// A hub with an editor and a member who have tokens.
pub(crate) fn with_people() -> (Served, String, String) {
    let mut hub = Served::new();
    let list = hub.file("members.csv", "id,kind,name,country\ncity-a,city,City A,NL\nacme,company,Acme,DE\n");
    let imported = run_json(&["hub", "members", "import", &hub.dir(), &list, "--reasons", "the assembly"]);
    assert_eq!((imported["admitted"].as_u64(), imported["wrong"].as_u64()), (Some(2), Some(0)));
    let again = run_json(&["hub", "members", "import", &hub.dir(), &list, "--reasons", "the assembly"]);
    assert_eq!((again["admitted"].as_u64(), again["known"].as_u64()), (Some(0), Some(2)));
    let named = |id: &str, member: &str, role: &str| json!({"do": "name-person", "person": id, "member": member, "role": role, "who": {"name": "A. Person", "mail": null}, "reasons": "the assembly"});
    let commands = json!([named("editor", "city-a", "editor"), named("expert", "acme", "member")]);
    let file = hub.file("people.json", &commands.to_string());
    run_json(&["hub", "do", &hub.dir(), &file]);
    let token = |person: &str| {
        let issued = run_json(&["hub", "token", &hub.dir(), "--person", person, "--reasons", "the assembly"]);
        issued["token"].as_str().unwrap().to_owned()
    };
    let (editor, member) = (token("editor"), token("expert"));
    hub.serve();
    (hub, editor, member)
}

/// The same, where a draft of the core is open.
pub(crate) fn with_core() -> (Served, String, String) {
    let (hub, editor, member) = with_people();
    let opened =
        json!({"do": "open-draft", "draft": "core", "title": "The core", "pack": "global-core", "reasons": "to begin"});
    hub.act(&editor, &opened);
    (hub, editor, member)
}

/// A release of a hub with one part altered, each part in turn, and one that was cut short, as files.
pub(crate) fn altered(hub: &Served, first: u64) -> Vec<String> {
    let good: Value = serde_json::from_slice(&hub.get(&format!("/versions/{first}/release.json"))).unwrap();
    let parts = ["entry", "proof", "document"].map(|part| {
        let mut altered = good.clone();
        let text = altered[part].as_str().unwrap();
        let at = text.len() / 2 + (0..).find(|at| text.is_char_boundary(text.len() / 2 + at)).unwrap();
        let letter = if text[at..].starts_with('A') { "B" } else { "A" };
        let next = at + text[at..].chars().next().unwrap().len_utf8();
        altered[part] = format!("{}{letter}{}", &text[..at], &text[next..]).into();
        hub.file(&format!("{part}.release.json"), &altered.to_string())
    });
    let truncated = hub.file("short.release.json", &good.to_string()[..1_000]);
    parts.into_iter().chain([truncated]).collect()
}

/// What was altered is refused whole, whichever part it is.
fn altered_ones_are_refused(hub: &Served, first: u64, city_arg: &str) {
    for file in altered(hub, first) {
        let refused = run(&["adopt", city_arg, &file, "--by", "city", "--hub-key", &hub.key]);
        assert!(!refused.status.success(), "{file}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("nothing was written"), "{file}: {refused:?}");
    }
}

#[test]
fn a_city_adopts_what_a_hub_released_with_its_proof_and_hears_when_it_is_withdrawn() {
    let (hub, editor, member) = with_core();
    let first = release(&hub, &editor, &member, "0.2.0", 365);
    let city = hub.path("city");
    let city_arg = city.to_str().unwrap();
    run_json(&["init", city_arg, "--name", "City A", "--origin", "city-a.example/log"]);
    let address = format!("{}/versions/{first}/release.json", hub.address);

    // Without the hub's key, or with another, nothing is believed.
    let before = size(city_arg);
    let stranger = run(&["adopt", city_arg, &address, "--by", "city"]);
    assert!(String::from_utf8_lossy(&stranger.stderr).contains("--hub-key"), "{stranger:?}");
    let other = "hub.example/log+00000000+AdfpPpRl5GjRzyBPO9ZxFqYZ5y7bTcs0ZzDLl3Yg8qPX";
    assert!(!run(&["adopt", city_arg, &address, "--by", "city", "--hub-key", other]).status.success());

    altered_ones_are_refused(&hub, first, city_arg);
    assert_eq!((size(city_arg), adopted(&city)), (before, 0));

    // A dry run shows and changes nothing; then it is in force, and the act says which entry it was.
    let dry = run_json(&["adopt", city_arg, &address, "--by", "city", "--hub-key", &hub.key, "--dry-run"]);
    assert!(dry["entries"].as_array().unwrap().is_empty());
    assert_eq!((size(city_arg), adopted(&city)), (before, 0));
    let done = run_json(&["adopt", city_arg, &address, "--by", "city", "--hub-key", &hub.key]);
    assert_eq!(done["pack"], "urn:ordinance:standard:global-core@0.2.0");
    let entry = done["entries"][0].as_u64().unwrap();
    let act = run(&["log", "show", city_arg, "--from", &entry.to_string()]);
    let said = String::from_utf8_lossy(&act.stdout).into_owned();
    assert!(said.contains(&format!("released by entry {first} of `hub.example/log`")), "{said}");
    assert_eq!(adopted(&city), 1);
    let check = run_json(&["adopt", city_arg, "--check"]);
    assert_eq!((check[0]["standing"].as_str(), check[0]["in_force"].as_bool()), (Some("released"), Some(true)));

    // An upgrade needs the key no more; a withdrawal reaches whoever has it in force.
    let second = release(&hub, &editor, &member, "0.3.0", 180);
    let correct = json!({"do": "correct-version", "version": first, "by": second, "reasons": "A year is too long."});
    hub.act(&hub.token, &correct);
    let corrected = run(&["adopt", city_arg, "--check"]);
    assert_eq!(corrected.status.code(), Some(1));
    let words = String::from_utf8_lossy(&corrected.stdout).into_owned();
    assert!(
        words.contains("A year is too long.") && words.contains(&format!("/versions/{second}/release.json")),
        "{words}"
    );
    run_json(&["adopt", city_arg, &format!("{}/versions/{second}/release.json", hub.address), "--by", "city"]);
    let check = run_json(&["adopt", city_arg, "--check"]);
    let standing = |version: &str| {
        let of =
            check.as_array().unwrap().iter().find(|one| one["reference"].as_str().unwrap().ends_with(version)).unwrap();
        (of["standing"].as_str().unwrap().to_owned(), of["in_force"].as_bool().unwrap())
    };
    assert_eq!(standing("@0.2.0"), ("corrected".to_owned(), false));
    assert_eq!(standing("@0.3.0"), ("released".to_owned(), true));
    run_json(&["verify", city_arg]);

    // The hub's log, from outside and at its folder.
    let outside = run_json(&["verify", &hub.address, "--key", &hub.key]);
    assert_eq!((outside["holds"].as_bool(), outside["versions"].as_u64()), (Some(true), Some(2)));
    let inside = run_json(&["verify", &hub.dir()]);
    assert_eq!(inside["inside"]["documents"], 3);
    let page = String::from_utf8(hub.get(&format!("/versions/{first}"))).unwrap();
    assert!(page.contains("corrected by a later version") && page.contains("A year is too long."));
}

#[test]
fn what_a_role_may_not_do_is_refused_over_http_and_in_the_folder_with_a_status_of_its_own() {
    let (hub, _, member) = with_people();
    let (token, file) =
        (hub.file("t.txt", &member), hub.file("c.json", r#"{"do":"release","draft":"core","reasons":"r"}"#));
    let refused = run(&["hub", "do", &hub.address, &file, "--token", &token]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("may not do this"), "{refused:?}");
    // A folder that is served is nobody else's.
    let in_use = run(&["hub", "do", &hub.dir(), &file, "--by", "expert"]);
    assert!(String::from_utf8_lossy(&in_use.stderr).contains("in use"), "{in_use:?}");
    let Served { mut running, folder, .. } = hub;
    running.as_ref().unwrap().signal("-TERM");
    assert!(running.as_mut().unwrap().end());
    let dir = folder.path().join("hub");
    let refused = run(&["hub", "do", dir.to_str().unwrap(), &file, "--by", "expert"]);
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    let unknown = folder.path().join("unknown.json");
    std::fs::write(&unknown, r#"{"do":"everything"}"#).unwrap();
    assert_eq!(run(&["hub", "do", dir.to_str().unwrap(), unknown.to_str().unwrap()]).status.code(), Some(64));
}

#[test]
fn land_is_imported_from_a_file_into_a_hub_and_into_nothing_else() {
    let hub = Served::new();
    let square = r#"{"type":"Polygon","coordinates":[[[0,0],[20,0],[20,20],[0,20],[0,0]]]}"#;
    let (good, bad) = (hub.file("land.geojson", square), hub.file("bad.geojson", "{}"));
    let land = |dir: &str, file: &str| run(&["hub", "land", dir, file, "--attribution", "Surveyors", "--json"]);
    let done: Value = serde_json::from_slice(&land(&hub.dir(), &good).stdout).unwrap();
    assert_eq!((&done["corners"], &done["attribution"]), (&json!(4), &json!("Surveyors")));
    let kept = std::fs::read(Path::new(&hub.dir()).join("land.json")).unwrap();
    assert_eq!(done["bytes"], kept.len());
    assert_eq!(land(&hub.dir(), &bad).status.code(), Some(64), "and what was there stays");
    assert_eq!(std::fs::read(Path::new(&hub.dir()).join("land.json")).unwrap(), kept);
    let nowhere = land(&hub.path("nowhere").display().to_string(), &good);
    assert!(!nowhere.status.success() && String::from_utf8_lossy(&nowhere.stderr).contains("holds no hub"));
}

#[test]
fn a_pilot_takes_a_draft_straight_from_its_hub_and_says_which_document_it_is() {
    let (hub, editor, member) = with_core();
    let city = hub.path("city").to_str().unwrap().to_owned();
    run_json(&["init", &city, "--name", "City A", "--origin", "city-a.example/log"]);
    let address = format!("{}/drafts/core", hub.address);
    let piloted = |more: &[&str]| run(&[&["pilot", "run", &city, "--draft", &address, "--json"], more].concat());
    // This hub stands within the machine, and nobody allowed that.
    let inside = piloted(&[]);
    assert_eq!(inside.status.code(), Some(1), "{inside:?}");
    assert!(String::from_utf8_lossy(&inside.stderr).contains("--allow"), "{inside:?}");
    // The draft as it was opened is the core of this software, and gives the same report to the byte.
    let first = piloted(&["--allow", "127.0.0.1"]);
    assert!(first.status.success(), "{first:?}");
    let at_hand = run(&["pilot", "run", &city, "--draft", "global-core", "--json"]);
    assert_eq!(first.stdout, at_hand.stdout);
    let document = |output: &std::process::Output| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let drafted: Value = serde_json::from_slice(&hub.get("/drafts/core/draft.json")).unwrap();
        let digest = drafted["document"].as_str().unwrap().to_owned();
        assert!(said.contains(&digest) && said.contains(&address), "{said}");
        digest
    };
    let before = document(&first);
    // Its next version is tried as soon as it is made, and is another text.
    release(&hub, &editor, &member, "0.2.0", 365);
    let second = piloted(&["--allow", "127.0.0.1"]);
    assert_ne!(document(&second), before);
    let report = |output: &std::process::Output| serde_json::from_slice::<Value>(&output.stdout).unwrap();
    assert_ne!(report(&second)["seen"]["digest"], report(&first)["seen"]["digest"]);
    assert!(report(&second)["seen"]["draft"].as_str().unwrap().ends_with("@0.2.0"));
    // In shadow, too; and what is no draft is said to be none.
    let begin = ["pilot", "begin", &city, "--name", "autumn", "--until", "2099-01-01T00:00:00Z", "--draft"];
    let begun = run_json(&[&begin[..], &[&address, "--allow", "127.0.0.1"]].concat());
    assert_eq!(begun["digest"], report(&second)["seen"]["digest"]);
    let none = run(&["pilot", "run", &city, "--draft", &format!("{}/versions/7", hub.address), "--allow", "127.0.0.1"]);
    assert_eq!(none.status.code(), Some(64), "{none:?}");
}
